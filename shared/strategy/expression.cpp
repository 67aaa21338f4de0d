#include "shared/strategy/expression.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "shared/base/bytes.hpp"

namespace mendel::strategy {
namespace {

std::string in_parentheses(const Expression& operand, bool wanted) {
  return wanted ? "(" + to_text(operand) + ")" : to_text(operand);
}

std::string binary_text(const Expression& expression) {
  const int own = precedence(expression.op);
  const Expression& left = *expression.arguments[0];
  const Expression& right = *expression.arguments[1];
  return fmt::format("{} {} {}", in_parentheses(left, precedence(left.op) < own),
                     symbol(expression.op), in_parentheses(right, precedence(right.op) <= own));
}

std::string call_text(const Expression& expression) {
  std::string list;
  for (const ExpressionPtr& argument : expression.arguments) {
    list += (list.empty() ? "" : ", ") + to_text(*argument);
  }
  if (list.empty()) return std::string(expression.function->name);
  return fmt::format("{}({})", expression.function->name, list);
}

std::string prefix_text(const Expression& expression) {
  const Expression& operand = *expression.arguments[0];
  return (expression.op == Op::negate ? "-" : "not ") +
         in_parentheses(operand, precedence(operand.op) < precedence(expression.op));
}

// Two terms are equal when their keys are: everything that is not derived, operands by id.
std::string identity(const Expression& expression) {
  std::string key;
  append_number(key, static_cast<std::uint8_t>(expression.op));
  append_number(key, expression.number);
  append_number(key, static_cast<std::uint64_t>(expression.gene));
  append_number(key, static_cast<std::uint64_t>(expression.choice));
  append_number(key, static_cast<std::uint8_t>(expression.column));
  append_text(key, expression.function ? expression.function->name : "");
  append_text(key, expression.text);
  for (const ExpressionPtr& argument : expression.arguments) {
    append_number(key, static_cast<std::uint64_t>(argument->id));
  }
  return key;
}

void visit_terms(const Expression& expression, std::vector<bool>& seen,
                 const std::function<void(const Expression&)>& visit) {
  if (expression.id >= seen.size()) seen.resize(expression.id + 1, false);
  if (seen[expression.id]) return;
  seen[expression.id] = true;
  visit(expression);
  for (const ExpressionPtr& argument : expression.arguments) visit_terms(*argument, seen, visit);
}

}  // namespace

std::string_view symbol(Op op) {
  switch (op) {
    case Op::negate:
    case Op::subtract:
      return "-";
    case Op::add:
      return "+";
    case Op::multiply:
      return "*";
    case Op::divide:
      return "/";
    case Op::less:
      return "<";
    case Op::less_equal:
      return "<=";
    case Op::greater:
      return ">";
    case Op::greater_equal:
      return ">=";
    case Op::equal:
    case Op::choice_is:
      return "==";
    case Op::not_equal:
      return "!=";
    case Op::logical_not:
      return "not";
    case Op::logical_and:
      return "and";
    case Op::logical_or:
      return "or";
    default:
      return "";
  }
}

int precedence(Op op) {
  switch (op) {
    case Op::logical_or:
      return 1;
    case Op::logical_and:
      return 2;
    case Op::logical_not:
      return 3;
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
    case Op::equal:
    case Op::not_equal:
    case Op::choice_is:
      return 4;
    case Op::add:
    case Op::subtract:
      return 5;
    case Op::multiply:
    case Op::divide:
      return 6;
    case Op::negate:
      return 7;
    case Op::index:
      return 8;
    default:
      return 9;
  }
}

std::string to_text(const Expression& expression) {
  switch (expression.op) {
    case Op::number:
      return fmt::format("{}", expression.number);
    case Op::text: {
      // What stood between quotes of one kind has none of that kind.
      const char quote = expression.text.find('\'') == std::string::npos ? '\'' : '"';
      return quote + expression.text + quote;
    }
    case Op::gene:
      return expression.text;
    case Op::choice_is:
      return binary_text(expression);
    case Op::column:
      return std::string(kColumnNames[static_cast<std::size_t>(expression.column)]);
    case Op::call:
      return call_text(expression);
    case Op::at:
    case Op::of_symbol:
      return fmt::format("{}('{}', {})", expression.op == Op::at ? "at" : "symbol", expression.text,
                         to_text(*expression.arguments[0]));
    case Op::index: {
      const Expression& series = *expression.arguments[0];
      const bool wrapped = precedence(series.op) < precedence(Op::index);
      return fmt::format("{}[{}]", in_parentheses(series, wrapped),
                         to_text(*expression.arguments[1]));
    }
    case Op::negate:
    case Op::logical_not:
      return prefix_text(expression);
    default:
      return binary_text(expression);
  }
}

ExpressionPtr ExpressionPool::intern(Expression draft) {
  std::string key = identity(draft);
  if (const auto found = terms_.find(key); found != terms_.end()) return found->second;
  draft.depth = 1;
  draft.terms = 1;
  for (const ExpressionPtr& argument : draft.arguments) {
    draft.depth = std::max(draft.depth, argument->depth + 1);
    // Saturates: a chain of doubling lets would overflow otherwise.
    draft.terms = std::min<std::int64_t>(draft.terms + argument->terms, std::int64_t{1} << 40);
  }
  draft.id = terms_.size();
  auto shared = std::make_shared<const Expression>(std::move(draft));
  terms_.emplace(std::move(key), shared);
  return shared;
}

void for_each_term(const Expression& expression,
                   const std::function<void(const Expression&)>& visit) {
  std::vector<bool> seen;
  visit_terms(expression, seen, visit);
}

void mark_genes(const Expression& expression, std::vector<bool>& used) {
  for_each_term(expression, [&](const Expression& term) {
    if (term.op == Op::gene || term.op == Op::choice_is) used[term.gene] = true;
  });
}

std::size_t id_end(const Expression& expression) {
  std::vector<bool> seen;
  visit_terms(expression, seen, [](const Expression&) {});
  return seen.size();
}

}  // namespace mendel::strategy

#include "shared/strategy/evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "shared/base/check.hpp"

namespace mendel::strategy {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

double finite(double value) { return std::isfinite(value) ? value : kUndefined; }

bool holds(Op op, double a, double b) {
  switch (op) {
    case Op::less:
      return a < b;
    case Op::less_equal:
      return a <= b;
    case Op::greater:
      return a > b;
    case Op::greater_equal:
      return a >= b;
    case Op::equal:
      return a == b;
    default:
      return a != b;
  }
}

double gene_number(const Gene& gene, double value) {
  return gene.type == Gene::Type::choice ? gene.meaning(value).as_number() : value;
}

}  // namespace

double arithmetic(Op op, double a, double b) {
  switch (op) {
    case Op::add:
      return finite(a + b);
    case Op::subtract:
      return finite(a - b);
    case Op::multiply:
      return finite(a * b);
    default:
      return finite(a / b);
  }
}

Truth comparison(Op op, double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return Truth::undefined;
  return holds(op, a, b) ? Truth::yes : Truth::no;
}

Truth logical(Op op, Truth a, Truth b) {
  const Truth decides = op == Op::logical_and ? Truth::no : Truth::yes;
  if (a == decides || b == decides) return decides;
  if (a == Truth::undefined || b == Truth::undefined) return Truth::undefined;
  return opposite(decides);
}

Truth opposite(Truth a) {
  if (a == Truth::undefined) return a;
  return a == Truth::yes ? Truth::no : Truth::yes;
}

ChosenCall chosen_call(const Expression& call, const std::vector<Gene>& genes,
                       const Genome& genome) {
  const std::span<const ExpressionPtr> arguments(call.arguments);
  if (call.function->form != Function::Form::chosen) return {call.function, arguments};
  const std::size_t gene = call.arguments.front()->gene;
  return {find_function(genes[gene].meaning(genome[gene]).as_text()), arguments.subspan(1)};
}

double evaluate_number(const Expression& expression, const std::vector<Gene>& genes,
                       const Genome& genome) {
  const auto operand = [&](std::size_t i) {
    const std::size_t last = expression.arguments.size() - 1;
    return evaluate_number(*expression.arguments[std::min(i, last)], genes, genome);
  };
  switch (expression.op) {
    case Op::number:
      return expression.number;
    case Op::gene:
      return gene_number(genes[expression.gene], genome[expression.gene]);
    case Op::negate:
      return -operand(0);
    case Op::call:
      return expression.function->scalar(operand(0), operand(1));
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
      return arithmetic(expression.op, operand(0), operand(1));
    default:
      check(false, "not a constant number");
  }
  return kUndefined;
}

Truth evaluate_truth(const Expression& expression, const std::vector<Gene>& genes,
                     const Genome& genome) {
  const auto truth = [&](std::size_t i) {
    return evaluate_truth(*expression.arguments[i], genes, genome);
  };
  const auto number = [&](std::size_t i) {
    return evaluate_number(*expression.arguments[i], genes, genome);
  };
  switch (expression.op) {
    case Op::choice_is:
      return genome[expression.gene] == static_cast<double>(expression.choice) ? Truth::yes
                                                                               : Truth::no;
    case Op::logical_not:
      return opposite(truth(0));
    case Op::logical_and:
    case Op::logical_or:
      return logical(expression.op, truth(0), truth(1));
    default:
      return comparison(expression.op, number(0), number(1));
  }
}

}  // namespace mendel::strategy

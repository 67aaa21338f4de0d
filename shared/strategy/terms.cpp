#include "shared/strategy/terms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "shared/config/value.hpp"

namespace mendel::strategy {
namespace {

Interval range_of(const Gene& gene) {
  if (gene.type != Gene::Type::choice) {
    const bool whole = gene.step > 0 && is_whole(gene.least) && is_whole(gene.step);
    return {gene.least, gene.most, whole, true};
  }
  Interval range = Interval::of(gene.choices.front().as_number());
  for (const config::Value& choice : gene.choices) {
    const Interval one = Interval::of(choice.as_number());
    range.least = std::min(range.least, one.least);
    range.most = std::max(range.most, one.most);
    range.whole = range.whole && one.whole;
  }
  return range;
}

bool is_logical(Op op) { return op == Op::logical_and || op == Op::logical_or; }
bool is_arithmetic(Op op) {
  return op == Op::add || op == Op::subtract || op == Op::multiply || op == Op::divide;
}

Interval combine(Op op, const Interval& a, const Interval& b) {
  switch (op) {
    case Op::add:
      return a + b;
    case Op::subtract:
      return a - b;
    case Op::multiply:
      return a * b;
    default:
      return a / b;
  }
}

std::string_view described(Type type) {
  if (type == Type::number) return "a number";
  return type == Type::boolean ? "a condition" : "a text";
}

bool uses_genes(const Expression& term) {
  return term.op == Op::gene ||
         std::any_of(term.arguments.begin(), term.arguments.end(),
                     [](const ExpressionPtr& argument) { return uses_genes(*argument); });
}

// Why a constant is no count of at least `least` for every genome; "" when it is one.
std::string count_fault(const Expression& term, double least) {
  const Interval& range = term.range;
  if (!range.defined) {
    return uses_genes(term) ? "may have no value for some genes: a divisor can be 0, or it grows "
                              "too large"
                            : "has no value: it divides by 0, or grows too large";
  }
  const auto is = [&](double value) {
    return fmt::format("{} {}: it must be", range.point() ? "is" : "can be", value);
  };
  if (range.point() && range.least != std::floor(range.least)) {
    return is(range.least) + " a whole number";
  }
  if (range.least < least && least == 0) {
    return is(range.least) + " 0 or more, as no bar after this one can be read";
  }
  if (range.least < least && range.whole) {
    return is(range.least) + fmt::format(" {} or more", least) +
           (uses_genes(term) ? fmt::format("; narrow the genes or write max({}, …)", least) : "");
  }
  if (range.most > kPeriodMax) return is(range.most) + fmt::format(" at most {}", kPeriodMax);
  return range.whole ? "" : "must be a whole number for all values of its genes";
}

}  // namespace

Part Terms::complain(std::size_t offset, std::string what) {
  if (!complaint_) complaint_ = Complaint{offset, std::move(what)};
  return {};
}

Part Terms::finish(Expression draft, std::size_t offset) {
  if (complaint_) return {};
  const ExpressionPtr term = pool_.intern(std::move(draft));
  if (term->depth > kNestingMax) {
    return complain(offset, fmt::format("nested deeper than {} terms; split it with let names "
                                        "or shorten it",
                                        kNestingMax));
  }
  if (term->terms > kTermsMax) {
    return complain(offset, fmt::format("more than {} terms, let names put in", kTermsMax));
  }
  return {term, offset};
}

bool Terms::require(const Part& part, Type type, std::string_view user) {
  if (!part) return false;
  if (part.term->type == type) return true;
  const std::string_view hint =
      type == Type::boolean && part.term->type == Type::number ? "; compare it, as in 'x > 0'" : "";
  complain(part.offset, fmt::format("{} needs {}, and this is {}{}", user, described(type),
                                    described(part.term->type), hint));
  return false;
}

bool Terms::require_constant(const Part& part, std::string_view user) {
  if (!require(part, Type::number, user)) return false;
  if (!part.term->constant) {
    complain(part.offset,
             fmt::format("{} cannot vary from bar to bar: use numbers and genes only", user));
  } else if (!part.term->range.defined) {
    complain(part.offset, fmt::format("{} may be undefined for some genes", user));
  }
  return !complaint_;
}

bool Terms::require_count(const Part& part, double least, std::string_view user) {
  if (!require(part, Type::number, user)) return false;
  const std::string wrong = part.term->constant
                                ? count_fault(*part.term, least)
                                : "cannot vary from bar to bar: use numbers and genes only";
  if (!wrong.empty()) complain(part.offset, fmt::format("{} {}", user, wrong));
  return wrong.empty();
}

Part Terms::number(double value, std::size_t offset) {
  Expression draft;
  draft.number = value + 0.0;
  draft.constant = true;
  draft.range = Interval::of(draft.number);
  return finish(std::move(draft), offset);
}

Part Terms::text(std::string_view value, std::size_t offset) {
  Expression draft;
  draft.op = Op::text;
  draft.type = Type::text;
  draft.text = value;
  draft.constant = true;
  return finish(std::move(draft), offset);
}

Part Terms::gene(std::size_t index, std::size_t offset) {
  const Gene& gene = genes_[index];
  Expression draft;
  draft.op = Op::gene;
  draft.text = gene.name;
  draft.gene = index;
  draft.constant = true;
  if (gene.type == Gene::Type::choice && gene.choices.front().is_text()) {
    draft.type = Type::text;
  } else {
    draft.range = range_of(gene);
  }
  Part part = finish(std::move(draft), offset);
  return gene.condition ? binary(Op::greater, part, number(0, offset)) : part;
}

Part Terms::column(Column column, std::size_t offset) {
  Expression draft;
  draft.op = Op::column;
  draft.column = column;
  return finish(std::move(draft), offset);
}

Part Terms::index(const Part& series, const Part& count) {
  if (!series || !require_count(count, 0, "the index")) return {};
  if (series.term->type == Type::text) {
    return complain(series.offset, "a text has no earlier bar");
  }
  Expression draft;
  draft.op = Op::index;
  draft.type = series.term->type;
  draft.arguments = {series.term, count.term};
  draft.look_back = series.term->look_back + static_cast<std::int64_t>(count.term->range.most);
  return finish(std::move(draft), series.offset);
}

Part Terms::unary(Op op, const Part& operand, std::size_t offset) {
  const Type type = op == Op::negate ? Type::number : Type::boolean;
  if (!require(operand, type, op == Op::negate ? "'-'" : "'not'")) return {};
  Expression draft;
  draft.op = op;
  draft.type = type;
  draft.arguments = {operand.term};
  draft.constant = operand.term->constant;
  if (op == Op::negate) draft.range = -operand.term->range;
  draft.look_back = operand.term->look_back;
  return finish(std::move(draft), offset);
}

Part Terms::binary(Op op, const Part& left, const Part& right) {
  if (!left || !right) return {};
  const bool texts = left.term->type == Type::text || right.term->type == Type::text;
  if (texts && (op == Op::equal || op == Op::not_equal)) {
    const bool gene_first = left.term->op == Op::gene;
    return choice_is(gene_first ? left : right, gene_first ? right : left, op == Op::not_equal);
  }
  const Type operands = is_logical(op) ? Type::boolean : Type::number;
  const std::string user = fmt::format("'{}'", symbol(op));
  if (!require(left, operands, user) || !require(right, operands, user)) return {};
  Expression draft;
  draft.op = op;
  draft.type = is_arithmetic(op) ? Type::number : Type::boolean;
  draft.arguments = {left.term, right.term};
  draft.constant = left.term->constant && right.term->constant;
  if (is_arithmetic(op)) draft.range = combine(op, left.term->range, right.term->range);
  draft.look_back = std::max(left.term->look_back, right.term->look_back);
  return finish(std::move(draft), left.offset);
}

Part Terms::choice_is(const Part& gene, const Part& text, bool negated) {
  if (gene.term->op != Op::gene || gene.term->type != Type::text || text.term->op != Op::text) {
    return complain(gene.offset, "a text can only be compared with a gene whose choices are texts");
  }
  std::vector<std::string> known;
  for (const config::Value& choice : genes_[gene.term->gene].choices) {
    known.push_back(choice.as_text());
  }
  const auto found = std::find(known.begin(), known.end(), text.term->text);
  if (found == known.end()) {
    return complain(text.offset,
                    fmt::format("'{}' is no choice of gene '{}'{}", text.term->text,
                                gene.term->text, config::suggestion(text.term->text, known)));
  }
  Expression draft;
  draft.op = Op::choice_is;
  draft.type = Type::boolean;
  draft.gene = gene.term->gene;
  draft.choice = static_cast<std::size_t>(found - known.begin());
  draft.arguments = {gene.term, text.term};
  draft.constant = true;
  const Part is = finish(std::move(draft), gene.offset);
  return negated ? unary(Op::logical_not, is, gene.offset) : is;
}

}  // namespace mendel::strategy

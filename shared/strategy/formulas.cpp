#include "shared/strategy/formulas.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mendel::strategy {

Formulas::Formulas(Draft& draft, const std::vector<Gene>& genes, const DataSettings& data,
                   const config::Value* lets)
    : draft_(draft), genes_(genes), lets_(lets) {
  scope_.pool = &pool_;
  scope_.genes = &genes_;
  scope_.data = &data;
  scope_.depth = &parser_depth_;
  scope_.let = [this](std::string_view name) {
    named_lets_.emplace(name);
    return let(name);
  };
  if (lets_ && !lets_->is_table()) {
    draft_.refuse(lets_->place, "'let' names expressions: let.fast_line = \"ema(close, fast)\"");
    lets_ = nullptr;
  }
  if (!lets_) return;
  check_names();
  for (const auto& entry : lets_->entries()) {
    if (!draft_.ok()) return;
    scope_.lets.push_back(entry.first);
  }
  for (const auto& entry : lets_->entries()) {
    if (draft_.ok()) let(entry.first);
  }
}

void Formulas::check_names() {
  if (lets_->entries().size() > kLetsMax) {
    draft_.refuse(lets_->place, fmt::format("more than {} let names", kLetsMax));
  }
  for (const auto& [name, value] : lets_->entries()) {
    const bool gene = std::any_of(genes_.begin(), genes_.end(),
                                  [&](const Gene& other) { return other.name == name; });
    const std::string_view taken = reserved_as(name);
    if (!is_name(name) || !taken.empty()) {
      draft_.refuse(
          value.place,
          fmt::format("'{}' cannot be a let name: {}", name.substr(0, 60),
                      taken.empty() ? "letters, digits and _ only"
                                    : fmt::format("the language has {} of this name", taken)));
    } else if (gene) {
      draft_.refuse(value.place, fmt::format("'{}' is a gene and a let name", name));
    } else if (!value.is_text()) {
      draft_.refuse(value.place, fmt::format("let.{} must be an expression in quotes, not {}", name,
                                             value.type_name()));
    }
  }
}

std::variant<ExpressionPtr, std::string> Formulas::let(std::string_view name) {
  if (const auto found = known_.find(name); found != known_.end()) {
    if (!found->second) return fmt::format("let name '{}' depends on itself", name);
    return *found->second;
  }
  const auto entry = known_.emplace(name, std::nullopt).first;
  const ExpressionPtr term = read(*lets_->find(name));
  // An empty complaint: what is wrong with the let itself is already reported, with its place.
  if (!term) return std::string();
  entry->second = term;
  return term;
}

void Formulas::check_lets_used() {
  if (!lets_) return;
  for (const auto& [name, value] : lets_->entries()) {
    if (named_lets_.contains(name)) continue;
    draft_.refuse(value.place,
                  fmt::format("let name '{}' is never used; use it or remove it", name));
  }
}

ExpressionPtr Formulas::read(const config::Value& text) {
  auto parsed = parse_expression(text.as_text(), scope_);
  if (const auto* complaint = std::get_if<Complaint>(&parsed)) {
    draft_.refuse_inside(text, complaint->offset, complaint->what);
    return nullptr;
  }
  return std::get<ExpressionPtr>(parsed);
}

ExpressionPtr Formulas::signal(const config::Value& value) {
  if (!draft_.ok()) return nullptr;
  if (!value.is_text()) {
    draft_.refuse(value.place,
                  fmt::format("a condition in quotes is wanted, not {}", value.type_name()));
    return nullptr;
  }
  ExpressionPtr term = read(value);
  if (term && term->type != Type::boolean) {
    draft_.refuse_inside(value, 0,
                         "a condition is wanted, and this is a number; compare it, as in "
                         "'x > 0'");
    return nullptr;
  }
  return term;
}

ExpressionPtr Formulas::constraint(const config::Value& value) {
  ExpressionPtr term = signal(value);
  if (term && !term->constant) {
    draft_.refuse_inside(value, 0, "a constraint compares genes and numbers; it cannot read bars");
    return nullptr;
  }
  return term;
}

ExpressionPtr Formulas::constant(const config::Value& value, std::string_view key,
                                 const Bounds& bounds) {
  if (!draft_.ok()) return nullptr;
  ExpressionPtr term;
  if (value.is_text()) {
    term = read(value);
  } else if (value.is_number()) {
    Expression number;
    number.number = value.as_number() + 0.0;
    number.constant = true;
    number.range = Interval::of(number.number);
    term = pool_.intern(std::move(number));
  } else {
    draft_.refuse(value.place, fmt::format("'{}' must be a number or an expression over genes, "
                                           "not {}",
                                           key, value.type_name()));
  }
  if (!term) return nullptr;
  const Interval& range = term->range;
  std::string wrong;
  if (term->type != Type::number || !term->constant) {
    wrong = "must be a number or an expression over genes";
  } else if (!range.defined) {
    wrong = "may be undefined: it must be finite, and no divisor may become 0";
  } else if (bounds.whole && !range.whole) {
    wrong = "must be a whole number for all values of its genes";
  } else if (range.least < bounds.least || range.most > bounds.most ||
             (!bounds.least_allowed && range.least == bounds.least)) {
    const std::string values = range.point()
                                   ? fmt::format("is {}", range.least)
                                   : fmt::format("can be from {} to {}", range.least, range.most);
    wrong = fmt::format("{}; it must be {} {} and at most {}", values,
                        bounds.least_allowed ? "at least" : "above", bounds.least, bounds.most);
  }
  if (wrong.empty()) return term;
  draft_.refuse_inside(value, 0, fmt::format("'{}' {}", key, wrong));
  return nullptr;
}

}  // namespace mendel::strategy

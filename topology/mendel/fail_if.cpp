#include "topology/mendel/fail_if.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace mendel::cli {
namespace {

constexpr const char* kVerdict = "verdict";
// Those with two letters first: ">=" is not ">" and "=".
constexpr std::array<std::string_view, 6> kComparisons = {"==", "!=", "<=", ">=", "<", ">"};

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t") + 1 - first));
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

const std::vector<std::string>& verdict_words() {
  static const std::vector<std::string> words = {"plausible", "weak", "reject", "none"};
  return words;
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::optional<double> number_from(const std::string& text) {
  double number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = failed == std::errc() && end == text.data() + text.size();
  return whole && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

template <class T>
bool holds(const T& left, const std::string& comparison, const T& right) {
  if (comparison == "==") return left == right;
  if (comparison == "!=") return left != right;
  if (comparison == "<=") return left <= right;
  if (comparison == ">=") return left >= right;
  return comparison == "<" ? left < right : left > right;
}

}  // namespace

const std::vector<std::string>& fail_if_names() {
  static const std::vector<std::string> names = {"verdict",
                                                 "failed_tests",
                                                 "deflated_sharpe",
                                                 "probabilistic_sharpe",
                                                 "sharpe_per_day",
                                                 "expected_maximum_sharpe",
                                                 "trials",
                                                 "sharpe_variance",
                                                 "days",
                                                 "minimum_track_record",
                                                 "uniform_sample",
                                                 "pbo",
                                                 "pbo_uniform",
                                                 "pbo_bred",
                                                 "pbo_genomes",
                                                 "in_sample_sharpe",
                                                 "out_of_sample_sharpe",
                                                 "return_at_no_costs",
                                                 "return_at_costs",
                                                 "return_at_double_costs",
                                                 "best",
                                                 "median_neighbour",
                                                 "neighbours",
                                                 kNullP};
  return names;
}

Result<FailIf> FailIf::parse(std::string_view text) {
  const auto refuse = [&](const std::string& what) {
    return configuration_error(fmt::format("--fail-if \"{}\": {}", text, what));
  };
  FailIf condition;
  condition.text_ = trimmed(text);
  const std::size_t at = text.find_first_of("=!<>");
  if (at == std::string_view::npos)
    return refuse(
        "expected a comparison, as in \"verdict != plausible\" or \"deflated_sharpe < 0.9\"");
  for (const std::string_view comparison : kComparisons)
    if (condition.comparison_.empty() && text.substr(at).starts_with(comparison))
      condition.comparison_ = comparison;
  if (condition.comparison_.empty()) return refuse("use one of ==, !=, <, <=, >, >=");
  condition.name_ = trimmed(text.substr(0, at));
  const std::string value = trimmed(text.substr(at + condition.comparison_.size()));
  if (!contains(fail_if_names(), condition.name_))
    return refuse(fmt::format("'{}' is none of {}{}", condition.name_, joined(fail_if_names()),
                              config::suggestion(condition.name_, fail_if_names())));
  if (condition.name_ == kVerdict) {
    const bool order = condition.comparison_ != "==" && condition.comparison_ != "!=";
    if (order) return refuse("a verdict is compared by == or !=");
    if (!contains(verdict_words(), value))
      return refuse(fmt::format("'{}' is none of {}{}", value, joined(verdict_words()),
                                config::suggestion(value, verdict_words())));
    condition.word_ = value;
    return condition;
  }
  const auto number = number_from(value);
  if (!number) return refuse(fmt::format("'{}' is no number", value));
  condition.number_ = *number;
  return condition;
}

std::optional<std::string> FailIf::reason(const config::Value& document) const {
  if (name_ == kVerdict) {
    const config::Value* verdict = document.find_path("verdict.verdict");
    const std::string word = verdict != nullptr && verdict->is_text() ? verdict->as_text() : "none";
    if (!holds(word, comparison_, word_)) return std::nullopt;
    const config::Value* why = document.find_path("verdict.why");
    return fmt::format("--fail-if \"{}\": the verdict is {}{}", text_, word,
                       why != nullptr && why->is_text() ? ": " + why->as_text() : "");
  }
  const config::Value* number = document.find_path("verdict.numbers." + name_);
  if (number == nullptr || !number->is_number())
    return fmt::format("--fail-if \"{}\": {} is undefined for this run", text_, name_);
  if (!holds(number->as_number(), comparison_, number_)) return std::nullopt;
  return fmt::format("--fail-if \"{}\": {} is {:.6g}", text_, name_, number->as_number());
}

}  // namespace mendel::cli

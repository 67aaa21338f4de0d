#include "topology/mendel/walk_forward_report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "shared/base/elementary.hpp"
#include "shared/base/time.hpp"
#include "topology/mendel/text_table.hpp"

namespace mendel::cli {
namespace {

constexpr double kDaysPerYear = 365;

config::Value part(const config::Value& value, const char* path) {
  const config::Value* found = value.find_path(path);
  return found == nullptr ? config::Value() : *found;
}

std::optional<double> number(const config::Value& value, const char* path) {
  const config::Value* found = value.find_path(path);
  return found != nullptr && found->is_number() ? std::optional(found->as_number()) : std::nullopt;
}

config::Value range_value(const strategy::TimeRange& range) {
  config::Value value = config::Value::array();
  value.push(format_date(range.from_ns));
  value.push(format_date(range.to_ns));
  return value;
}

// Returns compounded over windows, and as a year's.
struct Growth {
  double factor = 1;
  double days = 0;

  void add(std::optional<double> gained, const strategy::TimeRange& window) {
    factor *= 1 + gained.value_or(0);
    days += static_cast<double>(window.to_ns - window.from_ns) / static_cast<double>(kNsPerDay);
  }
  double annual() const { return factor <= 0 ? -1 : pow_exact(factor, kDaysPerYear / days) - 1; }
};

config::Value fold_value(const FoldResult& result, double equity) {
  config::Value value;
  value.set("in_sample", range_value(result.fold.in_sample));
  value.set("out_of_sample", range_value(result.fold.out_of_sample));
  value.set("run", part(result.report, "run"));
  value.set("verdict", part(result.report, "verdict.verdict"));
  value.set("genes", part(result.report, "best.genes"));
  value.set("in_sample_return", part(result.report, "best.in_sample.total_return"));
  value.set("out_of_sample_return", part(result.report, "best.out_of_sample.total_return"));
  value.set("equity", equity);
  return value;
}

// The change of one gene between two picks; nullopt when one fold has no pick.
std::optional<double> change(const strategy::Gene& gene, const config::Value& a,
                             const config::Value& b) {
  const config::Value* x = a.find_path("best.genes." + gene.name);
  const config::Value* y = b.find_path("best.genes." + gene.name);
  if (x == nullptr || y == nullptr) return std::nullopt;
  if (gene.type == strategy::Gene::Type::choice)
    return config::to_json(*x) == config::to_json(*y) ? 0.0 : 1.0;
  if (!x->is_number() || !y->is_number()) return std::nullopt;
  const double range = gene.most - gene.least;
  return range > 0 ? std::fabs(x->as_number() - y->as_number()) / range : 0.0;
}

config::Value drift_value(const strategy::Experiment& experiment,
                          const std::vector<FoldResult>& folds) {
  config::Value drift = config::Value::table();
  for (const strategy::Gene& gene : experiment.genes) {
    double sum = 0;
    int steps = 0;
    for (std::size_t i = 1; i < folds.size(); ++i) {
      const auto moved = change(gene, folds[i - 1].report, folds[i].report);
      if (!moved) continue;
      sum += *moved;
      ++steps;
    }
    drift.set(gene.name, steps == 0 ? config::Value() : config::Value(sum / steps));
  }
  return drift;
}

std::string percent(const config::Value& value, const char* path) {
  const auto share = number(value, path);
  return share ? fmt::format("{:.1f} %", *share * 100) : "–";
}

std::string genes_text(const config::Value* genes) {
  if (genes == nullptr || !genes->is_table()) return "no feasible genome";
  std::string text;
  for (const auto& [name, value] : genes->entries())
    text +=
        fmt::format("{}{}={}", text.empty() ? "" : " ", name,
                    value.is_text() ? value.as_text() : fmt::format("{:.5g}", value.as_number()));
  return text;
}

std::string range_text(const config::Value& fold, const char* key) {
  const config::Value* range = fold.find(key);
  return range == nullptr ? "" : range->items()[0].as_text() + " – " + range->items()[1].as_text();
}

}  // namespace

config::Value walk_forward_value(const strategy::Experiment& experiment,
                                 const std::vector<FoldResult>& folds, const FoldResult& next) {
  config::Value list = config::Value::array();
  Growth in;
  Growth out;
  int profitable = 0;
  for (const FoldResult& result : folds) {
    const auto gained = number(result.report, "best.out_of_sample.total_return");
    in.add(number(result.report, "best.in_sample.total_return"), result.fold.in_sample);
    out.add(gained, result.fold.out_of_sample);
    profitable += gained && *gained > 0 ? 1 : 0;
    list.push(fold_value(result, out.factor));
  }
  config::Value value;
  value.set("folds", std::move(list));
  value.set("total_return", out.factor - 1);
  value.set("profitable_share", profitable / static_cast<double>(folds.size()));
  value.set("in_sample_annual", in.annual());
  value.set("out_of_sample_annual", out.annual());
  value.set("efficiency",
            in.annual() > 0 ? config::Value(out.annual() / in.annual()) : config::Value());
  value.set("drift", drift_value(experiment, folds));
  config::Value after;
  after.set("in_sample", range_value(next.fold.in_sample));
  after.set("run", part(next.report, "run"));
  after.set("genes", part(next.report, "best.genes"));
  value.set("next", std::move(after));
  return value;
}

std::string walk_forward_text(const config::Value& value) {
  std::vector<std::vector<std::string>> lines = {
      {"in sample", "out of sample", "return in", "return out", "equity", "verdict", "genes"}};
  for (const config::Value& fold : value.find("folds")->items()) {
    const config::Value* verdict = fold.find("verdict");
    lines.push_back({range_text(fold, "in_sample"), range_text(fold, "out_of_sample"),
                     percent(fold, "in_sample_return"), percent(fold, "out_of_sample_return"),
                     fmt::format("{:.4f}", fold.find("equity")->as_number()),
                     verdict->is_text() ? verdict->as_text() : "–",
                     genes_text(fold.find("genes"))});
  }
  std::string text = "\n" + left_aligned(lines);
  const auto efficiency = number(value, "efficiency");
  text += fmt::format(
      "\njoined out of sample  {}, {} a year (in sample {} a year)\n"
      "profitable folds      {}\n"
      "efficiency            {}\n",
      percent(value, "total_return"), percent(value, "out_of_sample_annual"),
      percent(value, "in_sample_annual"), percent(value, "profitable_share"),
      efficiency ? fmt::format("{:.2f}, out-of-sample by in-sample return a year", *efficiency)
                 : "undefined: nothing was gained in sample");
  text += "drift of genes       ";
  for (const auto& [name, drift] : value.find("drift")->entries())
    text += fmt::format(" {} {}", name,
                        drift.is_number() ? fmt::format("{:.0f} %", drift.as_number() * 100) : "–");
  const config::Value* next = value.find("next");
  text += fmt::format(" of the range from fold to fold\ntrade next            {} (from {})\n",
                      genes_text(next->find("genes")), range_text(*next, "in_sample"));
  return text;
}

}  // namespace mendel::cli

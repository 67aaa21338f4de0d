#include "stages/ga_dispatcher/verdict.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace mendel::ga_dispatcher {
namespace {

struct Test {
  const char* name;
  std::optional<double> value;
  bool at_least;  // else at most
  std::optional<double> threshold;
  std::string meaning;

  bool passed() const {
    return value && threshold && (at_least ? *value >= *threshold : *value <= *threshold);
  }
};

config::Value number_or_null(std::optional<double> number) {
  return number && std::isfinite(*number) ? config::Value(*number) : config::Value();
}

// Everything that is computed from the findings, once.
struct Derived {
  std::optional<double> probabilistic;
  std::optional<double> expected_maximum;
  std::optional<double> deflated;
  std::optional<double> track_record;  // days
};

Derived derive(const Findings& f) {
  Derived d;
  if (f.sharpe_variance && f.trials >= 1)
    d.expected_maximum = statistics::expected_maximum_sharpe(f.trials, *f.sharpe_variance);
  if (!f.moments) return d;
  d.probabilistic = statistics::probabilistic_sharpe(*f.moments, 0);
  if (d.expected_maximum)
    d.deflated = statistics::probabilistic_sharpe(*f.moments, *d.expected_maximum);
  d.track_record = statistics::minimum_track_record(*f.moments, 0, kConfidence);
  if (d.track_record) d.track_record = std::ceil(*d.track_record);
  return d;
}

std::optional<double> probability(const Choice& choice) {
  return choice.overfitting ? std::optional(choice.overfitting->probability()) : std::nullopt;
}

std::string percent(std::optional<double> share) {
  return share ? fmt::format("{:.0f} %", *share * 100) : "unknown";
}

Test deflated_test(const Findings& f, const Derived& d) {
  const std::string meaning =
      d.deflated ? fmt::format(
                       "the chance that its Sharpe ratio is more than the best of {} tries "
                       "shows by luck",
                       f.trials)
                 : "undefined: the daily returns of the pick, or of the sample, do not vary";
  return {"deflated_sharpe", d.deflated, true, kConfidence, meaning};
}

std::string overfitting_meaning(const Findings& f) {
  if (f.both.overfitting)
    return fmt::format(
        "how often the best of {} genomes in half of the days is below the median in the other "
        "half: {} splits; {} of {} uniform genomes, {} of {} bred ones",
        f.both.strategies, f.both.overfitting->splits, percent(probability(f.uniform)),
        f.uniform.strategies, percent(probability(f.bred)), f.bred.strategies);
  if (f.both.strategies < kOverfittingStrategiesMin)
    return fmt::format("undefined: {} of the sampled genomes trade, {} are needed",
                       f.both.strategies, kOverfittingStrategiesMin);
  return fmt::format("undefined: {} days in sample are too few for {} blocks of at least 2", f.days,
                     statistics::kDailyBlocks);
}

Test overfitting_test(const Findings& f) {
  return {"pbo", probability(f.both), false, kOverfittingMost, overfitting_meaning(f)};
}

Test holdout_test(const Findings& f) {
  std::optional<double> threshold;
  if (f.in_sample_sharpe) threshold = *f.in_sample_sharpe * kHoldoutShare;
  const std::string meaning =
      !f.has_holdout
          ? "there is no out_of_sample window: nothing was held back to test the pick on"
          : "the Sharpe ratio on data that the search never saw, against half of that in sample";
  return {"out_of_sample_sharpe", f.out_of_sample_sharpe, true, threshold, meaning};
}

Test costs_test(const Findings& f) {
  return {"return_at_double_costs", f.return_at_double_costs, true, 0.0,
          fmt::format("the in-sample return if trading costs twice as much (at no costs {}, as "
                      "set {})",
                      percent(f.return_at_no_costs), percent(f.return_at_costs))};
}

Test neighbour_test(const Findings& f) {
  std::optional<double> threshold;
  if (f.best) threshold = half_as_good(*f.best, f.maximise);
  const std::string meaning =
      f.neighbours == 0
          ? "undefined: no genome is one step away"
          : fmt::format(
                "the {} of the median of {} genomes one step away, against half of the "
                "pick's: a lucky peak stands alone",
                f.objective, f.neighbours);
  return {"median_neighbour", f.median_neighbour, f.maximise, threshold, meaning};
}

Test track_record_test(const Findings& f, const Derived& d) {
  return {"days", static_cast<double>(f.days), true, d.track_record,
          d.track_record ? "the days in sample, against those needed to tell its Sharpe ratio from "
                           "0 with 95 % confidence"
                         : "no number of days tells a Sharpe ratio of 0 or less from 0"};
}

config::Value value_of(const Test& test) {
  config::Value value;
  value.set("name", test.name);
  value.set("value", number_or_null(test.value));
  value.set("comparison", test.at_least ? ">=" : "<=");
  value.set("threshold", number_or_null(test.threshold));
  value.set("passed", test.passed());
  value.set("meaning", test.meaning);
  return value;
}

// Every number of the verdict; `mendel evolve --fail-if` names them.
config::Value numbers_of(const Findings& f, const Derived& d, std::size_t failed) {
  config::Value numbers;
  const auto set = [&](const char* name, std::optional<double> number) {
    numbers.set(name, number_or_null(number));
  };
  const auto count = [&](const char* name, auto number) {
    numbers.set(name, static_cast<std::int64_t>(number));
  };
  count("failed_tests", failed);
  set("deflated_sharpe", d.deflated);
  set("probabilistic_sharpe", d.probabilistic);
  set("sharpe_per_day", f.moments ? std::optional(f.moments->sharpe) : std::nullopt);
  set("expected_maximum_sharpe", d.expected_maximum);
  count("trials", f.trials);
  set("sharpe_variance", f.sharpe_variance);
  count("days", f.days);
  set("minimum_track_record", d.track_record);
  count("uniform_sample", f.uniform_sample);
  set("pbo", probability(f.both));
  set("pbo_uniform", probability(f.uniform));
  set("pbo_bred", probability(f.bred));
  count("pbo_genomes", f.both.strategies);
  set("in_sample_sharpe", f.in_sample_sharpe);
  set("out_of_sample_sharpe", f.out_of_sample_sharpe);
  set("return_at_no_costs", f.return_at_no_costs);
  set("return_at_costs", f.return_at_costs);
  set("return_at_double_costs", f.return_at_double_costs);
  set("best", f.best);
  set("median_neighbour", f.median_neighbour);
  count("neighbours", f.neighbours);
  return numbers;
}

}  // namespace

double half_as_good(double best, bool maximise) {
  const bool gain = maximise ? best > 0 : best < 0;
  return gain ? best * kNeighbourShare : best / kNeighbourShare;
}

config::Value judge(const Findings& findings) {
  const Derived derived = derive(findings);
  const std::vector<Test> tests = {
      deflated_test(findings, derived), overfitting_test(findings),
      holdout_test(findings),           costs_test(findings),
      neighbour_test(findings),         track_record_test(findings, derived)};
  config::Value list = config::Value::array();
  std::string failing;
  std::size_t failed = 0;
  for (const Test& test : tests) {
    list.push(value_of(test));
    if (test.passed()) continue;
    failing += fmt::format("{}{}", failed++ == 0 ? "" : ", ", test.name);
  }
  config::Value verdict;
  verdict.set("verdict", failed == 0                  ? "plausible"
                         : failed <= kWeakFailuresMax ? "weak"
                                                      : "reject");
  verdict.set("why", failed == 0
                         ? fmt::format("all {} tests are passed", tests.size())
                         : fmt::format("{} of {} tests fail: {}", failed, tests.size(), failing));
  verdict.set("tests", std::move(list));
  verdict.set("numbers", numbers_of(findings, derived, failed));
  return verdict;
}

config::Value no_verdict(const std::string& word, const std::string& why) {
  config::Value verdict;
  verdict.set("verdict", word);
  verdict.set("why", why);
  verdict.set("tests", config::Value::array());
  verdict.set("numbers", config::Value::table());
  return verdict;
}

}  // namespace mendel::ga_dispatcher

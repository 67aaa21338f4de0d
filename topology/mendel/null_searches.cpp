#include "topology/mendel/null_searches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

#include "shared/market/metrics.hpp"
#include "shared/strategy/name.hpp"
#include "topology/mendel/evolution.hpp"
#include "topology/mendel/experiment_file.hpp"
#include "topology/mendel/interrupt.hpp"

namespace mendel::cli {
namespace {

// The level that is usually asked for, and the fewest searches that can reach it: 1 / (19 + 1).
constexpr double kUsualP = 0.05;
constexpr std::int64_t kNullsForUsual = 19;

config::Value number_or_null(std::optional<double> number) {
  return number ? config::Value(*number) : config::Value();
}

std::string text_of(std::optional<double> number) {
  return number ? fmt::format("{:.4g}", *number) : "nothing";
}

std::string name_of_objective(const strategy::Experiment& experiment) {
  const strategy::Objective& first = experiment.search.objectives.front();
  return std::string(market::kMetricNames[static_cast<std::size_t>(first.metric)]);
}

// Runs on their way, the one submitted first in front.
class Flight {
 public:
  Flight(const wiring::Topology& topology, LocalPipeline& pipeline)
      : topology_(topology), pipeline_(pipeline) {}

  std::size_t size() const { return runs_.size(); }

  Status submit(const strategy::Experiment& experiment, const std::string& name) {
    Result<Evolution> evolution = Evolution::submit(topology_, experiment, name);
    if (!evolution) return evolution.error();
    runs_.push_back({std::move(*evolution), name});
    return {};
  }

  // The best of the first, once it has ended.
  Result<std::optional<double>> land() {
    Entry& first = runs_.front();
    const Result<wire::Progress> last =
        first.evolution.follow([](const wire::Progress&) {},
                               [&]() -> Status {
                                 if (interrupts() > 0) return transient_error("interrupted");
                                 return pipeline_.check_running();
                               });
    if (!last) return last.error();
    const Result<config::Value> report = first.evolution.report(*last, first.name);
    if (!report) return report.error();
    const std::optional<double> best = best_of_search(*report);
    runs_.pop_front();
    return best;
  }

  // Best effort: what cannot be cancelled goes on and harms nobody.
  void cancel() {
    for (Entry& entry : runs_) (void)entry.evolution.cancel();
  }

 private:
  struct Entry {
    Evolution evolution;
    std::string name;
  };

  const wiring::Topology& topology_;
  LocalPipeline& pipeline_;
  std::deque<Entry> runs_;
};

}  // namespace

Result<strategy::Experiment> null_experiment(const strategy::Experiment& experiment,
                                             std::int64_t number) {
  return strategy::read_experiment(without_out_of_sample(experiment), "null",
                                   {{"data.shuffle", std::to_string(number)}});
}

std::optional<double> best_of_search(const config::Value& report) {
  const config::Value* history = report.find("history");
  if (history == nullptr || !history->is_array() || history->items().empty()) return std::nullopt;
  const config::Value* best = history->items().back().find("best");
  return best != nullptr && best->is_number() ? std::optional(best->as_number()) : std::nullopt;
}

double null_p(double best, const std::vector<std::optional<double>>& nulls, bool maximise) {
  const auto as_good = std::count_if(nulls.begin(), nulls.end(), [&](const auto& null) {
    return null && (maximise ? *null >= best : *null <= best);
  });
  return static_cast<double>(1 + as_good) / static_cast<double>(nulls.size() + 1);
}

config::Value null_value(const strategy::Experiment& experiment, std::optional<double> best,
                         const std::vector<std::optional<double>>& nulls) {
  const bool maximise = experiment.search.objectives.front().maximise;
  config::Value value;
  value.set("n", static_cast<std::int64_t>(nulls.size()));
  value.set("p", best ? config::Value(null_p(*best, nulls, maximise)) : config::Value());
  value.set("objective", name_of_objective(experiment));
  value.set("search", number_or_null(best));
  config::Value all = config::Value::array();
  for (const auto& null : nulls) all.push(number_or_null(null));
  value.set("best", std::move(all));
  return value;
}

void add_null(config::Value& document, const config::Value& value) {
  document.set("null", value);
  const config::Value* verdict = document.find("verdict");
  if (verdict == nullptr || !verdict->is_table()) return;
  config::Value with = *verdict;
  const config::Value* numbers = verdict->find("numbers");
  config::Value more =
      numbers != nullptr && numbers->is_table() ? *numbers : config::Value::table();
  more.set(kNullP, *value.find("p"));
  with.set("numbers", std::move(more));
  document.set("verdict", std::move(with));
}

std::string null_text(const config::Value& document) {
  const config::Value* value = document.find("null");
  if (value == nullptr || !value->is_table()) return "";
  const std::int64_t count = value->find("n")->as_integer();
  const config::Value* p = value->find("p");
  if (!p->is_number()) return fmt::format("  null    of {} shuffled pasts: undefined\n", count);
  const std::int64_t as_good = std::llround(p->as_number() * static_cast<double>(count + 1)) - 1;
  std::string text = fmt::format(
      "  null    {:<22}  {:>7.3g}\n          the same search found as much in {} of {} shuffled "
      "pasts, where there is nothing to find\n",
      kNullP, p->as_number(), as_good, count);
  if (as_good == 0 && count < kNullsForUsual)
    text += fmt::format(
        "          {} shuffled past{} cannot show less than {:.3g}; {} are needed for {}\n", count,
        count == 1 ? "" : "s", p->as_number(), kNullsForUsual, kUsualP);
  return text;
}

Result<config::Value> NullSearches::run(const strategy::Experiment& experiment,
                                        const std::string& name, std::int64_t count,
                                        const config::Value& report) {
  Flight flight(topology_, pipeline_);
  std::vector<std::optional<double>> nulls;
  const auto search = [&]() -> Status {
    std::int64_t next = 1;
    while (static_cast<std::int64_t>(nulls.size()) < count) {
      for (; next <= count && flight.size() < kNullsAtOnce; ++next) {
        const Result<strategy::Experiment> null = null_experiment(experiment, next);
        if (!null) return null.error();
        const std::string called = strategy::name_from(name, fmt::format("-null-{}", next));
        if (Status sent = flight.submit(*null, called); !sent) return sent;
      }
      const Result<std::optional<double>> best = flight.land();
      if (!best) return best.error();
      nulls.push_back(*best);
      fmt::print(people_, "null {}/{}: best {}\n", nulls.size(), count, text_of(*best));
      std::fflush(people_);
    }
    return {};
  };
  if (Status searched = search(); !searched) {
    flight.cancel();
    return searched.error();
  }
  return null_value(experiment, best_of_search(report), nulls);
}

}  // namespace mendel::cli

// Dispatched: ga_dispatcher's core with a run of many cheap candidates, for benchmarks: what goes
// in and comes out of it, and nothing else of the pipeline.
// Threads: one.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "shared/base/check.hpp"
#include "stages/ga_dispatcher/ga_dispatcher.hpp"

namespace mendel::bench {

inline constexpr const char* kRun = "01JD0000000000000000000001";

inline std::string experiment_text(std::int64_t population, std::int64_t generations) {
  return fmt::format(R"toml(
name = "bench"
[data]
source = "s"
symbols = ["X"]
timeframe = "1d"
in_sample = [2020-01-01, 2021-01-01]
[strategy]
direction = "long"
entry_long = "close > sma(close, fast) and rsi(close, 14) < level"
exit_long = "close < sma(close, slow)"
[genes]
fast = {{ int = [5, 500] }}
level = {{ real = [50, 90] }}
slow = {{ int = [5, 500] }}
[search]
population = {}
generations = {}
objectives = ["sharpe_ratio max"]
)toml",
                     population, generations);
}

// The score of anything: the metrics are of no account here.
inline wire::Score score_of(const wire::CandidateBatch& batch, const wire::Candidate& candidate) {
  wire::Score score;
  score.key = candidate.key;
  score.run = batch.run;
  score.generation = batch.generation;
  score.born_at_ns = batch.born_at_ns;
  score.rows.resize(1);
  score.rows[0].symbol = "portfolio";
  for (std::size_t i = 0; i < market::kMetricCount; ++i)
    score.rows[0].metrics.set(static_cast<market::Metric>(i), candidate.genome[1]);
  return score;
}

inline wire::Credit hello_of(const std::string& incarnation) {
  wire::Credit credit;
  credit.incarnation = incarnation;
  credit.engine_version = 1;
  credit.self_test_digest = "right";
  credit.capacity = 2;
  return credit;
}

class Dispatched {
 public:
  Dispatched() : core(settings()) {}

  // Answers everything but candidates and scores, and returns the batches that were handed out.
  std::vector<wire::CandidateBatch> perform(ga_dispatcher::Actions& actions, Now now) {
    std::vector<wire::CandidateBatch> batches;
    ga_dispatcher::Actions more;
    for (auto& action : actions.list()) {
      auto* outgoing = std::get_if<runtime::Outgoing>(&action);
      if (outgoing == nullptr) continue;
      if (auto* batch = std::get_if<wire::CandidateBatch>(&outgoing->message)) {
        batches.push_back(std::move(*batch));
      } else if (auto* order = std::get_if<wire::DatasetOrder>(&outgoing->message)) {
        wire::Dataset dataset;
        dataset.order_id = order->order_id;
        dataset.dataset_id = sha256("dataset");
        dataset.quality = "{}";
        core.receive({wiring::Edge::datasets, "", std::move(dataset)}, now, more);
      } else if (auto* progress = std::get_if<wire::Progress>(&outgoing->message)) {
        ended = ended || (progress->state != "waiting" && progress->state != "running");
      } else {
        const auto id = std::visit(
            [](const auto& record) -> std::string {
              if constexpr (requires { record.record_id; }) return record.record_id;
              return "";
            },
            outgoing->message);
        if (!id.empty()) recorded_ids.push_back(id);
      }
    }
    check(more.size() == 0 || batches.empty(), "a dataset comes before candidates");
    if (more.size() > 0) return perform(more, now);
    return batches;
  }

  void submit(const std::string& text, Now now) {
    wire::Request request;
    request.request_id = "request";
    request.action = "submit";
    request.run = kRun;
    request.experiment = text;
    ga_dispatcher::Actions actions;
    core.receive({wiring::Edge::requests, "", std::move(request)}, now, actions);
    perform(actions, now);
  }

  ga_dispatcher::Core core;
  std::vector<std::string> recorded_ids;  // to be acknowledged
  bool ended = false;                     // the last generation is closed

 private:
  static ga_dispatcher::Core::Settings settings() {
    ga_dispatcher::Core::Settings settings;
    settings.incarnation = "bench";
    settings.evaluators = {1, "right", 10 * kNsPerSecond};
    return settings;
  }
};

}  // namespace mendel::bench

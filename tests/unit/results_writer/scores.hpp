// Scores and records as the tests of results_writer speak of them.
// Threads: plain functions.
#pragma once

#include <string>

#include "shared/base/hash.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::results_writer {

inline Digest key(int number) { return sha256("key " + std::to_string(number)); }

inline wire::Score score(int number, double sharpe = 1.5) {
  wire::Score score;
  score.key = key(number);
  score.run = "RUN";
  score.generation = 3;
  score.born_at_ns = 1000;
  wire::ScoreRow row;
  row.symbol = "portfolio";
  for (std::size_t i = 0; i < market::kMetricCount; ++i) {
    row.metrics.undefine(static_cast<market::Metric>(i), market::Undefined::no_trade);
  }
  row.metrics.set(market::Metric::sharpe_ratio, sharpe);
  score.rows.push_back(row);
  return score;
}

inline wire::ScoreBatch batch(std::vector<wire::Score> scores) { return {"evaluator", scores}; }

inline wire::RunRecord run_record(const std::string& state) {
  wire::RunRecord record;
  record.record_id = "run.RUN." + state;
  record.run = "RUN";
  record.state = state;
  return record;
}

inline wire::Query query(const std::string& id, std::vector<Digest> keys,
                         std::vector<std::string> record_ids = {}) {
  return {id, std::move(keys), std::move(record_ids)};
}

}  // namespace mendel::results_writer

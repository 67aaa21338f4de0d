// One filled-in message of every kind, for the codec's tests.
#pragma once

#include <limits>
#include <vector>

#include "shared/wire/messages.hpp"

namespace mendel::wire {

inline Score sample_score() {
  Score score;
  score.key = sha256("key");
  score.run = "01RUN";
  score.generation = 3;
  score.born_at_ns = 1'571'302'800'000'000'000;
  ScoreRow row;
  row.symbol = "portfolio";
  for (double& value : row.metrics.values) value = 1.0 / 3.0;
  row.metrics.undefine(market::Metric::profit_factor, market::Undefined::no_losing_trade);
  score.rows.push_back(row);
  score.blocks = {22, -0.0, 1.0 / 3.0};
  return score;
}

inline std::vector<Message> sample_messages() {
  const Digest digest = sha256("x");
  return {
      BarBatch{"coinbase", "ab12", 7, "BTC-USD", "1h", -1, {{1, 1.5, 2, 1, 1.25, -0.0}}},
      Receipt{"coinbase", "ab12", 7, 6, 100, 2, 1, 0},
      DatasetOrder{"o1", "coinbase", {"A", "B"}, "1h", -5, 10, 200, 7},
      Dataset{"o1", digest, "datasets/x.bars", 10, "{}", ""},
      CandidateBatch{"r", 2, 9, "ev", 4, digest, digest, 2, 1, 1, {{digest, {1, 0.1, -3}}, {}}},
      Credit{"ev", "host", 12, 1, "ff", 2, 4, {3, 4}, 99, "", 0.25, 12.5},
      ScoreBatch{"ev", {sample_score(), Score{}}},
      RunRecord{"run.r.running", "r", "n", "running", digest, digest, digest, "[data]", 42, 1, 5,
                "{}"},
      GenerationRecord{"g", "r", 0, 1, 5, digest, {"fast"}, {{{10.0}, digest, 0, ""}}},
      Verdict{"v", "r", 5, {{0, "{}", digest, Digest{}}}, "{}"},
      Query{"q", {digest}, {"run.r.running"}},
      Recorded{3, 4, {sample_score()}, {"g"}, "q", {digest}, {"v"}, 10, 9},
      Request{"id", "submit", "r", "n", "text"},
      Reply{"id", "", 0, "{}"},
      Progress{"r", "n", "running", "", 1, 30, 1.5, std::numeric_limits<double>::quiet_NaN(), 0.5,
               100, 10.5, 3.25, 0, 4, digest},
      Stat{"evaluator", "ab", "host", 1, 2.5, true, "", {{"evaluations_total", "", 5}}},
  };
}

}  // namespace mendel::wire

#include "stages/evaluator/scoring.hpp"

#include <cstddef>
#include <utility>

#include "shared/statistics/blocks.hpp"
#include "shared/strategy/experiment.hpp"
#include "shared/wire/detailed_key.hpp"

namespace mendel::evaluator {

bool wants_daily_blocks(const wire::CandidateBatch& batch) {
  return (batch.detail & wire::kDetailDailyBlocks) != 0;
}

bool key_matches(const backtest::Engine& engine, const wire::CandidateBatch& batch,
                 const wire::Candidate& candidate) {
  const Digest key = strategy::evaluation_key(batch.dataset_id, engine.experiment(),
                                              candidate.genome, batch.windows);
  return candidate.key == wire::detailed_key(key, batch.detail);
}

wire::Score invalid_score(const wire::CandidateBatch& batch, const wire::Candidate& candidate,
                          std::string reason) {
  wire::Score score;
  score.key = candidate.key;
  score.run = batch.run;
  score.generation = batch.generation;
  score.born_at_ns = batch.born_at_ns;
  score.invalid = std::move(reason);
  return score;
}

wire::Score score_of(const wire::CandidateBatch& batch, const wire::Candidate& candidate,
                     backtest::Outcome outcome, bool one_symbol) {
  wire::Score score = invalid_score(batch, candidate, std::move(outcome.invalid));
  for (backtest::WindowOutcome& window : outcome.windows) {
    score.ruined = score.ruined || window.ruined;
    if (wants_daily_blocks(batch) && window.window == market::Window::in_sample)
      score.blocks = statistics::to_numbers(statistics::blocks_of(window.daily_returns));
    const std::size_t rows = one_symbol ? 1 : window.rows.size();
    for (std::size_t i = 0; i < rows; ++i) {
      score.rows.push_back(
          {window.window, std::move(window.rows[i].symbol), window.rows[i].metrics});
    }
  }
  return score;
}

std::vector<wire::Score> scores(const Prepared& prepared, const wire::CandidateBatch& batch,
                                std::span<const wire::Candidate> candidates) {
  std::vector<const wire::Candidate*> good;
  std::vector<strategy::Genome> genomes;
  for (const wire::Candidate& candidate : candidates) {
    if (!key_matches(prepared.engine(), batch, candidate)) continue;
    good.push_back(&candidate);
    genomes.push_back(candidate.genome);
  }
  const bool one_symbol = prepared.engine().experiment().data.symbols.size() == 1;
  std::vector<backtest::Outcome> outcomes = wants_daily_blocks(batch)
                                                ? prepared.evaluate_daily(genomes, batch.windows)
                                                : prepared.evaluate(genomes, batch.windows);
  std::vector<wire::Score> scored;
  scored.reserve(good.size());
  for (std::size_t i = 0; i < good.size(); ++i) {
    scored.push_back(score_of(batch, *good[i], std::move(outcomes[i]), one_symbol));
  }
  return scored;
}

}  // namespace mendel::evaluator

#include "stages/evaluator/scoring.hpp"

#include <cstddef>
#include <utility>

#include "shared/strategy/experiment.hpp"

namespace mendel::evaluator {

bool key_matches(const backtest::Engine& engine, const wire::CandidateBatch& batch,
                 const wire::Candidate& candidate) {
  return candidate.key == strategy::evaluation_key(batch.dataset_id, engine.experiment(),
                                                   candidate.genome, batch.windows);
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

wire::Score score(const backtest::Engine& engine, const wire::CandidateBatch& batch,
                  const wire::Candidate& candidate) {
  backtest::Outcome outcome = engine.evaluate(candidate.genome, batch.windows, false);
  wire::Score score = invalid_score(batch, candidate, std::move(outcome.invalid));
  const bool one_symbol = engine.experiment().data.symbols.size() == 1;
  for (backtest::WindowOutcome& window : outcome.windows) {
    score.ruined = score.ruined || window.ruined;
    const std::size_t rows = one_symbol ? 1 : window.rows.size();
    for (std::size_t i = 0; i < rows; ++i) {
      score.rows.push_back(
          {window.window, std::move(window.rows[i].symbol), window.rows[i].metrics});
    }
  }
  return score;
}

}  // namespace mendel::evaluator

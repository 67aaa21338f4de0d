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

wire::Score score_of(const wire::CandidateBatch& batch, const wire::Candidate& candidate,
                     backtest::Outcome outcome, bool one_symbol) {
  wire::Score score = invalid_score(batch, candidate, std::move(outcome.invalid));
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
  std::vector<backtest::Outcome> outcomes = prepared.evaluate(genomes, batch.windows);
  std::vector<wire::Score> scored;
  scored.reserve(good.size());
  for (std::size_t i = 0; i < good.size(); ++i) {
    scored.push_back(score_of(batch, *good[i], std::move(outcomes[i]), one_symbol));
  }
  return scored;
}

}  // namespace mendel::evaluator

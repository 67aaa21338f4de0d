// Scoring: candidates in, scores out, with a prepared engine.
// Threads: pure.
#pragma once

#include <string>

#include "shared/backtest/engine.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::evaluator {

// Whether the candidate's key is what its content says. A wrong one is never scored: its result
// would be recorded under another content's name.
bool key_matches(const backtest::Engine& engine, const wire::CandidateBatch& batch,
                 const wire::Candidate& candidate);

// The portfolio's row per window, and the symbols' when there are several.
wire::Score score(const backtest::Engine& engine, const wire::CandidateBatch& batch,
                  const wire::Candidate& candidate);

// A score that only says why there is none.
wire::Score invalid_score(const wire::CandidateBatch& batch, const wire::Candidate& candidate,
                          std::string reason);

}  // namespace mendel::evaluator

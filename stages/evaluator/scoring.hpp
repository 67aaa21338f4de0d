// Scoring: candidates in, scores out, with a prepared engine.
// Threads: pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "shared/backtest/engine.hpp"
#include "shared/wire/messages.hpp"
#include "stages/evaluator/engines.hpp"

namespace mendel::evaluator {

// Whether the candidate's key is what its content says. A wrong one is never scored: its result
// would be recorded under another content's name.
bool key_matches(const backtest::Engine& engine, const wire::CandidateBatch& batch,
                 const wire::Candidate& candidate);

bool wants_daily_blocks(const wire::CandidateBatch& batch);

// What a backtest's outcome says of the candidate: the portfolio's row alone where it has the only
// symbol's metrics; where the batch asks for it, with the daily returns in blocks.
wire::Score score_of(const wire::CandidateBatch& batch, const wire::Candidate& candidate,
                     backtest::Outcome outcome, bool one_symbol);

// The scores of the candidates whose keys match, in their order: the portfolio's row per window,
// and the symbols' when there are several.
std::vector<wire::Score> scores(const Prepared& prepared, const wire::CandidateBatch& batch,
                                std::span<const wire::Candidate> candidates);

// A score that only says why there is none.
wire::Score invalid_score(const wire::CandidateBatch& batch, const wire::Candidate& candidate,
                          std::string reason);

}  // namespace mendel::evaluator

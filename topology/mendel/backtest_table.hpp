// BacktestTable: the result of one backtest as people read it, made from its document.
// Threads: pure functions.
#pragma once

#include <string>

#include "shared/config/value.hpp"

namespace mendel::cli {

// The genes, every metric beside buy-and-hold per window, a few at 0, 1 and 2 times the costs, the
// trades when there are any, and the notes. An undefined metric shows its reason.
std::string backtest_text(const config::Value& document);

}  // namespace mendel::cli

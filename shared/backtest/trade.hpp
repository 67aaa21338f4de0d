// Trade: one closed position of a backtest.
// Threads: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mendel::backtest {

enum class Side : std::uint8_t { long_side, short_side };
std::string_view side_name(Side side);  // "long" | "short"

enum class ExitReason : std::uint8_t { signal, reversal, stop, target, holding, gap, ruin, end };
std::string_view reason_name(ExitReason reason);  // the enumerators' names

struct Trade {
  std::string symbol;
  Side side = Side::long_side;
  std::int64_t entry_time_ns = 0;  // open time of the bar of the fill
  double entry_price = 0;          // after slippage
  std::int64_t exit_time_ns = 0;   // open time of the bar of the fill
  double exit_price = 0;
  double quantity = 0;
  double profit = 0;           // net money: after fees, slippage, borrow and funding
  double equity_at_entry = 0;  // the sleeve's, before the entry fee
  ExitReason reason = ExitReason::signal;
};

}  // namespace mendel::backtest

#include "shared/backtest/trade.hpp"

#include <array>
#include <cstddef>

namespace mendel::backtest {

std::string_view side_name(Side side) { return side == Side::long_side ? "long" : "short"; }

std::string_view reason_name(ExitReason reason) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "signal", "reversal", "stop", "target", "holding", "gap", "ruin", "end"};
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace mendel::backtest

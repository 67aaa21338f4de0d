#include "shared/backtest/sizing.hpp"

#include <algorithm>
#include <cmath>

namespace mendel::backtest {
namespace {

// A quantity this close below a lot is that lot: 0.3 / 0.1 is a little less than 3.
constexpr double kLotTolerance = 1 + 1e-12;

// What one unit loses from the fill to the stop's own fill, both fees and the slippage included.
double loss_at_stop(const Entry& entry, const Costs& costs) {
  if (entry.side == Side::long_side) {
    return entry.fill * (1 + costs.fee) - *entry.stop * (1 - costs.slippage) * (1 - costs.fee);
  }
  return *entry.stop * (1 + costs.slippage) * (1 + costs.fee) - entry.fill * (1 - costs.fee);
}

// In money, the entry fee included. min() takes an infinite ratio to the cap.
double spent_on(const Sizing& sizing, const Entry& entry) {
  const double leverage = sizing.limits.max_leverage;
  switch (sizing.size) {
    case strategy::Size::money:
      return std::min(sizing.value, leverage * entry.equity);
    case strategy::Size::volatility_target:
      if (std::isnan(entry.volatility)) return 0;
      return std::min(sizing.value / 100 / entry.volatility, leverage) * entry.equity;
    default:
      return std::min(sizing.value / 100, leverage) * entry.equity;
  }
}

double unrounded(const Sizing& sizing, const Entry& entry, const Costs& costs) {
  const double price = entry.fill * (1 + costs.fee);
  if (sizing.size != strategy::Size::risk_percent) return spent_on(sizing, entry) / price;
  if (!entry.stop) return 0;
  const double most = sizing.limits.max_leverage * entry.equity / price;
  const double loss = loss_at_stop(entry, costs);
  return loss > 0 ? std::min(sizing.value / 100 * entry.equity / loss, most) : most;
}

}  // namespace

double quantity_of(const Sizing& sizing, const Entry& entry, const Costs& costs) {
  if (!(entry.fill > 0) || !(entry.equity > 0)) return 0;
  double quantity = unrounded(sizing, entry, costs);
  const double step = sizing.limits.lot_step;
  if (step > 0) quantity = std::floor(quantity / step * kLotTolerance) * step;
  if (!(quantity > 0) || !std::isfinite(quantity)) return 0;
  return quantity * entry.fill < sizing.limits.min_notional ? 0 : quantity;
}

}  // namespace mendel::backtest

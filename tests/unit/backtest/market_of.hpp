// A symbol whose daily bars from 2023-01-01 have four equal prices.
#pragma once

#include <string>
#include <vector>

#include "shared/base/time.hpp"
#include "shared/market/bar.hpp"

namespace mendel::backtest {

inline market::Series market_of(std::string symbol, const std::vector<double>& prices,
                                Date first = {2023, 1, 1}) {
  market::Series series;
  series.symbol = std::move(symbol);
  std::int64_t day = days_from_date(first);
  for (double price : prices) series.push({day++ * kNsPerDay, price, price, price, price, 1});
  market::find_ticks(series);
  return series;
}

}  // namespace mendel::backtest

// Bars and batches as the tests of this stage need them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "shared/base/time.hpp"
#include "shared/market/bar.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::data_loader {

// Daily bars from day `first` (since 1970) on; the close of each is `price` plus its number.
inline std::vector<market::Bar> daily(std::int64_t first, std::int64_t count, double price = 100) {
  std::vector<market::Bar> bars;
  for (std::int64_t i = 0; i < count; ++i) {
    const double close = price + static_cast<double>(i);
    bars.push_back({(first + i) * kNsPerDay, close - 0.5, close + 1, close - 1, close, 1000});
  }
  return bars;
}

inline wire::BarBatch batch(std::uint64_t sequence, std::vector<market::Bar> bars,
                            const std::string& incarnation = "sender") {
  wire::BarBatch batch;
  batch.source = "test";
  batch.incarnation = incarnation;
  batch.sequence = sequence;
  batch.symbol = "SPX";
  batch.timeframe = "1d";
  batch.bars = std::move(bars);
  return batch;
}

inline wire::DatasetOrder order(std::int64_t from_day, std::int64_t to_day,
                                std::int64_t warm_up_bars = 0) {
  wire::DatasetOrder order;
  order.order_id = "run";
  order.source = "test";
  order.symbols = {"SPX"};
  order.timeframe = "1d";
  order.from_ns = from_day * kNsPerDay;
  order.to_ns = to_day * kNsPerDay;
  order.warm_up_bars = warm_up_bars;
  return order;
}

}  // namespace mendel::data_loader

#include "shared/market/bar.hpp"

#include <algorithm>
#include <cmath>

namespace mendel::market {
namespace {

constexpr double kTicksMax = 1099511627776.0;  // 2^40, see find_price_scale

bool fits(const std::vector<double>& prices, double scale) {
  return std::all_of(prices.begin(), prices.end(), [scale](double price) {
    const double ticks = std::round(price * scale);
    return std::fabs(ticks) <= kTicksMax && ticks / scale == price;
  });
}

}  // namespace

void Series::push(const Bar& bar) {
  time_ns.push_back(bar.time_ns);
  open.push_back(bar.open);
  high.push_back(bar.high);
  low.push_back(bar.low);
  close.push_back(bar.close);
  volume.push_back(bar.volume);
}

Bar Series::bar(std::size_t index) const {
  return Bar{time_ns.at(index), open.at(index),  high.at(index),
             low.at(index),     close.at(index), volume.at(index)};
}

SeriesView Series::view() const {
  return SeriesView{symbol, time_ns, open, high, low, close, volume, price_scale};
}

double find_price_scale(const Series& series) {
  for (double scale = 1; scale <= 1e8; scale *= 10) {
    if (fits(series.open, scale) && fits(series.high, scale) && fits(series.low, scale) &&
        fits(series.close, scale)) {
      return scale;
    }
  }
  return 0;
}

}  // namespace mendel::market

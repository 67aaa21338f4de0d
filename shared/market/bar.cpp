#include "shared/market/bar.hpp"

#include <cmath>

namespace mendel::market {
namespace {

constexpr double kTicksMax = 1099511627776.0;  // 2^40, see find_ticks

bool fits(double price, double scale) {
  const double ticks = std::round(price * scale);
  return std::fabs(ticks) <= kTicksMax && ticks / scale == price;
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
  return SeriesView{symbol, time_ns, open, high, low, close, volume, price_scale, tick_bars};
}

SeriesView SeriesView::first(std::size_t count) const {
  return SeriesView{symbol,           time_ns.first(count), open.first(count),   high.first(count),
                    low.first(count), close.first(count),   volume.first(count), price_scale,
                    tick_bars};
}

std::size_t count_tick_bars(const SeriesView& series, double price_scale) {
  if (!(price_scale > 0)) return 0;
  std::size_t bar = 0;
  while (bar < series.size() && fits(series.open[bar], price_scale) &&
         fits(series.high[bar], price_scale) && fits(series.low[bar], price_scale) &&
         fits(series.close[bar], price_scale)) {
    ++bar;
  }
  return bar;
}

void find_ticks(Series& series) {
  series.price_scale = 0;
  series.tick_bars = 0;
  for (double scale = 1; scale <= 1e8 && series.tick_bars < series.time_ns.size(); scale *= 10) {
    const std::size_t bars = count_tick_bars(series.view(), scale);
    if (bars <= series.tick_bars) continue;
    series.price_scale = scale;
    series.tick_bars = bars;
  }
}

}  // namespace mendel::market

// Volume: money that flows with the price.
#include "shared/strategy/function_families.hpp"
#include "shared/strategy/rolling.hpp"

namespace mendel::strategy {
namespace {

using Column = std::vector<double>;

void obv(const Call& call, std::span<double> out) {
  const market::SeriesView& bars = *call.bars;
  double balance = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i == 0 || bars.close[i] > bars.close[i - 1]) {
      balance += bars.volume[i];
    } else if (bars.close[i] < bars.close[i - 1]) {
      balance -= bars.volume[i];
    }
    out[i] = finite(balance);
  }
}

void vwap(const Call& call, std::span<double> out) {
  const market::SeriesView& bars = *call.bars;
  const std::size_t before = window_start(call.periods[0]);
  Column typical(out.size(), kUndefinedNumber);
  hlc3(call, typical);
  for (std::size_t i = before; i < out.size(); ++i) {
    double money = 0;
    double volume = 0;
    for (std::size_t j = i - before; j <= i; ++j) {
      money += typical[j] * bars.volume[j];
      volume += bars.volume[j];
    }
    out[i] = finite(money / volume);
  }
}

void mfi(const Call& call, std::span<double> out) {
  const market::SeriesView& bars = *call.bars;
  const auto n = static_cast<std::size_t>(call.periods[0]);
  Column typical(out.size(), kUndefinedNumber);
  hlc3(call, typical);
  for (std::size_t i = n; i < out.size(); ++i) {
    double in = 0;
    double away = 0;
    for (std::size_t j = i + 1 - n; j <= i; ++j) {
      const double money = typical[j] * bars.volume[j];
      if (typical[j] > typical[j - 1]) in += money;
      if (typical[j] < typical[j - 1]) away += money;
    }
    out[i] = in + away == 0 ? 0 : finite(100 * (in / (in + away)));
  }
}

}  // namespace

std::vector<Function> volume_rows() {
  const Parameter n{"n", Argument::period};
  return {
      {.name = "obv",
       .sentence = "on-balance volume; its level counts from the dataset's first bar",
       .formula = "starts as the first volume; then + volume when close > close[1], - volume "
                  "when close < close[1]",
       .source = "Joseph Granville 1963; TA-Lib OBV",
       .look_back = "1 (the level: all bars)",
       .bars_before = [](const Periods&) { return std::int64_t{1}; },
       .reads_bars = true,
       .numbers = obv},
      {.name = "vwap",
       .parameters = {n},
       .sentence = "volume-weighted average price of the last n bars",
       .formula = "sum of hlc3 * volume / sum of volume, both oldest first",
       .edges = "undefined when there was no volume",
       .source = "definition",
       .look_back = "n - 1",
       .bars_before = window_bars,
       .reads_bars = true,
       .numbers = vwap},
      {.name = "mfi",
       .parameters = {n},
       .sentence = "money flow index, 0 to 100",
       .formula = "100 * (in / (in + away)): sums of hlc3 * volume over the last n bars, oldest "
                  "first, where hlc3 rose (in) and where it fell (away)",
       .edges = "0 when both sums are 0",
       .source = "Gene Quong and Avrum Soudack 1989; TA-Lib MFI",
       .look_back = "n",
       .bars_before = period_bars,
       .reads_bars = true,
       .numbers = mfi}};
}

}  // namespace mendel::strategy

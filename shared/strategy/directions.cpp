// Direction: Wilder's directional movement.
#include "shared/strategy/function_families.hpp"
#include "shared/strategy/rolling.hpp"

namespace mendel::strategy {
namespace {

// Sums of true ranges and directional movements, smoothed as TA-Lib does: n - 1 bars are added up,
// and from the next bar on sum = sum - sum / n + new.
class Movement {
 public:
  Movement(const market::SeriesView& bars, std::int64_t n)
      : bars_(bars), ranges_(bars.size(), kUndefinedNumber), n_(n) {
    true_range({.bars = &bars}, ranges_);
  }

  // Requires the bars in order, from 1 on. True once the sums are smoothed.
  bool take(std::size_t bar) {
    const double up = difference(bars_.high[bar], bars_.high[bar - 1], bars_.price_scale);
    const double down = difference(bars_.low[bar - 1], bars_.low[bar], bars_.price_scale);
    const double plus = up > down && up > 0 ? up : 0;
    const double minus = down > up && down > 0 ? down : 0;
    const bool smoothing = ++seen_ >= n_;
    add(range_, ranges_[bar], smoothing);
    add(plus_, plus, smoothing);
    add(minus_, minus, smoothing);
    return smoothing;
  }

  double plus() const { return share(plus_); }
  double minus() const { return share(minus_); }

 private:
  void add(double& sum, double value, bool smoothing) const {
    if (smoothing) sum = sum - sum / static_cast<double>(n_);
    sum += value;
  }

  double share(double movement) const {
    return range_ == 0 ? 0 : finite(100 * (movement / range_));
  }

  const market::SeriesView& bars_;
  std::vector<double> ranges_;
  std::int64_t n_;
  std::int64_t seen_ = 0;
  double range_ = 0;
  double plus_ = 0;
  double minus_ = 0;
};

void plus_di(const Call& call, std::span<double> out) {
  Movement movement(*call.bars, call.periods[0]);
  for (std::size_t i = 1; i < out.size(); ++i) {
    if (movement.take(i)) out[i] = movement.plus();
  }
}

void minus_di(const Call& call, std::span<double> out) {
  Movement movement(*call.bars, call.periods[0]);
  for (std::size_t i = 1; i < out.size(); ++i) {
    if (movement.take(i)) out[i] = movement.minus();
  }
}

void adx(const Call& call, std::span<double> out) {
  Movement movement(*call.bars, call.periods[0]);
  const auto n = static_cast<double>(call.periods[0]);
  std::int64_t seen = 0;
  double state = 0;
  for (std::size_t i = 1; i < out.size(); ++i) {
    if (!movement.take(i)) continue;
    const double sum = movement.plus() + movement.minus();
    const double index = 100 * (std::fabs(movement.plus() - movement.minus()) / sum);
    if (seen < call.periods[0]) {
      if (sum != 0) state += index;
      if (++seen < call.periods[0]) continue;
      state /= n;
    } else if (sum != 0) {
      state = (state * (n - 1) + index) / n;
    }
    out[i] = finite(state);
  }
}

}  // namespace

std::vector<Function> direction_rows() {
  Function plus{.name = "plus_di",
                .parameters = {{"n", Argument::period}},
                .sentence = "positive directional indicator, 0 to 100",
                .formula =
                    "100 * (movement / range); both are the sum over the first n - 1 bars, "
                    "then sum = sum - sum / n + new; new movement = high - high[1] where "
                    "that is above 0 and above low[1] - low, else 0; new range = true_range",
                .edges = "0 when the range is 0",
                .source = "J. Welles Wilder 1978; TA-Lib PLUS_DI",
                .look_back = "10 n + 1 (recursive)",
                .bars_before = [](const Periods& longest) { return recursive_bars(longest) + 1; },
                .reads_bars = true,
                .numbers = plus_di};
  Function minus = plus;
  minus.name = "minus_di";
  minus.sentence = "negative directional indicator, 0 to 100";
  minus.formula =
      "as plus_di, with new movement = low[1] - low where that is above 0 and above high - "
      "high[1], else 0";
  minus.source = "J. Welles Wilder 1978; TA-Lib MINUS_DI";
  minus.numbers = minus_di;

  Function average = plus;
  average.name = "adx";
  average.sentence = "average directional movement index, 0 to 100: the strength of a trend";
  average.formula =
      "starts as the mean of the first n indexes, on the bar after 2 n - 1; then adx = (adx * (n - "
      "1) + index) / n; index = 100 * (abs(plus_di - minus_di) / (plus_di + minus_di))";
  average.edges =
      "an index whose two indicators are both 0 leaves it as it is, and is 0 in the "
      "first mean";
  average.source = "J. Welles Wilder 1978; TA-Lib ADX";
  average.look_back = "20 n + 1 (recursive twice)";
  average.bars_before = [](const Periods& longest) { return 2 * recursive_bars(longest) + 1; };
  average.numbers = adx;
  return {plus, minus, average};
}

}  // namespace mendel::strategy

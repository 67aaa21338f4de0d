// No bar knows a later one: for every function of the table, what lies behind a bar may be cut off
// or replaced without changing a bit at it or before.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <string>
#include <vector>

#include "shared/strategy/columns.hpp"
#include "tests/unit/strategy/samples.hpp"

namespace mendel::strategy {
namespace {

constexpr std::int64_t kHourNs = 3'600'000'000'000;

const std::string kTwoSymbols =
    with(with(kSample, "[\"A\"]", "[\"A\", \"B\"]"), "timeframe = \"1d\"", "timeframe = \"1h\"");

using Market2 = std::vector<market::Series>;

// The generator of the golden values.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::int64_t below(std::int64_t end) {
    state_ = (1103515245 * state_ + 12345) % (1ull << 31);
    return static_cast<std::int64_t>(state_ >> 8) % end;
  }

 private:
  std::uint64_t state_;
};

// A bar on a grid of ticks around a price: often flat, sometimes without volume.
market::Bar random_bar(Dice& dice, std::int64_t time_ns, std::int64_t ticks, double scale) {
  const bool flat = dice.below(8) == 0;
  const auto price = [&](std::int64_t tick) { return static_cast<double>(tick) / scale; };
  const std::int64_t close = flat ? ticks : ticks + dice.below(41) - 20;
  const std::int64_t high = std::max(ticks, close) + (flat ? 0 : dice.below(10));
  const std::int64_t low = std::min(ticks, close) - (flat ? 0 : dice.below(10));
  const double volume = dice.below(6) == 0 ? 0 : static_cast<double>(dice.below(1000)) / 7;
  return {time_ns, price(ticks), price(high), price(low), price(close), volume};
}

// Hours with holes, from `from` on.
market::Series random_series(std::string symbol, std::uint64_t seed, std::int64_t hours,
                             double scale) {
  Dice dice(seed);
  market::Series series;
  series.symbol = std::move(symbol);
  std::int64_t ticks = 5000;
  for (std::int64_t hour = 3; hour < hours; ++hour) {
    ticks += dice.below(31) - 15;
    if (dice.below(9) == 0) continue;
    series.push(random_bar(dice, hour * kHourNs, ticks, scale));
  }
  return series;
}

Market2 random_market(std::uint64_t seed, double scale, bool with_ticks) {
  Market2 market = {random_series("A", seed, 150, scale), random_series("B", seed + 1, 150, scale)};
  for (market::Series& series : market) {
    if (with_ticks) market::find_ticks(series);
  }
  return market;
}

// The bars that opened up to a time; ticks are found again in what is left.
Market2 cut_after(const Market2& whole, std::int64_t time_ns) {
  Market2 past;
  for (const market::Series& series : whole) {
    market::Series kept;
    kept.symbol = series.symbol;
    for (std::size_t i = 0; i < series.time_ns.size() && series.time_ns[i] <= time_ns; ++i) {
      kept.push(series.bar(i));
    }
    if (series.price_scale > 0) market::find_ticks(kept);
    past.push_back(std::move(kept));
  }
  return past;
}

// Other bars behind that time, some of them gone, some without a tick.
Market2 scramble_after(const Market2& whole, std::int64_t time_ns, double scale) {
  Market2 other;
  Dice dice(99);
  for (const market::Series& series : whole) {
    market::Series changed;
    changed.symbol = series.symbol;
    for (std::size_t i = 0; i < series.time_ns.size(); ++i) {
      const market::Bar bar = series.bar(i);
      if (bar.time_ns <= time_ns) {
        changed.push(bar);
      } else if (dice.below(4) != 0) {
        const double other = dice.below(9) == 0 ? scale * 0.7 : scale;
        changed.push(random_bar(dice, bar.time_ns, 2000 + dice.below(9000), other));
      }
    }
    if (series.price_scale > 0) market::find_ticks(changed);
    other.push_back(std::move(changed));
  }
  return other;
}

// The bits of a term on the bars of the first symbol.
std::vector<std::uint64_t> bits_of(const Expression& term, const Market2& market) {
  static const std::vector<Gene> kGenes = read(kSample).genes;
  const Genome genome = {5};
  std::vector<market::SeriesView> views;
  for (const market::Series& series : market) views.push_back(series.view());
  Columns columns(kGenes, genome, {views, kHourNs}, 0);
  const TermColumn& column = columns.of(term);
  std::vector<std::uint64_t> bits;
  for (std::size_t i = 0; i < views[0].size(); ++i) {
    bits.push_back(term.type == Type::number ? std::bit_cast<std::uint64_t>(column.numbers[i])
                                             : static_cast<std::uint64_t>(column.truths[i]));
  }
  return bits;
}

// Whether a term changes at or before a cut by what is behind it.
bool reads_forward(const Expression& term) {
  constexpr double kScale = 100;
  for (const bool with_ticks : {true, false}) {
    const Market2 whole = random_market(7, kScale, with_ticks);
    const std::vector<std::uint64_t> bits = bits_of(term, whole);
    for (std::size_t cut = 0; cut < bits.size(); cut += 1 + cut / 9) {
      const std::int64_t time = whole[0].time_ns[cut];
      for (const Market2& changed : {cut_after(whole, time), scramble_after(whole, time, kScale)}) {
        const std::vector<std::uint64_t> again = bits_of(term, changed);
        if (!std::equal(bits.begin(), bits.begin() + static_cast<long>(cut) + 1, again.begin())) {
          return true;
        }
      }
    }
  }
  return false;
}

ExpressionPtr term_of(const std::string& text, bool is_condition) {
  const std::string condition = is_condition ? text : text + " > 0";
  const Experiment experiment = read(with(kTwoSymbols, "close > fast", condition));
  const ExpressionPtr entry = experiment.strategy.entry_long;
  return is_condition || !entry ? entry : entry->arguments[0];
}

// A call of the function with arguments that its parameters allow.
std::string call_of(const Function& function) {
  std::string text(function.name);
  int given = 0;
  for (const Parameter& parameter : function.parameters) {
    text += given == 0 ? "(" : ", ";
    switch (parameter.kind) {
      case Argument::series:
        text += given == 0 ? "close" : "hl2";
        break;
      case Argument::condition:
        text += "close > open";
        break;
      case Argument::period:
        text += fmt::format("{}", 3 + given);
        break;
      case Argument::number:
        text += "1.5";
        break;
      case Argument::average:
        text += "'hma'";
        break;
      case Argument::text:
        text += function.form == Function::Form::symbol ? "'B'" : "'4h'";
        break;
      case Argument::any:
        text += "high - ema(close, 3)";
        break;
    }
    ++given;
  }
  return given == 0 ? text : text + ")";
}

TEST(LookAhead, NoFunctionKnowsALaterBar) {
  for (const Function& function : functions()) {
    const bool is_condition = function.result == "boolean";
    const std::string call = call_of(function);
    for (const char* form : {"{}", "at('4h', {})", "symbol('B', {})", "symbol('B', at('2h', {}))",
                             "at('1d', symbol('B', {}))", "({})[2]"}) {
      if (function.form == Function::Form::timeframe && std::string(form) != "{}") continue;
      const std::string text = fmt::format(fmt::runtime(form), call);
      const ExpressionPtr term = term_of(text, is_condition);
      ASSERT_TRUE(term) << text;
      EXPECT_FALSE(reads_forward(*term)) << text;
    }
  }
}

TEST(LookAhead, FunctionsOfFunctionsKnowNoLaterBar) {
  for (const char* text :
       {"sma(hlc3, 5)", "zscore(ema(close, 4), 6)",
        "valuewhen(crossover(close, sma(close, 5)), low)",
        "correlation(close, symbol('B', close), 8)", "stdev(at('1d', close), 3)",
        "at('4h', sma(volume, 2))[1]", "highest(barssince(rising(close, 2)), 4)"}) {
    EXPECT_FALSE(reads_forward(*term_of(text, false))) << text;
  }
}

TEST(LookAhead, APlantedFunctionThatKnowsTheNextBarIsFound) {
  Function planted = *find_function("sma");
  planted.numbers = [](const Call& call, std::span<double> out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = call.series[0][std::min(i + 1, out.size() - 1)];
    }
  };
  Expression term = *term_of("sma(close, 3)", false);
  EXPECT_FALSE(reads_forward(term));
  term.function = &planted;
  EXPECT_TRUE(reads_forward(term));
}

// The mistake that a backtest hides best: a longer bar that is read before it has closed.
TEST(LookAhead, APlantedLongerBarThatIsStillOpenIsFound) {
  Function planted = *find_function("hl2");
  planted.numbers = [](const Call& call, std::span<double> out) {
    const auto& times = call.bars->time_ns;
    for (std::size_t i = 0; i < out.size(); ++i) {
      std::size_t last = i;
      while (last + 1 < out.size() && times[last + 1] / (4 * kHourNs) == times[i] / (4 * kHourNs)) {
        ++last;
      }
      out[i] = call.bars->close[last];
    }
  };
  Expression term = *term_of("hl2", false);
  EXPECT_FALSE(reads_forward(term));
  term.function = &planted;
  EXPECT_TRUE(reads_forward(term));
}

}  // namespace
}  // namespace mendel::strategy

// The kernel against the plain loop: random strategies on random markets, all features on and off.
// A failure prints its seed; MENDEL_SEED=n runs that one alone.
#include "shared/kernel/kernel.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "shared/kernel/columns.hpp"
#include "shared/kernel/lanes.hpp"
#include "shared/kernel/ledger.hpp"
#include "shared/kernel/self_test.hpp"
#include "shared/kernel/tables.hpp"
#include "shared/kernel/words.hpp"
#include "shared/strategy/columns.hpp"
#include "tests/unit/kernel/random_market.hpp"

namespace mendel::kernel {
namespace {

using backtest::Engine;
using backtest::Outcome;
using market::Metric;

struct Case {
  std::string text;
  std::vector<market::Series> series;
  std::vector<strategy::Genome> genomes;
};

std::string dated(std::int64_t time_ns) { return format_date(time_ns); }

// Of every eighth case nothing but signals and levels opens and closes, no lot or cost is in the
// way, and many have the same levels: what the kernel has its fastest ways for.
bool is_bare(std::uint64_t seed) { return seed % 8 == 0; }

std::string bare_risk_of(Chance& chance, bool leverage) {
  std::string text = "[risk]\n";
  if (chance.one_in(3)) text += "trailing_stop = 0.02\n";
  if (chance.one_in(4)) text += chance.one_in(3) ? "stop_loss = \"stop\"\n" : "stop_loss = 0.01\n";
  if (chance.one_in(4)) text += "take_profit = 0.02\n";
  if (chance.one_in(6)) text += "trailing_stop_atr = 2.5\natr_period = 6\n";
  if (chance.one_in(3)) {
    text += fmt::format("size = {{ percent_of_equity = {} }}\n", leverage ? 150 : 50);
  } else if (chance.one_in(5)) {
    text += "size = { money = 3000 }\n";
  }
  return text + (leverage ? "[account]\nmax_leverage = 2\n" : "") +
         fmt::format("[costs]\nfee_bps = {}\nslippage_bps = {}\n", chance.below(3) * 10,
                     chance.below(2) * 5);
}

std::string risk_of(Chance& chance, bool leverage) {
  std::string text = "[risk]\n";
  const bool stops = chance.one_in(2);
  if (stops) text += "stop_loss = \"stop\"\n";
  if (chance.one_in(3)) text += "take_profit = 0.02\n";
  if (chance.one_in(3)) text += "max_holding_bars = 9\n";
  if (chance.one_in(4)) text += "cool_down_bars = \"a\"\n";
  if (chance.one_in(3)) text += "max_gap_bars = 3\n";
  if (chance.one_in(6)) text += "trailing_stop = 0.03\n";
  const bool atr_stops = chance.one_in(6);
  if (atr_stops) text += "stop_loss_atr = 2\natr_period = \"b\"\n";
  if (atr_stops && chance.one_in(2)) text += "take_profit_atr = 3\n";
  if (atr_stops && chance.one_in(2)) text += "trailing_stop_atr = 2.5\n";
  switch (chance.below(9)) {
    case 0:
      return text + (leverage ? "size = { percent_of_equity = 150 }\n"
                              : "size = { percent_of_equity = 50 }\n");
    case 1:
      return text + (chance.one_in(3) ? "size = { money = 0.1 }\n" : "size = { money = 3000 }\n");
    case 2:
      return text + (atr_stops ? "" : "stop_loss_atr = 3\n") + "size = { risk_percent = 2 }\n";
    case 3:
      return text + "size = { volatility_target = 30 }\nvolatility_days = \"a + 1\"\n";
    default:
      return text;
  }
}

std::string account_of(Chance& chance, bool leverage) {
  std::string text = "[account]\n";
  if (leverage) text += "max_leverage = 2\n";
  if (chance.one_in(5)) text += chance.one_in(2) ? "lot_step = 1\n" : "lot_step = 0.01\n";
  if (chance.one_in(8)) text += "min_notional = 100\n";
  text += fmt::format("[costs]\nfee_bps = {}\nslippage_bps = {}\n", chance.below(3) * 10,
                      chance.below(2) * 5);
  if (chance.one_in(4)) text += "borrow_bps_per_day = 15\n";
  if (chance.one_in(4))
    text += chance.one_in(2) ? "funding_bps_per_8h = 2\n" : "funding_bps_per_8h = -3\n";
  return text;
}

// The market of another symbol at the same times, or at some of them.
market::Series other_market(Chance& chance, const market::Series& first, market::Series other) {
  other.time_ns = first.time_ns;
  if (chance.one_in(2)) return other;
  const std::size_t late = chance.one_in(2) ? 0 : chance.below(5);
  market::Series some;
  some.symbol = other.symbol;
  some.price_scale = other.price_scale;
  for (std::size_t i = 0; i < other.time_ns.size(); ++i) {
    if (i < late || (i % 4 != 0 && chance.one_in(9))) continue;
    some.push({other.time_ns[i], other.open[i], other.high[i], other.low[i], other.close[i],
               other.volume[i]});
  }
  return some;
}

Case make_case(std::uint64_t seed) {
  Chance chance(seed);
  Case made;
  const bool daily = chance.one_in(2);
  const std::int64_t bar_ns = daily ? kNsPerDay : kNsPerDay / 24;
  const std::size_t bars = daily ? 2 + chance.below(1500) : 30 + chance.below(6000);
  const auto weather = static_cast<Weather>(chance.below(kWeathers));
  const std::size_t symbols = chance.one_in(5) ? 2 + chance.below(2) : 1;
  constexpr const char* kNames[] = {"X", "Y", "Z"};
  std::string names;
  for (std::size_t i = 0; i < symbols; ++i) {
    market::Series series = random_market(chance, kNames[i], bars, bar_ns, weather);
    if (i > 0) series = other_market(chance, made.series[0], std::move(series));
    made.series.push_back(std::move(series));
    names += fmt::format("{}\"{}\"", i == 0 ? "" : ", ", kNames[i]);
  }
  const std::vector<std::int64_t>& times = made.series[0].time_ns;
  const std::size_t from = chance.below(1 + bars / 3);
  const std::size_t middle = from + (bars - from) * 2 / 3;
  Speech speech(chance);
  const std::size_t sides = chance.below(6);  // 0: short, 1 and 2: both, else long
  made.text = fmt::format(
      "[data]\nsource = \"t\"\nsymbols = [{}]\ntimeframe = \"{}\"\nperiods_per_year = 365\n"
      "min_coverage = 0.01\nin_sample = [{}, {}]\n",
      names, daily ? "1d" : "1h", dated(times[from]), dated(times[middle] + kNsPerDay));
  if (chance.one_in(2)) {
    made.text += fmt::format("out_of_sample = [{}, {}]\n", dated(times[middle] + kNsPerDay),
                             dated(times.back() + kNsPerDay));
  }
  made.text += fmt::format("[strategy]\ndirection = \"{}\"\n", sides == 0  ? "short"
                                                               : sides < 3 ? "both"
                                                                           : "long");
  if (sides > 0) {
    made.text +=
        fmt::format("entry_long = \"{}\"\nexit_long = \"{} or a + b + level + stop < 0\"\n",
                    speech.condition(2), speech.condition(2));
  }
  if (sides < 3) {
    made.text +=
        fmt::format("entry_short = \"{}\"\nexit_short = \"{} or a + b + level + stop < 0\"\n",
                    speech.condition(1), speech.condition(1));
  }
  if (chance.one_in(12)) made.text += "fill = \"close\"\n";
  made.text +=
      "[genes]\na = { int = [1, 30] }\nb = { int = [1, 30] }\nlevel = { int = [0, 100] }\n"
      "stop = { real = [0, 0.05], step = 0.005 }\n";
  const bool leverage = chance.one_in(6);
  if (is_bare(seed)) {
    made.text += bare_risk_of(chance, leverage);
  } else {
    made.text += risk_of(chance, leverage);
    made.text += account_of(chance, leverage);
  }
  made.text += "[search]\npopulation = 4\ngenerations = 1\nobjectives = [\"sharpe_ratio max\"]\n";
  for (int i = 0; i < (is_bare(seed) ? 40 : 12); ++i) {
    made.genomes.push_back(
        {static_cast<double>(1 + chance.below(30)), static_cast<double>(1 + chance.below(30)),
         static_cast<double>(chance.below(101)), 0.005 * static_cast<double>(chance.below(11))});
  }
  made.genomes.push_back({});
  made.genomes.push_back(made.genomes.front());
  return made;
}

// Counts, NULLs and their reasons exactly; the rest to 1e-9.
void expect_same(const Outcome& fast, const Outcome& plain, const std::string& where) {
  ASSERT_EQ(fast.invalid, plain.invalid) << where;
  ASSERT_EQ(fast.windows.size(), plain.windows.size()) << where;
  for (std::size_t w = 0; w < plain.windows.size(); ++w) {
    EXPECT_EQ(fast.windows[w].window, plain.windows[w].window) << where;
    EXPECT_EQ(fast.windows[w].ruined, plain.windows[w].ruined) << where;
    EXPECT_EQ(fast.windows[w].days, plain.windows[w].days) << where;
    ASSERT_EQ(fast.windows[w].rows.size(), plain.windows[w].rows.size()) << where;
    for (std::size_t r = 0; r < plain.windows[w].rows.size(); ++r) {
      EXPECT_EQ(fast.windows[w].rows[r].symbol, plain.windows[w].rows[r].symbol);
      const market::Metrics& a = fast.windows[w].rows[r].metrics;
      const market::Metrics& b = plain.windows[w].rows[r].metrics;
      for (std::size_t m = 0; m < market::kMetricCount; ++m) {
        const std::string what =
            fmt::format("{} window {} row {} {}", where, w, r, market::kMetricNames[m]);
        ASSERT_EQ(a.reasons[m], b.reasons[m]) << what << " " << a.values[m] << " " << b.values[m];
        if (b.reasons[m] != market::Undefined::no) continue;
        const auto metric = static_cast<Metric>(m);
        const bool whole = metric == Metric::trade_count || metric == Metric::max_drawdown_bars;
        const double allowed = whole ? 0 : 1e-9 * std::max(1.0, std::fabs(b.values[m]));
        ASSERT_LE(std::fabs(a.values[m] - b.values[m]), allowed)
            << what << " " << a.values[m] << " " << b.values[m];
      }
    }
  }
}

// How much of what was compared took which way.
struct Ways {
  std::size_t cases = 0;  // that were none of the few that cannot run
  std::size_t traded = 0;
  std::size_t all = 0;  // genomes
  std::size_t plain = 0;
};

// Alone, in a workspace of its own and block by block, a genome has the bits it has in the batch.
void expect_same_bits(const Kernel& kernel, const Case& made, const std::vector<Outcome>& outcomes,
                      std::uint8_t windows, const std::string& where) {
  for (std::size_t i = 0; i < outcomes.size(); i += 5) {
    const auto workspace = kernel.make_workspace({std::size_t{1} << 28, 0});
    const std::vector<Outcome> alone =
        kernel.evaluate(std::span(made.genomes).subspan(i, 1), windows, *workspace);
    ASSERT_EQ(alone[0].windows.size(), outcomes[i].windows.size()) << where;
    for (std::size_t w = 0; w < alone[0].windows.size(); ++w) {
      const market::Metrics& a = alone[0].windows[w].rows[0].metrics;
      const market::Metrics& b = outcomes[i].windows[w].rows[0].metrics;
      ASSERT_EQ(0, std::memcmp(a.values.data(), b.values.data(), sizeof(a.values)))
          << where << "genome " << i;
    }
  }
}

// The signals of some genomes, at every bar of a symbol, also where nothing trades.
void expect_same_signals(const Engine& engine, const Case& made, std::size_t symbol, bool keeps_all,
                         const std::string& where) {
  constexpr std::size_t kGenomes = 6;
  const strategy::Experiment& experiment = engine.experiment();
  const market::SeriesView& series = engine.series()[symbol];
  const TickSums sums(series);
  Graph graph(experiment, sums.exact());
  Columns columns({experiment, engine.series(), symbol, sums}, graph, keeps_all);
  const strategy::StrategySettings& settings = experiment.strategy;
  const strategy::ExpressionPtr* terms[] = {&settings.entry_long, &settings.exit_long,
                                            &settings.entry_short, &settings.exit_short};
  struct Signal {
    NodeId id;
    std::vector<bool> plain;
  };
  std::vector<Signal> signals;
  std::vector<NodeId> ids;
  for (std::size_t i = 0; i < std::min(kGenomes, made.genomes.size()); ++i) {
    const strategy::Genome& genome = made.genomes[i];
    if (genome.empty() || !engine.refusal(genome, experiment.windows()).empty()) continue;
    strategy::Columns plain(experiment.genes, genome,
                            {engine.series(), experiment.data.timeframe.length_ns}, symbol);
    const StrategyNodes nodes = graph.add(genome);
    for (std::size_t k = 0; k < 4; ++k) {
      if (nodes.signals[k] == kNoNode) continue;
      const auto& truths = plain.of(**terms[k]).truths;
      Signal& signal = signals.emplace_back(Signal{nodes.signals[k], {}});
      for (std::size_t bar = 0; bar < series.size(); ++bar) {
        signal.plain.push_back(truths[bar] == strategy::Truth::yes);
      }
      ids.push_back(signal.id);
    }
  }
  columns.prepare(ids);
  for (std::size_t bar = 0; bar < series.size(); ++bar) {
    if (bar % kBlockBars == 0) columns.prepare_block(bar / kBlockBars);
    for (const Signal& signal : signals) {
      const std::uint64_t* words = columns.stream(signal.id).of_block(bar / kBlockBars);
      const std::size_t place = bar % kBlockBars;
      const bool is_on = (words[place / kWordBars] >> place % kWordBars & 1) != 0;
      ASSERT_EQ(is_on, signal.plain[bar]) << where << "symbol " << symbol << " bar " << bar;
    }
  }
}

void compare_case(const Case& made, std::uint64_t seed, Ways& ways) {
  const std::string where = fmt::format("seed {}\n{}", seed, made.text);
  Result<strategy::Experiment> experiment = strategy::read_experiment(made.text, "test.toml");
  if (!experiment) return;  // windows of one day and the like
  std::vector<market::SeriesView> views;
  for (const market::Series& series : made.series) views.push_back(series.view());
  Result<Engine> engine = Engine::prepare(*experiment, views);
  if (!engine) return;  // a warm-up longer than the window
  ++ways.cases;
  for (std::size_t symbol = 0; symbol < made.series.size(); ++symbol) {
    expect_same_signals(*engine, made, symbol, seed % 3 != 0, where);
    if (testing::Test::HasFatalFailure()) return;
  }
  const Kernel kernel(*engine);
  const auto workspace = kernel.make_workspace(
      {seed % 5 == 0 ? std::size_t{1} : Limits{}.kept_bytes_max, seed % 3 == 0 ? 0U : 1U << 16});
  const std::uint8_t windows = engine->experiment().windows();
  const std::vector<Outcome> outcomes = kernel.evaluate(made.genomes, windows, *workspace);
  ASSERT_EQ(outcomes.size(), made.genomes.size());
  ways.plain += Kernel::traded_plainly(*workspace);
  ways.all += made.genomes.size();
  expect_same_bits(kernel, made, outcomes, windows, where);
  if (testing::Test::HasFatalFailure()) return;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const Outcome plain = engine->evaluate(made.genomes[i], windows, false);
    expect_same(outcomes[i], plain, fmt::format("{}\ngenome {}", where, i));
    if (testing::Test::HasFatalFailure()) return;
    if (plain.windows.empty()) continue;
    const market::Metrics& metrics = plain.windows[0].rows[0].metrics;
    ways.traded += metrics.get(Metric::trade_count).value_or(0) > 0 ? 1 : 0;
  }
}

// Every loop of every instruction set gives the same bits, at every length and alignment.
TEST(Lanes, OfEveryInstructionSetGiveTheSameBits) {
  const Lanes* wide = avx2_lanes();
  if (wide == nullptr) GTEST_SKIP() << "this processor has no AVX2";
  const Lanes& plain = baseline_lanes();
  Chance chance(5);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<double> odd = {std::nan(""), kInfinity, -kInfinity, 1e300, 3.5e38, 3.4028235e38,
                                   5e-324,       1e-45,     -1e-46,     0.0,   -0.0};
  std::vector<double> a(700);
  std::vector<double> b(700);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = chance.one_in(10) ? chance.of(odd) : std::round(10 * chance.normal());
    b[i] = chance.one_in(10) ? chance.of(odd) : std::round(10 * chance.normal());
  }
  for (std::size_t count : {0U, 1U, 63U, 64U, 65U, 127U, 500U}) {
    for (int comparison = 0; comparison < 6; ++comparison) {
      std::vector<float> narrow[2] = {std::vector<float>(a.size()), std::vector<float>(a.size())};
      wide->narrow(a.data(), a.size(), narrow[0].data());
      wide->narrow(b.data(), b.size(), narrow[1].data());
      for (const Operand& right :
           {Operand{b.data() + 3, 0}, Operand{b.data() + 3, 0, narrow[1].data() + 3},
            Operand{nullptr, 2}, Operand{nullptr, 1e300}}) {
        std::vector<std::uint64_t> words[2] = {std::vector<std::uint64_t>(12, 7),
                                               std::vector<std::uint64_t>(12, 7)};
        const auto kind = static_cast<Comparison>(comparison);
        plain.compare(kind, {a.data() + 1, 0}, right, count, words[0].data());
        wide->compare(kind, {a.data() + 1, 0}, right, count, words[1].data());
        ASSERT_EQ(words[0], words[1]) << count << " " << comparison;
        const Operand rounded{a.data() + 1, 0, narrow[0].data() + 1};
        words[1].assign(12, 7);
        wide->compare(kind, rounded, right, count, words[1].data());
        ASSERT_EQ(words[0], words[1]) << count << " " << comparison;
      }
    }
    std::vector<std::uint64_t> above(12, 7);
    std::vector<std::uint64_t> equal(12, 7);
    plain.compare(Comparison::greater, {a.data(), 0}, {b.data(), 0}, count, above.data());
    plain.compare(Comparison::equal, {a.data(), 0}, {b.data(), 0}, count, equal.data());
    for (const Lanes* lanes : {&plain, wide}) {
      std::vector<float> narrow[2] = {std::vector<float>(a.size()), std::vector<float>(a.size())};
      wide->narrow(a.data(), a.size(), narrow[0].data());
      wide->narrow(b.data(), b.size(), narrow[1].data());
      std::vector<std::uint64_t> bits(12, 7);
      std::vector<std::uint64_t> ties(12, 7);
      lanes->greater({a.data(), 0, narrow[0].data()}, {b.data(), 0, narrow[1].data()}, count,
                     bits.data(), ties.data());
      EXPECT_EQ(bits, above) << lanes->name << " " << count;
      EXPECT_EQ(ties, equal) << lanes->name << " " << count;
    }
    std::vector<double> sums(701);
    for (std::size_t i = 0; i < 700; ++i) sums[i + 1] = sums[i] + static_cast<double>(i % 37);
    std::vector<double> means[2] = {std::vector<double>(700), std::vector<double>(700)};
    const TickMeans of{sums.data(), 7, 7 * 100.0};
    plain.tick_means(of, 6, count, means[0].data());
    wide->tick_means(of, 6, count, means[1].data());
    EXPECT_EQ(means[0], means[1]);
    std::vector<float> rounded[2] = {std::vector<float>(700), std::vector<float>(700)};
    wide->narrow(means[0].data(), count, rounded[0].data());
    wide->narrow_means(of, 6, count, rounded[1].data());
    EXPECT_EQ(rounded[0], rounded[1]);
  }
}

// Values that rise, fall, stand still for a while, and are more than a number can hold.
TEST(Lanes, RecurseAlike) {
  const Lanes* wide = avx2_lanes();
  if (wide == nullptr) GTEST_SKIP() << "this processor has no AVX2";
  Chance chance(12);
  std::vector<double> x(700);
  for (std::size_t i = 1; i < x.size(); ++i) {
    const double step = i % 100 < 30 ? 0 : std::round(10 * chance.normal());
    x[i] = i == 600 ? 1e308 : i == 601 ? -1e308 : x[i - 1] + step;
  }
  const auto outs_of = [&](const Lanes& lanes, auto member, std::size_t count, Recursions& of) {
    std::vector<std::vector<double>> outs(kLanes, std::vector<double>(x.size()));
    for (std::size_t lane = 0; lane + 1 < kLanes; ++lane) of.outs[lane] = outs[lane].data();
    (lanes.*member)(x.data() + 1, count, of);
    return outs;
  };
  const auto bits = [](std::span<const double> values) {
    std::vector<std::uint64_t> all;
    for (double value : values) all.push_back(std::bit_cast<std::uint64_t>(value));
    return all;
  };
  const auto same = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
  for (std::size_t count : {0U, 1U, 63U, 64U, 65U, 500U, 699U}) {
    for (const auto member : {&Lanes::exponential, &Lanes::strength}) {
      const bool averages = member == &Lanes::exponential;
      Recursions start;
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const double period = static_cast<double>(1 + 3 * lane);
        start.weights[lane] = averages ? 2.0 / (period + 1) : period;
        start.states[lane] = averages ? 100 + period : lane % 3 == 0 ? 0 : 2;
        start.losses[lane] = lane % 2 == 0 ? 0 : 3;
      }
      Recursions of[2] = {start, start};
      std::vector<float> narrow(x.size());
      of[1].narrow[1] = narrow.data();
      const auto plain = outs_of(baseline_lanes(), member, count, of[0]);
      const auto fast = outs_of(*wide, member, count, of[1]);
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        EXPECT_EQ(bits(plain[lane]), bits(fast[lane])) << count << " " << lane;
      }
      EXPECT_EQ(bits(of[0].states), bits(of[1].states)) << count;
      EXPECT_EQ(bits(of[0].losses), bits(of[1].losses)) << count;
      for (std::size_t i = 0; i < count; ++i) {
        const auto rounded = static_cast<float>(fast[1][i]);
        EXPECT_TRUE(same(narrow[i], rounded));
      }
      if (averages) continue;
      for (std::size_t lane = 0; lane + 1 < kLanes; ++lane) {
        double gain = start.states[lane];
        double loss = start.losses[lane];
        const double n = start.weights[lane];
        for (std::size_t i = 0; i < count; ++i) {
          gain = (gain * (n - 1) + std::max(0.0, x[i + 1] - x[i])) / n;
          loss = (loss * (n - 1) + std::max(0.0, x[i] - x[i + 1])) / n;
        }
        EXPECT_TRUE(same(gain, of[1].states[lane]));
        EXPECT_TRUE(same(loss, of[1].losses[lane]));
      }
    }
  }
}

// A product with the reciprocal stands for the division only where it gives the same bits: sums up
// to the largest, divisors on both sides of the limit, quotients beside halves of the last place.
TEST(Lanes, DivideSumsOfTicksToTheLastBit) {
  const Lanes* wide = avx2_lanes();
  if (wide == nullptr) GTEST_SKIP() << "this processor has no AVX2";
  Chance chance(9);
  constexpr std::size_t kSums = 4096;
  std::vector<double> sums(kSums + 1);
  std::vector<double> means(kSums);
  std::vector<float> rounded(kSums);
  const auto any = [&](int bits) {
    return std::floor(
        std::ldexp(0.5 + 0.5 * chance.unit(),
                   1 + static_cast<int>(chance.below(static_cast<std::size_t>(bits)))));
  };
  for (int round = 0; round < 400; ++round) {
    const double divisors[] = {any(13), 1e8 * any(13), 100 * any(13), any(53), 0.01 * any(20)};
    const double divisor = divisors[round % std::size(divisors)];
    for (std::size_t i = 0; i < kSums; i += 2) {
      const double product = std::round(any(53) / divisor * 4) * 0.25 * divisor;
      const double near = std::round(product) + static_cast<double>(chance.below(3)) - 1;
      sums[i + 1] = chance.one_in(2) && near < 9007199254740992.0 ? near : any(53);
    }
    const TickMeans of{sums.data(), 1, divisor};
    wide->tick_means(of, 0, kSums, means.data());
    wide->narrow_means(of, 0, kSums, rounded.data());
    for (std::size_t i = 0; i < kSums; ++i) {
      const double mean = (sums[i + 1] - sums[i]) / divisor;
      ASSERT_EQ(means[i], mean) << sums[i + 1] << " - " << sums[i] << " by " << divisor;
      ASSERT_EQ(rounded[i], static_cast<float>(mean));
    }
  }
}

TEST(Lanes, AddPowersOfReturnsAlike) {
  const Lanes* wide = avx2_lanes();
  if (wide == nullptr) GTEST_SKIP() << "this processor has no AVX2";
  Chance chance(8);
  std::vector<double> equity(102);
  for (double& each : equity) each = chance.one_in(9) ? 0 : 100 + chance.normal();
  for (std::size_t i = 0; i < 20; ++i) equity[i] = 7;
  for (std::size_t count : {0U, 1U, 4U, 7U, 19U, 101U}) {
    PowerLanes sums[2] = {};
    const bool moved[] = {
        baseline_lanes().add_powers(equity.data(), equity.data() + 1, count, sums[0]),
        wide->add_powers(equity.data(), equity.data() + 1, count, sums[1])};
    EXPECT_EQ(moved[0], moved[1]);
    EXPECT_EQ(moved[0], count > 19);
    EXPECT_EQ(sums[0], sums[1]);
    double squares = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double r = equity[i] > 0 ? equity[i + 1] / equity[i] - 1 : 0;
      squares += r * r;
    }
    EXPECT_NEAR(sums[0][1][0] + sums[0][1][1] + sums[0][1][2] + sums[0][1][3], squares, 1e-12);
  }
}

// Two columns that differ by less than a float can tell, and are equal now and then.
TEST(Lanes, RoundedColumnsDecideNothingTheyCannotTell) {
  const Lanes* wide = avx2_lanes();
  if (wide == nullptr) GTEST_SKIP() << "this processor has no AVX2";
  Chance chance(6);
  std::vector<double> sums(801);
  for (std::size_t i = 0; i < 800; ++i) sums[i + 1] = sums[i] + 1e9 + std::round(chance.normal());
  const TickMeans means{sums.data(), 8, 8.0};
  std::vector<double> values(800);
  std::vector<double> others(800);
  for (std::size_t i = 0; i < 800; ++i) {
    values[i] = i < 7 ? std::nan("") : (sums[i + 1] - sums[i - 7]) / 8;
    others[i] = chance.one_in(3) ? values[i] : 1e9 + 0.125 * std::round(chance.normal());
  }
  std::vector<float> narrow[2] = {std::vector<float>(800), std::vector<float>(800)};
  wide->narrow(values.data(), 800, narrow[0].data());
  wide->narrow(others.data(), 800, narrow[1].data());
  for (std::size_t begin : {0U, 64U}) {
    for (int comparison = 0; comparison < 6; ++comparison) {
      const auto kind = static_cast<Comparison>(comparison);
      const Operand right{others.data() + begin, 0, narrow[1].data() + begin};
      const Operand left{nullptr, 0, narrow[0].data() + begin, means, begin};
      std::vector<std::uint64_t> words[2] = {std::vector<std::uint64_t>(12),
                                             std::vector<std::uint64_t>(12)};
      baseline_lanes().compare(kind, {values.data() + begin, 0}, {others.data() + begin, 0}, 700,
                               words[0].data());
      wide->compare(kind, left, right, 700, words[1].data());
      EXPECT_EQ(words[0], words[1]) << comparison;
    }
  }
}

// As the plain rule says, bar by bar.
TEST(Lanes, CombineConditionsOfThreeValues) {
  Chance chance(10);
  constexpr std::size_t kWords = 37;
  std::vector<std::uint64_t> words[4] = {};
  for (std::size_t w = 0; w < kWords; ++w) {
    for (std::size_t i = 0; i < 4; i += 2) {
      const std::uint64_t drawn = chance.below(~std::size_t{0});
      const std::uint64_t known = chance.one_in(3) ? ~0ULL : chance.below(~std::size_t{0});
      words[i].push_back(drawn & known);
      words[i + 1].push_back(~drawn & known);
    }
  }
  const TruthWords a{words[0].data(), words[1].data()};
  const TruthWords b{words[2].data(), words[3].data()};
  for (const Lanes* lanes : {&baseline_lanes(), avx2_lanes()}) {
    if (lanes == nullptr) continue;
    for (const Combination combination : {Combination::both, Combination::either}) {
      std::vector<std::uint64_t> yes(kWords);
      std::vector<std::uint64_t> no(kWords);
      lanes->combine(combination, a, b, kWords, yes.data(), no.data());
      for (std::size_t w = 0; w < kWords; ++w) {
        const bool both = combination == Combination::both;
        EXPECT_EQ(yes[w], both ? a.yes[w] & b.yes[w] : a.yes[w] | b.yes[w]) << lanes->name;
        EXPECT_EQ(no[w], both ? a.no[w] | b.no[w] : a.no[w] & b.no[w]) << lanes->name;
      }
    }
  }
}

TEST(Lanes, FollowALatchBarByBar) {
  Chance chance(7);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::uint64_t> entry(kBlockWords);
    std::vector<std::uint64_t> exit(kBlockWords);
    const std::uint64_t rarity = 1 + static_cast<std::uint64_t>(round % 40);
    for (std::size_t bar = 0; bar < kBlockBars; ++bar) {
      entry[bar / 64] |= std::uint64_t{chance.one_in(rarity)} << (bar % 64);
      exit[bar / 64] |= std::uint64_t{chance.one_in(rarity)} << (bar % 64);
    }
    const bool held = round % 2 == 0;
    const std::size_t from = held ? 0 : chance.below(200);
    const std::size_t to = round % 3 == 0 ? kBlockBars : from + chance.below(kBlockBars - from);
    std::vector<std::uint32_t> expected;
    bool holds = held;
    for (std::size_t bar = from; bar < to; ++bar) {
      const bool leaves = (exit[bar / 64] >> (bar % 64) & 1) != 0;
      const bool enters = (entry[bar / 64] >> (bar % 64) & 1) != 0 && !leaves;
      if (holds ? !leaves : !enters) continue;
      holds = !holds;
      expected.push_back(static_cast<std::uint32_t>(bar));
    }
    for (const Lanes* lanes : {&baseline_lanes(), avx2_lanes()}) {
      if (lanes == nullptr) continue;
      Latch latch{entry.data(), exit.data(), from, to, held};
      std::vector<std::uint32_t> bars(kBlockBars + 8);
      bars.resize(lanes->follow(latch, bars.data()));
      ASSERT_EQ(bars, expected) << lanes->name << " " << round;
      ASSERT_EQ(latch.held, holds);
    }
  }
}

enum class Holds { nothing, a_long, a_short };

// Bar by bar, as the rules say: both entries, or entry and exit of a side, are no entry.
Holds next(Holds holds, bool to_long, bool from_long, bool to_short, bool from_short) {
  const bool enters_long = to_long && !from_long && !to_short;
  const bool enters_short = to_short && !from_short && !to_long;
  if (enters_long) return Holds::a_long;
  if (enters_short) return Holds::a_short;
  const bool leaves = holds == Holds::a_long ? from_long : from_short;
  return leaves ? Holds::nothing : holds;
}

TEST(Lanes, FollowBothSidesBarByBar) {
  Chance chance(9);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::uint64_t> signals[4];
    const std::size_t rarity = 1 + static_cast<std::size_t>(round % 40);
    for (std::vector<std::uint64_t>& words : signals) {
      words.resize(kBlockWords);
      if (chance.one_in(4)) continue;
      for (std::size_t bar = 0; bar < kBlockBars; ++bar) {
        words[bar / 64] |= std::uint64_t{chance.one_in(rarity)} << (bar % 64);
      }
    }
    const auto before = static_cast<Holds>(round % 3);
    const std::size_t from = before != Holds::nothing ? 0 : chance.below(200);
    const std::size_t to = round % 4 == 0 ? kBlockBars : from + chance.below(kBlockBars - from);
    std::vector<std::pair<std::size_t, Holds>> expected;
    Holds holds = before;
    for (std::size_t bar = from; bar < to; ++bar) {
      const auto has = [&](std::size_t i) { return (signals[i][bar / 64] >> (bar % 64) & 1) != 0; };
      const Holds behind = next(holds, has(0), has(1), has(2), has(3));
      if (behind != holds) expected.push_back({bar, behind});
      holds = behind;
    }
    for (const Lanes* lanes : {&baseline_lanes(), avx2_lanes()}) {
      if (lanes == nullptr) continue;
      SideLatches latches{signals[0].data(),
                          signals[1].data(),
                          signals[2].data(),
                          signals[3].data(),
                          from,
                          to,
                          before == Holds::a_long,
                          before == Holds::a_short};
      std::vector<std::uint32_t> bars(kBlockBars + 8);
      std::array<std::uint64_t, kBlockWords> longs, shorts;
      bars.resize(lanes->follow_sides(latches, bars.data(), longs.data(), shorts.data()));
      std::vector<std::pair<std::size_t, Holds>> found;
      for (std::uint32_t bar : bars) {
        const bool is_long = (longs[bar / 64] >> (bar % 64) & 1) != 0;
        const bool is_short = (shorts[bar / 64] >> (bar % 64) & 1) != 0;
        found.push_back({bar, is_long    ? Holds::a_long
                              : is_short ? Holds::a_short
                                         : Holds::nothing});
      }
      ASSERT_EQ(found, expected) << lanes->name << " " << round;
      ASSERT_EQ(latches.holds_long, holds == Holds::a_long);
      ASSERT_EQ(latches.holds_short, holds == Holds::a_short);
    }
  }
}

// One block of positions on either side, some of them without a bar.
Stretches random_stretches(Chance& chance, const Tables& tables, bool shorts) {
  Stretches out;
  std::size_t bar = 1 + chance.below(30);
  const std::size_t end = tables.span().end - 1;
  while (bar + 40 < end) {
    Stretch& stretch = out.all[out.count++];
    stretch = {};
    stretch.begin = static_cast<std::uint32_t>(bar);
    stretch.end = static_cast<std::uint32_t>(bar + (chance.one_in(9) ? 0 : chance.below(40)));
    stretch.opens = stretch.closes = true;
    stretch.is_short = shorts && chance.one_in(2);
    stretch.entry = tables.row(stretch.begin).open;
    stretch.exit = tables.row(stretch.end).open;
    bar = stretch.end + (chance.one_in(2) ? 0 : chance.below(9));
  }
  return out;
}

struct Booked {
  Ledger ledger;
  std::vector<double> numbers;  // of the moves and of what was held
};

Booked book(const Lanes& lanes, const LedgerBlock& block, bool compounds) {
  Booked booked;
  Moves moves;
  HeldStretches held;
  booked.ledger.account.holding.cash = booked.ledger.returns.mark = 10000;
  const auto trade = compounds ? lanes.trade_compounding : lanes.trade_shares;
  booked.numbers.push_back(trade(block, booked.ledger, moves, held.data()) ? 1 : 0);
  const std::size_t first = compounds ? 0 : 1;
  for (std::size_t i = 0; i < moves.count; ++i) booked.numbers.push_back(moves.after[first + i]);
  for (std::size_t i = 0; compounds && i < moves.count; ++i) {
    booked.numbers.push_back(moves.before[i]);
  }
  for (std::size_t i = 0; i < block.count; ++i) {
    const HeldStretch& one = held[i];
    for (double number : {one.holding.cash, one.holding.quantity, one.equities.most,
                          one.equities.least, one.cash}) {
      booked.numbers.push_back(number);
    }
  }
  return booked;
}

TEST(Lanes, BookTradesAlike) {
  const Lanes* wide = avx2_lanes();
  if (wide == nullptr) GTEST_SKIP() << "this processor has no AVX2";
  Chance chance(10);
  for (int round = 0; round < 60; ++round) {
    const std::int64_t bar_ns = round % 2 == 0 ? kNsPerDay : kNsPerDay / 24;
    const market::Series series = random_market(chance, "X", 2000, bar_ns, Weather::fine);
    const Tables tables(series.view(), {0, 1, 2000}, {});
    const bool compounds = round % 3 == 0;
    const Stretches stretches = random_stretches(chance, tables, !compounds);
    LedgerBlock block{stretches.all.data(),
                      stretches.count,
                      &tables.row(0),
                      &tables.day(0),
                      tables.ranges().of_block(0),
                      series.close.data(),
                      0,
                      0,
                      2000,
                      1,
                      1e-3,
                      tables.day_closes(),
                      round % 5 == 0 ? 3000.0 : 1e300,
                      0.7,
                      {tables.reaches().lowest(), tables.reaches().highest()}};
    const Booked narrow = book(baseline_lanes(), block, compounds);
    const Booked broad = book(*wide, block, compounds);
    ASSERT_EQ(narrow.numbers, broad.numbers) << round;
    EXPECT_EQ(narrow.ledger.totals.gains, broad.ledger.totals.gains);
    EXPECT_EQ(narrow.ledger.totals.losses, broad.ledger.totals.losses);
    EXPECT_EQ(narrow.ledger.totals.returns, broad.ledger.totals.returns);
    EXPECT_EQ(narrow.ledger.totals.traded, broad.ledger.totals.traded);
    EXPECT_EQ(narrow.ledger.totals.equity_sum, broad.ledger.totals.equity_sum);
    EXPECT_EQ(narrow.ledger.returns.powers, broad.ledger.returns.powers);
  }
}

TEST(SelfTest, TheDigestIsTheFrozenOne) { EXPECT_EQ(self_test_digest().hex(), kSelfTestDigest); }

// However many populations of other columns come, numbers where conditions were and the reverse.
TEST(Kernel, KeepsNoMoreMemoryThanItsLimit) {
  constexpr std::size_t kBars = 4000;
  constexpr std::size_t kLimit = 8 << 20;
  Chance chance(12);
  const market::Series series = random_market(chance, "X", kBars, kNsPerDay, Weather::ticks);
  auto experiment = strategy::read_experiment(
      fmt::format("[data]\nsource = \"t\"\nsymbols = [\"X\"]\ntimeframe = \"1d\"\n"
                  "periods_per_year = 365\nmin_coverage = 0.01\nin_sample = [{}, {}]\n"
                  "[strategy]\ndirection = \"long\"\n"
                  "entry_long = \"rsi(close, a) < b and cci(a) > b and rsi(open, c) > b\"\n"
                  "exit_long = \"rsi(high, c) > b\"\n"
                  "[genes]\na = {{ int = [2, 60] }}\nb = {{ int = [20, 80] }}\n"
                  "c = {{ int = [2, 60] }}\n[search]\npopulation = 10\ngenerations = 1\n"
                  "objectives = [\"sharpe_ratio max\"]\n",
                  dated(series.time_ns[1000]), dated(series.time_ns.back())),
      "test.toml");
  ASSERT_TRUE(experiment) << experiment.error().message;
  auto engine = Engine::prepare(*experiment, {series.view()});
  ASSERT_TRUE(engine) << engine.error().message;
  const Kernel kernel(*engine);
  const auto workspace = kernel.make_workspace({kLimit, 1 << 16});
  const auto in_use = [] {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  const std::size_t before = in_use();
  for (int population = 0; population < 60; ++population) {
    std::vector<strategy::Genome> genomes(50);
    for (strategy::Genome& genome : genomes) {
      for (const strategy::Gene& gene : engine->experiment().genes) {
        genome.push_back(gene.least + static_cast<double>(chance.below(gene.levels())));
      }
    }
    kernel.evaluate(genomes, 2, *workspace);
  }
  // Beside the columns there is what a batch needs to trade in.
  EXPECT_LT(in_use() - before, kLimit + kLimit / 4);
}

// Where prices stand still, averages and strengths come so near to each other that rounded ones are
// equal: in every block, before and behind the bars that a recursion begins with.
TEST(Kernel, AgreesWhereRoundedRecursionsCannotTell) {
  Chance chance(14);
  Case made;
  market::Series& series = made.series.emplace_back();
  series.symbol = "X";
  double price = 100;
  for (std::int64_t i = 0; i < 27000; ++i) {
    if (i % 150 == 0) price += 0.01 * (static_cast<double>(chance.below(5)) - 2);
    const double close = i % 150 > 120 ? price + 0.01 * static_cast<double>(i % 3) : price;
    series.push(
        {i * kNsPerDay / 24, price, std::max(price, close), std::min(price, close), close, 1});
  }
  series.price_scale = market::find_price_scale(series);
  for (const char* signals :
       {"entry_long = \"close > ema(close, a)\"\nexit_long = \"ema(close, a) > ema(close, b)\"\n",
        "entry_long = \"rsi(close, a) >= rsi(close, b)\"\nexit_long = \"close <= ema(close, b)\"\n",
        "entry_long = \"ema(close, a) != close\"\nexit_long = \"rsi(close, a) <= rsi(close, "
        "b)\"\n"}) {
    made.text = fmt::format(
        "[data]\nsource = \"t\"\nsymbols = [\"X\"]\ntimeframe = \"1h\"\n"
        "periods_per_year = 365\nin_sample = [1972-08-25, 1973-01-30]\n[strategy]\n{}"
        "[genes]\na = {{ int = [1, 9] }}\nb = {{ int = [1, 2300] }}\n"
        "[search]\npopulation = 4\ngenerations = 1\nobjectives = [\"sharpe_ratio max\"]\n",
        signals);
    made.genomes.clear();
    for (int i = 0; i < 40; ++i) {
      made.genomes.push_back({static_cast<double>(1 + chance.below(9)),
                              static_cast<double>(1 + chance.below(i % 4 == 0 ? 2300 : 12))});
    }
    Ways ways;
    compare_case(made, 1, ways);
    ASSERT_EQ(ways.cases, 1U) << made.text;
    EXPECT_GT(ways.traded, 20U) << made.text;
  }
}

TEST(Kernel, AgreesWithThePlainLoopOnRandomStrategiesAndMarkets) {
  Ways ways;
  std::uint64_t first = 1;
  std::uint64_t last = 400;
  if (const char* one = std::getenv("MENDEL_SEED")) first = last = std::strtoull(one, nullptr, 10);
  if (const char* many = std::getenv("MENDEL_SEEDS")) last = std::strtoull(many, nullptr, 10);
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    compare_case(make_case(seed), seed, ways);
    if (HasFatalFailure()) return;
  }
  RecordProperty("plain", static_cast<int>(ways.plain));
  if (first == last) return;
  EXPECT_GT(ways.cases, (last - first) * 2 / 3);
  EXPECT_GT(ways.traded, (last - first) * 5);
  EXPECT_GT(ways.all - ways.plain, (last - first) * 5);
  EXPECT_GT(ways.plain, (last - first) / 2);
}

}  // namespace
}  // namespace mendel::kernel

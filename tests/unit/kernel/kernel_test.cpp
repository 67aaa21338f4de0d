// The kernel against the plain loop: random strategies on random markets, all features on and off.
// A failure prints its seed; MENDEL_SEED=n runs that one alone.
#include "shared/kernel/kernel.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "shared/kernel/columns.hpp"
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

bool same_bits(std::span<const double> a, std::span<const double> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

void expect_same_to_the_bit(const Outcome& fast, const Outcome& plain, const std::string& where) {
  ASSERT_EQ(fast.invalid, plain.invalid) << where;
  ASSERT_EQ(fast.windows.size(), plain.windows.size()) << where;
  for (std::size_t w = 0; w < plain.windows.size(); ++w) {
    const backtest::WindowOutcome& a = fast.windows[w];
    const backtest::WindowOutcome& b = plain.windows[w];
    EXPECT_EQ(a.window, b.window) << where;
    EXPECT_EQ(a.ruined, b.ruined) << where;
    EXPECT_EQ(a.days, b.days) << where;
    ASSERT_TRUE(same_bits(a.daily_returns, b.daily_returns)) << where << " window " << w;
    ASSERT_EQ(a.rows.size(), b.rows.size()) << where;
    for (std::size_t r = 0; r < b.rows.size(); ++r) {
      EXPECT_EQ(a.rows[r].symbol, b.rows[r].symbol) << where;
      EXPECT_EQ(a.rows[r].metrics.reasons, b.rows[r].metrics.reasons) << where;
      ASSERT_TRUE(same_bits(a.rows[r].metrics.values, b.rows[r].metrics.values))
          << where << " window " << w << " row " << r;
    }
  }
}

// How much of what was compared took which way.
struct Ways {
  std::size_t cases = 0;  // that were none of the few that cannot run
  std::size_t traded = 0;
  std::size_t days = 0;  // returns
  std::size_t all = 0;   // genomes
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
  const std::vector<Outcome> daily = kernel.evaluate_daily(made.genomes, windows, *workspace);
  ASSERT_EQ(daily.size(), made.genomes.size());
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const Outcome plain = engine->evaluate_daily(made.genomes[i], windows);
    expect_same(outcomes[i], plain, fmt::format("{}\ngenome {}", where, i));
    expect_same_to_the_bit(daily[i], plain, fmt::format("{}\ngenome {}", where, i));
    if (testing::Test::HasFatalFailure()) return;
    if (plain.windows.empty()) continue;
    ways.days += plain.windows[0].daily_returns.size();
    const market::Metrics& metrics = plain.windows[0].rows[0].metrics;
    ways.traded += metrics.get(Metric::trade_count).value_or(0) > 0 ? 1 : 0;
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
  market::find_ticks(series);
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

// Of a comparison that enters only where it is true is kept, of one that leaves where it is false:
// a later population of the same workspace may ask for what the first had no use for. The last
// genome compares the same both ways, at ties too.
TEST(Kernel, ComputesWhatOnlyALaterPopulationReads) {
  Chance chance(15);
  market::Series series = random_market(chance, "X", 5000, kNsPerDay / 24, Weather::ticks);
  ASSERT_EQ(series.tick_bars, series.close.size());  // means are kept in a way of their own
  const std::int64_t from = series.time_ns[500];
  const std::string text = fmt::format(
      "[data]\nsource = \"t\"\nsymbols = [\"X\"]\ntimeframe = \"1h\"\nperiods_per_year = 365\n"
      "min_coverage = 0.01\nin_sample = [{}, {}]\n[strategy]\ndirection = \"both\"\n"
      "entry_long = \"sma(close, a) > sma(close, b)\"\n"
      "exit_long = \"sma(close, c) <= sma(close, d)\"\n"
      "entry_short = \"sma(close, c) < sma(close, b)\"\n"
      "exit_short = \"not (sma(close, a) < sma(close, d))\"\n"
      "[genes]\na = {{ int = [1, 9] }}\nb = {{ int = [1, 40] }}\nc = {{ int = [1, 9] }}\n"
      "d = {{ int = [1, 40] }}\n"
      "[search]\npopulation = 4\ngenerations = 1\nobjectives = [\"sharpe_ratio max\"]\n",
      dated(from), dated(series.time_ns.back()));
  Result<strategy::Experiment> experiment = strategy::read_experiment(text, "test.toml");
  ASSERT_TRUE(experiment) << experiment.error().message;
  Result<Engine> engine = Engine::prepare(*experiment, {series.view()});
  ASSERT_TRUE(engine) << engine.error().message;
  const Kernel kernel(*engine);
  for (const std::size_t kept_bars : {std::size_t{0}, std::size_t{1} << 16}) {
    const auto workspace = kernel.make_workspace({std::size_t{1} << 28, kept_bars});
    for (const strategy::Genome& genome : {strategy::Genome{3, 20, 5, 30},
                                           {5, 30, 3, 20},
                                           {5, 20, 3, 30},
                                           {3, 30, 5, 20},
                                           {1, 2, 1, 2}}) {
      const Outcome plain = engine->evaluate(genome, 2, false);
      expect_same(kernel.evaluate(std::span(&genome, 1), 2, *workspace)[0], plain, text);
      EXPECT_GT(plain.windows[0].rows[0].metrics.get(Metric::trade_count).value_or(0), 20);
    }
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
  EXPECT_GT(ways.days, (last - first) * 1000);
  EXPECT_GT(ways.all - ways.plain, (last - first) * 5);
  EXPECT_GT(ways.plain, (last - first) / 2);
}

}  // namespace
}  // namespace mendel::kernel

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "shared/base/time.hpp"
#include "tests/unit/strategy/samples.hpp"

namespace mendel::strategy {
namespace {

const std::string kFull = R"toml(name = "both sides"
[data]
source = "coinbase"
symbols = ["BTC-USD", "ETH-USD"]
timeframe = "60m"
in_sample = [2021-01-01, 2023-01-01]
out_of_sample = [2023-01-01T12:00:00Z, 2024-01-01]
periods_per_year = 365
[account]
equity = 25_000.5
[strategy]
direction = "both"
let.f = "ema(close, fast)"
let.s = "ema(close, slow)"
entry_long = "crossover(f, s) and rsi(close, 14) < ceiling"
exit_long = "crossunder(f, s)"
entry_short = "crossunder(f, s) and (mode == 'eager' or volume > sma(volume, hold))"
exit_short = "crossover(f, s)"
constraints = ["fast < slow"]
[genes]
slow = { int = [20, 200] }
fast = { int = [5, 50] }
ceiling = { real = [50, 90], step = 5 }
stop = { real = [0.01, 0.10] }
hold = { choice = [10, 20, 40] }
mode = { choice = ["eager", "calm"] }
[risk]
size = { money = "hold * 100" }
stop_loss = "stop"
take_profit = "stop * 2"
max_holding_bars = "hold"
cool_down_bars = 3
max_gap_bars = 5
[costs]
fee_bps = 10
slippage_bps = 0.5
borrow_bps_per_day = 1
funding_bps_per_8h = -1
[search]
population = 64
generations = 10
islands = { count = 4, migration_every = 3 }
seed = 9223372036854775807
elites = 1
tournament = 5
crossover_rate = 0.7
mutation_rate = 0.05
objectives = ["sharpe_ratio max", "max_drawdown min"]
limits = ["trade_count >= 30", "total_return > -0.5"]
pick = "weighted:2,1"
report_best = 3
)toml";

TEST(Experiment, ReadsEverySetting) {
  const Experiment e = read(kFull);
  EXPECT_EQ(e.name, "both sides");
  EXPECT_EQ(e.data.symbols, (std::vector<std::string>{"BTC-USD", "ETH-USD"}));
  EXPECT_EQ(e.data.timeframe.name, "1h");
  EXPECT_EQ(format_time(e.data.out_of_sample->from_ns), "2023-01-01T12:00:00Z");
  EXPECT_EQ(e.equity, 25000.5);
  EXPECT_EQ(e.strategy.direction, Direction::both);
  EXPECT_EQ(e.genes.front().name, "ceiling");
  EXPECT_EQ(e.risk.max_gap_bars, 5);
  EXPECT_EQ(e.costs.funding_bps_per_8h, -1);
  EXPECT_EQ(e.search.islands, 4);
  EXPECT_EQ(e.search.seed, 9223372036854775807u);
  EXPECT_EQ(e.search.objectives[1].metric, market::Metric::max_drawdown);
  EXPECT_FALSE(e.search.objectives[1].maximise);
  EXPECT_EQ(e.search.limits[1].comparison, ">");
  EXPECT_EQ(e.search.limits[1].bound, -0.5);
  EXPECT_EQ(e.look_back, 2001);
  EXPECT_EQ(e.windows(), 0b110);
}

TEST(Experiment, RiskFollowsTheGenes) {
  const Experiment e = read(kFull);
  // ceiling, fast, hold (second choice: 20), mode, slow, stop
  const RiskValues risk = risk_values(e, {50, 5, 1, 0, 20, 0.04});
  EXPECT_EQ(risk.size, 2000);
  EXPECT_EQ(risk.stop_loss, 0.04);
  EXPECT_EQ(risk.take_profit, 0.08);
  EXPECT_EQ(risk.max_holding_bars, 20);
  EXPECT_EQ(risk.cool_down_bars, 3);
}

TEST(Experiment, HasTheDocumentedDefaults) {
  const Experiment e = read(kSample);
  EXPECT_EQ(e.name, "test");
  EXPECT_FALSE(e.data.out_of_sample);
  EXPECT_FALSE(e.data.periods_per_year);
  EXPECT_EQ(e.windows(), 0b010);
  EXPECT_EQ(risk_values(e, {5}).size, 100);
  EXPECT_EQ(risk_values(e, {5}).stop_loss, 0);
  EXPECT_EQ(e.search.objectives.size(), 1u);
  EXPECT_EQ(e.search.pick, "first");
}

TEST(Experiment, CanonicalTextReadsAsItself) {
  const std::vector<std::string> texts = {
      kSample,
      kFull,
      with_entry("not (close > 1 and -close[fast - 2] < 2 - (3 - 4)) or min(open, 1e-9) == 1"),
      with(kSample, "symbols = [\"A\"]", "symbols = [\"A\", \"é^X\"]"),
      with(kSample, "[2020-01-01, 2021", "[2020-01-01T00:00:00.000000001Z, 2021"),
      with(kSample, "[2, 20]", "[2, 21], step = 4"),
      "name = \"tab\\\"\\\\ quote\"\n" + kSample};
  for (const std::string& text : texts) {
    const Experiment once = read(text);
    const Result<Experiment> twice = read_experiment(once.canonical_text, "other.toml");
    ASSERT_TRUE(twice) << twice.error().message << "\n" << once.canonical_text;
    EXPECT_EQ(twice->canonical_text, once.canonical_text);
    EXPECT_EQ(twice->digest, once.digest);
    EXPECT_EQ(twice->semantics_digest, once.semantics_digest);
    EXPECT_EQ(twice->nameless_digest, once.nameless_digest);
    EXPECT_EQ(twice->look_back, once.look_back);
  }
}

TEST(Experiment, SpellingDoesNotChangeTheDigest) {
  const std::string spelled =
      with(with(kSample, "close > fast", "(close  >fast)"), "\"1d\"", "\"24h\"");
  EXPECT_EQ(read(spelled).digest, read(kSample).digest);
}

TEST(Experiment, SearchAndNameDoNotChangeWhatAScoreDependsOn) {
  const Experiment base = read(kSample);
  const Experiment renamed = read("name = \"x\"\n" + kSample);
  const Experiment reseeded = read(kSample, {{"search.seed", "7"}});
  const Experiment costly = read(kSample, {{"costs.fee_bps", "1"}});
  const Experiment longer = read(kSample, {{"data.in_sample", "[2020-01-01, 2022-01-01]"}});
  EXPECT_EQ(renamed.semantics_digest, base.semantics_digest);
  EXPECT_EQ(renamed.nameless_digest, base.nameless_digest);
  EXPECT_NE(renamed.digest, base.digest);
  EXPECT_EQ(reseeded.semantics_digest, base.semantics_digest);
  EXPECT_NE(reseeded.nameless_digest, base.nameless_digest);
  EXPECT_NE(costly.semantics_digest, base.semantics_digest);
  EXPECT_NE(longer.semantics_digest, base.semantics_digest);
}

TEST(Experiment, ANullSpellsItsShuffleAndHasNoHoldout) {
  const Experiment whole = read(kSample);
  const Experiment null = read(kSample, {{"data.shuffle", "3"}});
  EXPECT_EQ(null.data.shuffle, 3);
  EXPECT_NE(null.digest, whole.digest);
  EXPECT_NE(null.nameless_digest, whole.nameless_digest);
  EXPECT_EQ(read(null.canonical_text).digest, null.digest);
  // Not shuffled is not spelled: digests are older than the setting.
  EXPECT_EQ(read(kSample, {{"data.shuffle", "0"}}).digest, whole.digest);
  EXPECT_EQ(whole.canonical_text.find("shuffle"), std::string::npos);
  EXPECT_NE(error_of(kFull, {{"data.shuffle", "3"}}).find("without 'out_of_sample'"),
            std::string::npos);
}

TEST(Experiment, EntriesOfAChoiceAreWhatAScoreDependsOn) {
  const std::string up = with(kSample, "{ int = [2, 20] }", "{ choice = [2, 20] }");
  const std::string down = with(kSample, "{ int = [2, 20] }", "{ choice = [20, 2] }");
  EXPECT_NE(read(up).semantics_digest, read(down).semantics_digest);
}

TEST(Experiment, KeysDifferByGenomeWindowsAndDataset) {
  const Experiment e = read(kSample);
  const Digest one = evaluation_key({}, e, {5}, 2);
  EXPECT_EQ(one, evaluation_key({}, e, {5}, 2));
  EXPECT_NE(one, evaluation_key({}, e, {6}, 2));
  EXPECT_NE(one, evaluation_key({}, e, {5}, 4));
  EXPECT_NE(one, evaluation_key({}, e, {}, 2));
  EXPECT_NE(one, evaluation_key(sha256("x"), e, {5}, 2));
}

TEST(Experiment, KeysOfManyGenomesAreThoseOfEach) {
  const Experiment e = read(kSample);
  EvaluationKeys keys(sha256("x"), e, 2);
  for (const Genome& genome : {Genome{5}, Genome{}, Genome{6}})
    EXPECT_EQ(keys.of(genome), evaluation_key(sha256("x"), e, genome, 2));
}

TEST(Overrides, ReplaceAndAddBeforeAnythingIsChecked) {
  const Experiment e = read(kSample, {{"search.population", "64"},
                                      {"data.symbols", "[\"B\"]"},
                                      {"strategy.entry_long", "close > 7"},
                                      {"risk.size.percent_of_equity", "50"},
                                      {"data.timeframe", "4h"},
                                      {"name", "\"quoted\""}});
  EXPECT_EQ(e.search.population, 64);
  EXPECT_EQ(e.data.symbols.front(), "B");
  EXPECT_EQ(e.data.timeframe.name, "4h");
  EXPECT_EQ(e.name, "quoted");
  EXPECT_EQ(risk_values(e, {5}).size, 50);
}

TEST(Overrides, ErrorsNameTheOverride) {
  EXPECT_EQ(error_of(kSample, {{"search.population", "1"}}),
            "override search.population: 'population' is 1; it must be from 2 to 1000000");
  EXPECT_EQ(error_of(kSample, {{"search.popultion", "64"}}),
            "override search.popultion: unknown key 'popultion' in [search]; did you mean "
            "'population'?");
  EXPECT_EQ(error_of(kSample, {{"population", "3"}}),
            "override population: unknown key 'population'; did you mean 'search.population'?");
  EXPECT_EQ(error_of(kSample, {{"strategy.entry_long", "close > fest"}}),
            "override strategy.entry_long: character 9: unknown name 'fest'; did you mean 'fast'?");
  EXPECT_EQ(error_of(kSample, {{"strategy.entry_long", "\"close > fest\""}}),
            "override strategy.entry_long: character 9: unknown name 'fest'; did you mean 'fast'?");
  EXPECT_EQ(error_of(kSample, {{"data.source.x", "1"}}),
            "override data.source.x: 'source' is text, not a table");
  EXPECT_EQ(error_of(kSample, {{"", "1"}}),
            "override : a dotted key is wanted, as in search.population");
}

TEST(Overrides, ErrorsUseTheNameThatPeopleTyped) {
  EXPECT_EQ(error_of(kSample, {{"search.population", "1", "--population"}}),
            "--population: 'population' is 1; it must be from 2 to 1000000");
  EXPECT_EQ(error_of(kSample, {{"data.symbols", "[\"a b\"]", "--symbol"}}),
            "--symbol: a symbol has 1 to 64 bytes, no spaces, quotes or backslashes");
  EXPECT_EQ(error_of(kSample, {{"strategy.entry_long", "close > fest", "--set entry_long"}}),
            "--set entry_long: character 9: unknown name 'fest'; did you mean 'fast'?");
}

TEST(Overrides, WhatTheFileLacksIsSaidOfTheFile) {
  EXPECT_EQ(error_of("[strategy]\n", {{"data.symbols", "[\"A\"]", "--symbol"}}),
            "test.toml:1:1: [data] needs 'source'");
}

TEST(Overrides, WhatTheyReplaceInDataIsCheckedNevertheless) {
  const Overrides overrides = {{"data.symbols", "[\"B\"]"}, {"data.timeframe", "\"1h\""}};
  EXPECT_THAT(error_of(with(kSample, "[\"A\"]", "[1]"), overrides),
              testing::HasSubstr("test.toml:3:12: 'symbols' holds a whole number"));
  EXPECT_THAT(error_of(with(kSample, "\"1d\"", "\"1x\""), overrides),
              testing::HasSubstr("test.toml:4:13: '1x' is no timeframe"));
  EXPECT_EQ(read(with(kSample, "[\"A\"]", "[]"), overrides).data.symbols.front(), "B");
}

struct Wrong {
  std::string from, to, message;
};

TEST(Experiment, ErrorsSayWhereAndWhat) {
  const std::vector<Wrong> cases = {
      {"source = \"test\"", "sorce = \"test\"",
       "2:9: unknown key 'sorce' in [data]; did you mean 'source'?"},
      {"source = \"test\"\n", "", "1:1: [data] needs 'source'"},
      {"[genes]", "[gens]", "11:1: unknown section 'gens'; did you mean 'genes'?"},
      {"\"1d\"", "\"1x\"", "4:13: "},
      {"\"1d\"", "1", "4:13: 'timeframe' must be a text in quotes, not a whole number"},
      {"[\"A\"]", "[]", "3:11: 'symbols' names no symbol"},
      {"[\"A\"]", "[\"A\", \"A\"]", "3:17: symbol 'A' is listed twice"},
      {"[\"A\"]", "[\"portfolio\"]",
       "3:12: no symbol may be called 'portfolio': results use that name"},
      {"2021-01-01]", "2019-01-01]",
       "5:13: 'in_sample' ends before it begins: it runs from the first date to before the second"},
      {"2021-01-01]", "\"soon\"]",
       "5:26: 'soon' is no date or time in UTC (2021-01-31 or 2021-01-31T12:00:00Z)"},
      {"2021-01-01]", "9999-01-01]",
       "5:26: '9999-01-01' is out of reach: times lie in the years 1678 to 2261"},
      {"2020-01-01,", "1600-01-01T00:00:00Z,",
       "5:14: '1600-01-01T00:00:00Z' is out of reach: times lie in the years 1678 to 2261"},
      {"2021-01-01]", "2021-01-01]\nout_of_sample = [2020-06-01, 2022-01-01]",
       "6:17: 'out_of_sample' overlaps 'in_sample': what was searched cannot judge"},
      {"entry_long = \"close > fast\"\n", "", "7:1: [strategy] needs 'entry_long'"},
      {"exit_long = \"close < fast\"\n", "",
       "7:1: nothing ends a position: add 'exit_long' to [strategy], or stop_loss, trailing_stop, "
       "take_profit or max_holding_bars to [risk]"},
      {"exit_long", "direction = \"longs\"\nexit_long",
       "9:13: 'direction' is 'longs'; did you mean 'long'?"},
      {"exit_long", "entry_short = \"close > 1\"\nexit_long",
       "9:15: 'entry_short' has no effect with direction = \"long\"; remove it, or set direction = "
       "\"both\""},
      {"exit_long", "constraints = [\"fast < close\"]\nexit_long",
       "9:17: a constraint compares genes and numbers; it cannot read bars"},
      {"[2, 20]", "[20, 2]", "12:8: gene 'fast': the range [20, 2] is reversed"},
      {"[2, 20]", "[2, 20.5]", "12:8: gene 'fast': int needs whole numbers; write real for others"},
      {"int = [2, 20]", "int = [2, 20], real = [1, 2]",
       "12:8: gene 'fast': needs exactly one of int, real, choice and bool"},
      {"int = [2, 20]", "choice = []",
       "12:8: gene 'fast': choice lists 1 to 1000 numbers or texts"},
      {"int = [2, 20]", "choice = [1, 1.0]", "12:8: gene 'fast': 1 is listed twice"},
      {"{ int = [2, 20] }", "{ int = [2, 20] }\nslow = { int = [1, 2] }",
       "13:8: gene 'slow' is never used by a signal or by [risk]; use it or remove it"},
      {"fast = {", "close = { int = [1, 2] }\nfast = {",
       "12:9: gene 'close': the language has a column of this name; choose another"},
      {"fast = {", "atr = { int = [1, 2] }\nfast = {",
       "12:7: gene 'atr': the language has a function of this name; choose another"},
      {"fast = {", "not = { int = [1, 2] }\nfast = {",
       "12:7: gene 'not': the language has a word of this name; choose another"},
      {"fast = {", "\"a b\" = { int = [1, 2] }\nfast = {",
       "12:9: gene 'a b': a name has letters, digits and _ only, at most 40"},
      {"exit_long", "let.calm = \"sma(close, fast)\"\nexit_long",
       "9:12: let name 'calm' is never used; use it or remove it"},
      {"exit_long", "let.high = \"close\"\nexit_long",
       "9:12: 'high' cannot be a let name: the language has a column of this name"},
  };
  for (const Wrong& wrong : cases) {
    EXPECT_THAT(error_of(with(kSample, wrong.from, wrong.to)),
                testing::StartsWith("test.toml:" + wrong.message));
  }
}

std::string search_error(const std::string& setting) {
  return error_of(kSample + "[search]\n" + setting + "\n");
}

TEST(Experiment, ChecksTheSearch) {
  EXPECT_EQ(search_error("population = 1"),
            "test.toml:14:14: 'population' is 1; it must be from 2 to 1000000");
  EXPECT_EQ(search_error("generations = 0"),
            "test.toml:14:15: 'generations' is 0; it must be from 1 to 100000");
  EXPECT_EQ(search_error("seed = -1"),
            "test.toml:14:8: 'seed' is -1; it must be from 0 to 9223372036854775807");
  EXPECT_EQ(search_error("population = 2.5"),
            "test.toml:14:14: 'population' must be a whole number, not 2.5");
  EXPECT_EQ(search_error("population = 10\nelites = 10"),
            "test.toml:15:10: 'elites' is 10; it must be from 0 to 9");
  EXPECT_EQ(search_error("objectives = [\"sharp_ratio max\"]"),
            "test.toml:14:16: unknown metric 'sharp_ratio'; did you mean 'sharpe_ratio'?");
  EXPECT_EQ(search_error("objectives = [\"sharp max\"]"),
            "test.toml:14:16: unknown metric 'sharp'; did you mean 'sharpe_ratio'?");
  EXPECT_EQ(search_error("objectives = [\"cagr up\"]"),
            "test.toml:14:16: an objective is a metric and max or min: \"sharpe_ratio max\"");
  EXPECT_EQ(search_error("objectives = [\"cagr max\", \"cagr min\"]"),
            "test.toml:14:28: 'cagr' is an objective twice");
  EXPECT_EQ(search_error("limits = [\"trade_count = 3\"]"),
            "test.toml:14:24: unexpected character '='; compare with '=='");
  EXPECT_EQ(
      search_error("limits = [\"trade_count == 3\"]"),
      "test.toml:14:12: a limit is a metric, one of >= > <= <, and a number: \"trade_count >= "
      "30\"");
  EXPECT_THAT(search_error("pick = \"best\""), testing::HasSubstr("14:8: 'pick' must be"));
  EXPECT_THAT(search_error("pick = \"weighted:0\""), testing::HasSubstr("one of them above 0"));
  EXPECT_THAT(search_error("pick = \"weighted:1,2\""), testing::HasSubstr("14:8: 'pick' must be"));
  EXPECT_EQ(search_error("islands = { cout = 4 }"),
            "test.toml:14:20: unknown key 'cout' in [search.islands]; did you mean 'count'?");
}

TEST(Experiment, ASmallPopulationNeedsNoOtherSetting) {
  const Experiment e = read(kSample + "[search]\npopulation = 2\n");
  EXPECT_EQ(e.search.elites, 1);
  EXPECT_EQ(e.search.tournament, 2);
}

std::string risk_error(const std::string& setting) {
  return error_of(kSample + "[risk]\n" + setting + "\n");
}

TEST(Experiment, ChecksTheRiskForEveryGenome) {
  EXPECT_EQ(risk_error("stop_loss = 1.5"),
            "test.toml:14:13: 'stop_loss' is 1.5; it must be at least 0 and at most 1");
  EXPECT_EQ(
      risk_error("stop_loss = \"fast / 10\""),
      "test.toml:14:14: 'stop_loss' can be from 0.2 to 2; it must be at least 0 and at most 1");
  EXPECT_EQ(
      risk_error("take_profit = \"1 / (fast - 2)\""),
      "test.toml:14:16: 'take_profit' may be undefined: it must be finite, and no divisor may "
      "become 0");
  EXPECT_EQ(risk_error("take_profit = \"close\""),
            "test.toml:14:16: 'take_profit' must be a number or an expression over genes");
  EXPECT_EQ(
      risk_error("max_holding_bars = 1.5"),
      "test.toml:14:20: 'max_holding_bars' must be a whole number for all values of its genes");
  EXPECT_THAT(risk_error("size = { percent_of_equity = 0 }"), testing::HasSubstr("above 0"));
  EXPECT_THAT(risk_error("size = 100"), testing::HasSubstr("{ percent_of_equity = 100 }"));
  EXPECT_THAT(risk_error("size = { percent = 1 }"), testing::HasSubstr("unknown key 'percent'"));
}

TEST(Experiment, AnExitIsNotNeededWhereSomethingElseEndsAPosition) {
  const std::string none = with(kSample, "exit_long = \"close < fast\"\n", "");
  EXPECT_FALSE(read(none + "[risk]\nstop_loss = 0.1\n").strategy.exit_long);
  EXPECT_THAT(error_of(none + "[risk]\nstop_loss = 0\n"),
              testing::HasSubstr("nothing ends a position"));
}

}  // namespace
}  // namespace mendel::strategy

// [account], [risk], [costs] and fill: what is read, what is refused, what digests depend on.
#include <gtest/gtest.h>

#include "tests/unit/strategy/samples.hpp"

namespace mendel::strategy {
namespace {

std::string with_risk(const std::string& lines) { return kSample + "[risk]\n" + lines; }

TEST(Risk, EveryLevelMayBeAGene) {
  const Experiment e = read(with(with_risk("trailing_stop = \"fast / 100\"\nstop_loss_atr = 2\n"
                                           "take_profit_atr = \"fast\"\ntrailing_stop_atr = 3\n"
                                           "atr_period = \"fast\"\n"),
                                 "close > fast", "close > 1"));
  const RiskValues risk = risk_values(e, {10});
  EXPECT_EQ(risk.trailing_stop, 0.1);
  EXPECT_EQ(risk.stop_loss_atr, 2);
  EXPECT_EQ(risk.take_profit_atr, 10);
  EXPECT_EQ(risk.trailing_stop_atr, 3);
  EXPECT_EQ(risk.atr_period, 10);
  EXPECT_TRUE(risk.uses_atr());
}

TEST(Risk, TheAtrHasFourteenBarsUnlessSaid) {
  const Experiment e = read(with_risk("stop_loss_atr = 2\n"));
  EXPECT_EQ(risk_values(e, {5}).atr_period, 14);
  EXPECT_NE(e.canonical_text.find("atr_period = 14\n"), std::string::npos);
}

TEST(Risk, TheAtrIsPartOfTheWarmUp) {
  EXPECT_EQ(read(with_risk("stop_loss_atr = 2\n")).look_back, 141);
  const Experiment genes = read(with_risk("stop_loss_atr = 2\natr_period = \"fast\"\n"));
  EXPECT_EQ(genes.look_back, 201);  // its upper bound
}

TEST(Risk, TheVolatilityIsPartOfTheWarmUp) {
  const std::string daily = with_risk("size = { volatility_target = 20 }\nvolatility_days = 10\n");
  EXPECT_EQ(read(daily).look_back, 12);
  EXPECT_EQ(read(with(daily, "\"1d\"", "\"1h\"")).look_back, 12 * 24);
}

TEST(Risk, SignalsCarryTheColumnsThatLevelsAndSizesRead) {
  const market::Series series = market_of(std::vector<double>(20, 5));
  const Signals none = run_signals(read(kSample), {5}, series.view());
  EXPECT_TRUE(none.atr.empty());
  EXPECT_TRUE(none.daily_volatility.empty());
  const std::string text = with_risk(
      "size = { volatility_target = 20 }\nvolatility_days = 5\nstop_loss_atr = 2\natr_period = "
      "3\n");
  const Signals both = run_signals(read(text), {5}, series.view());
  EXPECT_EQ(both.atr.size(), 20u);
  EXPECT_EQ(both.atr[3], 0);
  EXPECT_EQ(both.daily_volatility[5], 0);
}

TEST(Risk, EverySizeIsRead) {
  const auto size = [](const std::string& text) { return read(with_risk(text)).risk.size; };
  EXPECT_EQ(size("size = { percent_of_equity = 50 }"), Size::percent_of_equity);
  EXPECT_EQ(size("size = { money = 50 }"), Size::money);
  EXPECT_EQ(size("size = { risk_percent = 1 }\nstop_loss = 0.1"), Size::risk_percent);
  EXPECT_EQ(size("size = { volatility_target = 20 }"), Size::volatility_target);
}

TEST(Risk, ARiskPercentNeedsAStopForEveryGenome) {
  EXPECT_NE(error_of(with_risk("size = { risk_percent = 1 }\n")).find("needs a stop"),
            std::string::npos);
  EXPECT_NE(error_of(with_risk("size = { risk_percent = 1 }\nstop_loss = \"(fast - 2) / 100\"\n"))
                .find("needs a stop"),
            std::string::npos);
  read(with_risk("size = { risk_percent = 1 }\nstop_loss = \"fast / 100\"\n"));
  read(with_risk("size = { risk_percent = 1 }\ntrailing_stop_atr = 3\n"));
}

TEST(Risk, AShareAboveTheLeverageIsRefused) {
  const std::string text = with_risk("size = { percent_of_equity = 150 }\n");
  EXPECT_NE(error_of(text).find("at most 100"), std::string::npos);
  read("account.max_leverage = 2\n" + text);
  EXPECT_NE(error_of("account.max_leverage = 1.25\n" + text).find("at most 125"),
            std::string::npos);
}

TEST(Risk, SettingsThatNothingReadsAreRefused) {
  EXPECT_NE(error_of(with_risk("atr_period = 10\n")).find("has no effect"), std::string::npos);
  EXPECT_NE(error_of(with_risk("volatility_days = 10\n")).find("has no effect"), std::string::npos);
}

TEST(Risk, AKeyInTheWrongSectionNamesItsOwn) {
  EXPECT_NE(error_of(with_risk("max_leverage = 2\n")).find("it belongs to [account]"),
            std::string::npos);
  EXPECT_NE(error_of(with_risk("fill = \"close\"\n")).find("it belongs to [strategy]"),
            std::string::npos);
}

TEST(Risk, ATrailingStopEndsAPosition) {
  const std::string text = with(kSample, "exit_long = \"close < fast\"\n", "");
  EXPECT_NE(error_of(text).find("trailing_stop"), std::string::npos);
  read(text + "[risk]\ntrailing_stop = 0.1\n");
  read(text + "[risk]\ntrailing_stop_atr = 3\n");
}

TEST(Risk, TheFillIsTheNextOpenUnlessSaid) {
  EXPECT_EQ(read(kSample).strategy.fill, Fill::next_open);
  EXPECT_EQ(read(kSample, {{"strategy.fill", "\"close\""}}).strategy.fill, Fill::close);
  EXPECT_NE(error_of(kSample, {{"strategy.fill", "\"closed\""}}).find("close"), std::string::npos);
}

TEST(Risk, SettingsAtTheirDefaultsKeepTheDigests) {
  const Experiment plain = read(kSample);
  const Experiment spelled = read(kSample, {{"account.max_leverage", "1"},
                                            {"account.lot_step", "0"},
                                            {"account.min_notional", "0"},
                                            {"strategy.fill", "\"next_open\""},
                                            {"risk.trailing_stop", "0"},
                                            {"risk.stop_loss_atr", "0"},
                                            {"risk.take_profit_atr", "0"},
                                            {"risk.trailing_stop_atr", "0"}});
  EXPECT_EQ(spelled.canonical_text, plain.canonical_text);
}

TEST(Risk, EverySettingIsWhatAScoreDependsOn) {
  const std::string text = with_risk("size = { volatility_target = 20 }\nstop_loss_atr = 2\n");
  const Experiment base = read(text);
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"account.max_leverage", "2"},   {"account.lot_step", "0.5"},
      {"account.min_notional", "10"},  {"strategy.fill", "\"close\""},
      {"risk.volatility_days", "21"},  {"risk.trailing_stop", "0.1"},
      {"risk.stop_loss_atr", "3"},     {"risk.take_profit_atr", "3"},
      {"risk.trailing_stop_atr", "3"}, {"risk.atr_period", "15"}};
  for (const auto& [key, value] : changes) {
    const Experiment other = read(text, {{key, value}});
    EXPECT_NE(other.semantics_digest, base.semantics_digest) << key;
    EXPECT_EQ(read(other.canonical_text).canonical_text, other.canonical_text) << key;
  }
}

}  // namespace
}  // namespace mendel::strategy

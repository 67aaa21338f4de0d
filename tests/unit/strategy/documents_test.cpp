// What users read is what the reader reads: the template, the demo, and docs/language.md.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "shared/config/value.hpp"
#include "shared/strategy/language.hpp"
#include "shared/strategy/result_value.hpp"
#include "tests/unit/strategy/samples.hpp"

namespace mendel::strategy {
namespace {

std::string file_text(const std::string& path) {
  const Result<std::string> text =
      config::read_text_file(std::string(MENDEL_SOURCE_DIR) + "/" + path);
  EXPECT_TRUE(text) << path;
  return text ? *text : "";
}

TEST(Documents, MetricsAreOneObjectWithReasonsForWhatIsUndefined) {
  market::Metrics metrics;
  for (std::size_t i = 0; i < market::kMetricCount; ++i) {
    metrics.set(static_cast<market::Metric>(i), 2);
  }
  EXPECT_EQ(metrics_value(metrics).find("undefined"), nullptr);
  EXPECT_TRUE(metrics_value(metrics).find("trade_count")->is_integer());
  EXPECT_FALSE(metrics_value(metrics).find("cagr")->is_integer());
  metrics.undefine(market::Metric::profit_factor, market::Undefined::no_losing_trade);
  const config::Value value = metrics_value(metrics);
  EXPECT_TRUE(value.find("profit_factor")->is_null());
  EXPECT_EQ(value.find_path("undefined.profit_factor")->as_text(), "no_losing_trade");
}

TEST(Documents, TheTemplateIsReadable) {
  const Experiment e = read(file_text("topology/template/experiment.toml"));
  EXPECT_EQ(e.name, "my_experiment");
  EXPECT_EQ(e.genes.size(), 5u);
}

TEST(Documents, TheTemplatesExamplesAreReadable) {
  std::string text = file_text("topology/template/experiment.toml");
  for (const std::string key : {"trend", "squeeze", "average", "session"}) {
    text = with(text, "# let." + key, "let." + key);
  }
  text = with(text, "[genes]", "[genes]\nkind = { choice = [\"ema\", \"hma\"] }");
  text = with(text, "rsi(close, 14) < ceiling",
              "rsi(close, 14) < ceiling and trend and squeeze and session and close > average");
  read(text);
}

TEST(Documents, TheTemplateShowsDefaultsThatAreTheDefaults) {
  std::string text = file_text("topology/template/experiment.toml");
  const std::string plain = read(text).canonical_text;
  std::istringstream keys(
      "min_coverage max_leverage lot_step min_notional fill take_profit trailing_stop "
      "stop_loss_atr take_profit_atr trailing_stop_atr cool_down_bars max_gap_bars "
      "borrow_bps_per_day funding_bps_per_8h islands elites tournament crossover_rate "
      "mutation_rate crossover mutation method stagnation evaluations_max pick report_best");
  for (std::string key; keys >> key;) {
    text = with(text, "# " + key + " =", key + " =");
  }
  EXPECT_EQ(read(text).canonical_text, plain);
}

TEST(Documents, TheDemoIsReadable) {
  const Experiment e = read(file_text("topology/demo/experiment.toml"));
  EXPECT_EQ(e.data.symbols, (std::vector<std::string>{"SP500"}));
  // The carried bars begin in 2000: 2,012 of them come before 2008.
  EXPECT_LE(e.look_back, 2012);
}

// The blocks of a page between ```<kind> and ```.
std::vector<std::string> blocks(const std::string& page, const std::string& kind) {
  std::vector<std::string> found;
  const std::string open = "```" + kind + "\n";
  for (std::size_t at = page.find(open); at != std::string::npos; at = page.find(open, at)) {
    at += open.size();
    found.push_back(page.substr(at, page.find("```", at) - at));
  }
  return found;
}

TEST(Documents, ACardTellsEverythingAboutAFunction) {
  const Result<std::string> card = card_of("linreg_slope");
  ASSERT_TRUE(card);
  for (const char* part : {"linreg_slope(x, n)\n", "\n  gives     number: slope per bar",
                           "\n  n         a whole number, over genes, at least 2\n",
                           "\n  edges     exactly 0 when", "\n  look-back n - 1\n"}) {
    EXPECT_NE(card->find(part), std::string::npos) << *card;
  }
  EXPECT_EQ(card_of("smaa").error().message,
            "'smaa' is no function of the language ('mendel language' lists all); did you mean "
            "'sma'?");
  for (const auto& [name, kind] : {std::pair{"close", "a column of the bars"},
                                   {"and", "an operator"},
                                   {"sharpe_ratio", "a metric"}}) {
    EXPECT_EQ(card_of(name).error().message,
              fmt::format("'{}' is {}, not a function; docs/language.md explains it", name, kind));
  }
}

// `mendel language --markdown` prints what belongs there.
TEST(Documents, TheLanguagePageListsEveryFunctionAsTheTableHasIt) {
  const std::string page = file_text("docs/language.md");
  EXPECT_NE(page.find(language_markdown()), std::string::npos) << language_markdown();
}

TEST(Documents, TheExperimentsOfTheLanguagePageAreReadable) {
  const std::vector<std::string> experiments = blocks(file_text("docs/language.md"), "toml");
  ASSERT_FALSE(experiments.empty());
  for (const std::string& text : experiments) read(text);
}

// An experiment with the genes that the page's conditions read, all of them used.
std::string scene(const std::string& condition) {
  const std::string genes =
      "[risk]\nstop_loss = \"level / 10\"\nmax_holding_bars = \"slow\"\n[genes]\n"
      "slow = { int = [10, 50] }\nlevel = { real = [0.5, 2] }\n"
      "kind = { choice = [\"trend\", \"range\"] }\n";
  return with(with(with_entry(condition), "[genes]\n", genes), "close < fast",
              "close < fast or kind == 'trend'");
}

TEST(Documents, TheConditionsOfTheLanguagePageAreReadable) {
  int count = 0;
  for (const std::string& block : blocks(file_text("docs/language.md"), "mendel")) {
    for (std::size_t at = 0; at < block.size();) {
      const std::size_t end = std::min(block.find('\n', at), block.size());
      const std::string condition = block.substr(at, end - at);
      at = end + 1;
      ++count;
      read(scene(condition));
    }
  }
  EXPECT_GT(count, 5);
}

}  // namespace
}  // namespace mendel::strategy

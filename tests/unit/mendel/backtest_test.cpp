// `mendel backtest`: a file, bars in CSV, one document.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "shared/base/time.hpp"
#include "shared/config/value.hpp"
#include "topology/mendel/backtest_table.hpp"
#include "topology/mendel/bar_files.hpp"
#include "topology/mendel/command.hpp"

namespace mendel::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

// Long while the close is above `level`.
constexpr const char* kExperiment = R"toml(
[data]
source = "csv"
symbols = ["THEIRS"]
timeframe = "1h"
in_sample = [2023-01-02, 2023-01-06]
out_of_sample = [2023-01-06, 2023-01-09]
periods_per_year = 365
[account]
equity = 1000
[strategy]
direction = "long"
entry_long = "close > level"
exit_long = "close <= level"
[genes]
level = { int = [1, 100] }
)toml";

class BacktestCommandTest : public testing::Test {
 protected:
  BacktestCommandTest() {
    std::string pattern = testing::TempDir() + "mendel_backtest_XXXXXX";
    folder_ = mkdtemp(pattern.data());
    experiment_ = write("trend.toml", kExperiment);
    // In sample 20 20 10 10, out of sample 20 40 40; daily from January 1st.
    bars_ = write("bars.csv",
                  "date,open,high,low,close,volume\n"
                  "2023-01-01,10,10,10,10,1\n"
                  "2023-01-02,20,20,20,20,1\n"
                  "2023-01-03,20,20,20,20,1\n"
                  "2023-01-04,10,10,10,10,1\n"
                  "2023-01-05,10,10,10,10,1\n"
                  "2023-01-06,20,20,20,20,1\n"
                  "2023-01-07,40,40,40,40,1\n"
                  "2023-01-08,40,40,40,40,1");
  }
  ~BacktestCommandTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  // What the command prints, or its error.
  std::string run(std::vector<std::string> words) {
    const Command command = backtest_command();
    Result<config::Arguments> arguments = config::parse_arguments(command.spec, words);
    if (!arguments) return arguments.error().message;
    testing::internal::CaptureStdout();
    const Result<int> code = command.run(*arguments);
    std::string printed = testing::internal::GetCapturedStdout();
    return code ? printed : code.error().message;
  }

  std::vector<std::string> words(const std::vector<std::string>& more = {}) {
    std::vector<std::string> all = {experiment_,   "--csv", bars_,   "--symbol", "X",
                                    "--timeframe", "1d",    "--set", "level=15"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  std::string folder_;
  std::string experiment_;
  std::string bars_;
};

TEST_F(BacktestCommandTest, PrintsADocumentWithTheShapeOfBest) {
  const auto document = config::parse_json(run(words({"--json", "--trades"})), "output");
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(document->find_path("genes.level")->as_integer(), 15);
  // Bought on the 3rd at 20, sold on the 5th at 10.
  EXPECT_EQ(document->find_path("in_sample.total_return")->as_number(), -0.5);
  EXPECT_EQ(document->find_path("in_sample.trade_count")->as_integer(), 1);
  EXPECT_EQ(document->find_path("in_sample.profit_factor")->as_number(), 0);
  const config::Value& trade = document->find_path("in_sample.trades")->items().at(0);
  EXPECT_EQ(config::to_json(trade),
            R"({"symbol":"X","side":"long","entry_time":"2023-01-03T00:00:00Z","entry_price":20.0,)"
            R"("exit_time":"2023-01-05T00:00:00Z","exit_price":10.0,"quantity":50.0,)"
            R"("profit":-500.0,"reason":"signal"})");
  // Bought on the 7th at 40, closed at the end.
  EXPECT_EQ(document->find_path("out_of_sample.trades")->items().size(), 1u);
  EXPECT_TRUE(document->find_path("out_of_sample.profit_factor")->is_null());
  EXPECT_EQ(document->find_path("out_of_sample.undefined.profit_factor")->as_text(),
            "no_losing_trade");
  EXPECT_NE(document->find_path("buy_and_hold.out_of_sample.total_return"), nullptr);
}

TEST_F(BacktestCommandTest, HasNoOutOfSampleWhenTheFileHasNone) {
  std::string text = kExperiment;
  const std::string line = "out_of_sample = [2023-01-06, 2023-01-09]\n";
  text.erase(text.find(line), line.size());
  experiment_ = write("short.toml", text);
  const auto document = config::parse_json(run(words({"--json"})), "output");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->find("out_of_sample"), nullptr);
  EXPECT_EQ(document->find_path("in_sample.trades"), nullptr);
}

TEST_F(BacktestCommandTest, PrintsATableBesideBuyAndHold) {
  const std::string text = run(words({"--trades"}));
  EXPECT_THAT(text, HasSubstr("genes: level=15"));
  EXPECT_THAT(text, HasSubstr("buy-and-hold"));
  EXPECT_THAT(text, HasSubstr("-50.00 %"));
  EXPECT_THAT(text, HasSubstr("no_losing_trade"));
  EXPECT_THAT(text, HasSubstr("trades in_sample"));
}

TEST_F(BacktestCommandTest, ShowsTheCandidateAtNoneOnceAndTwiceItsCosts) {
  experiment_ = write("costly.toml", std::string(kExperiment) + "[costs]\nfee_bps = 2500\n");
  const auto document = config::parse_json(run(words({"--json"})), "output");
  ASSERT_TRUE(document) << document.error().message;
  const auto profit = [&](const std::string& factor) {
    return document->find_path("costs." + factor + ".out_of_sample.total_return")->as_number();
  };
  EXPECT_EQ(profit("0x"), 0);
  EXPECT_DOUBLE_EQ(profit("1x"), -0.4);  // 1000 / 40 / 1.25 pieces, sold at 40 less a quarter
  EXPECT_NEAR(profit("2x"), 0.5 / 1.5 - 1, 1e-15);
  EXPECT_EQ(profit("1x"), document->find_path("out_of_sample.total_return")->as_number());
  const std::string text = run(words());
  EXPECT_THAT(text, HasSubstr("out_of_sample 0x  out_of_sample 1x  out_of_sample 2x"));
  EXPECT_THAT(text, HasSubstr("-40.00 %"));
}

TEST_F(BacktestCommandTest, AnOptimisticFillIsNoted) {
  std::string text = kExperiment;
  text.replace(text.find("direction"), 0, "fill = \"close\"\n");
  experiment_ = write("close.toml", text);
  EXPECT_THAT(run(words()), HasSubstr("optimistic: fill = \"close\""));
}

TEST_F(BacktestCommandTest, TakesSeveralSymbols) {
  const auto document = config::parse_json(
      run(words({"--csv", bars_, "--symbol", "Y", "--json", "--trades"})), "output");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->find_path("in_sample.trade_count")->as_integer(), 2);
  EXPECT_NE(document->find_path("in_sample.symbols.Y.total_return"), nullptr);
}

TEST_F(BacktestCommandTest, AFileWithoutAGoodBarSaysItsRefusals) {
  bars_ = write("bad.csv", "date,open,high,low,close\nx,1,1,1,1\n2023-01-02,1,0.5,1,1\n");
  const std::string error = run(words());
  EXPECT_THAT(error, HasSubstr("bad.csv: none of its 2 rows is a good bar"));
  EXPECT_THAT(error, HasSubstr("1 unreadable_time, 1 high_below_low"));
  EXPECT_THAT(error, HasSubstr("bad.csv:2: date: unreadable_time (x)"));
}

TEST_F(BacktestCommandTest, ComparesTheSymbolWithTheFilesColumn) {
  const auto file_of = [&](const std::string& symbol) {
    std::string text = "date,symbol,open,high,low,close\n";
    for (int day = 1; day < 9; ++day) {
      text += "2023-01-0" + std::to_string(day) + "," + symbol + ",20,20,20,20\n";
    }
    return write(symbol + ".csv", text);
  };
  const std::string note = "make sure that they are the same";
  bars_ = file_of("X");
  EXPECT_THAT(run(words()), Not(HasSubstr(note)));
  bars_ = file_of("ETHUSD");
  EXPECT_THAT(run(words()),
              HasSubstr("X: the symbol column of " + bars_ + " says ETHUSD; " + note));
  const std::string other = file_of("X");
  const std::vector<std::string> both = {experiment_, "--csv",       bars_,      "--csv",   other,
                                         "--symbol",  "X",           "--symbol", "eth/usd", "--set",
                                         "level=15",  "--timeframe", "1d"};
  EXPECT_THAT(run(both), HasSubstr("its symbol column says ETHUSD, and it is given for X; give "
                                   "the --csv in the order of the symbols"));
}

TEST_F(BacktestCommandTest, SaysWhatIsWrongInOneLine) {
  EXPECT_THAT(run({experiment_, "--csv", bars_, "--symbol", "X", "--timeframe", "1d"}),
              HasSubstr("no value for gene 'level' (a whole number from 1 to 100); add, for "
                        "example, --set level=50"));
  EXPECT_THAT(run({experiment_, "--csv", bars_, "--symbol", "a b", "--set", "level=15"}),
              HasSubstr("--symbol: a symbol has 1 to 64 bytes"));
  EXPECT_THAT(run({experiment_, "--csv", bars_, "--timeframe", "1x", "--set", "level=15"}),
              HasSubstr("--timeframe: '1x' is no timeframe"));
  EXPECT_THAT(run({experiment_, "--symbol", "X", "--set", "level=15"}), HasSubstr("--csv"));
  EXPECT_THAT(run({folder_ + "/none.toml"}), HasSubstr("none.toml"));
  EXPECT_THAT(run(words({"--stamp", "middle"})), HasSubstr("--stamp"));
  bars_ = write("empty.csv", "");
  EXPECT_THAT(run(words()), HasSubstr("empty.csv"));
  bars_ = write("early.csv", "date,open,high,low,close\n2020-01-01,1,1,1,1\n2020-01-02,1,1,1,1\n");
  EXPECT_THAT(run(words()), HasSubstr("no bars of X in in_sample"));
}

TEST(BarFiles, AreCutFromTheWarmUpToTheEndOfTheLastWindow) {
  strategy::Experiment experiment;
  experiment.data.in_sample = {5 * kNsPerDay, 8 * kNsPerDay};
  experiment.data.out_of_sample = {{8 * kNsPerDay, 10 * kNsPerDay}};
  experiment.look_back = 2;
  std::vector<market::Bar> bars;
  for (std::int64_t day = 0; day < 20; ++day) bars.push_back({day * kNsPerDay, 1, 1, 1, 1, 1});
  market::Series cut = cut_series(experiment, "X", bars);
  EXPECT_EQ(cut.symbol, "X");
  EXPECT_EQ(cut.time_ns.front(), 3 * kNsPerDay);
  EXPECT_EQ(cut.time_ns.back(), 9 * kNsPerDay);
  experiment.look_back = 100;
  EXPECT_EQ(cut_series(experiment, "X", bars).time_ns.front(), 0);
  EXPECT_TRUE(cut_series(experiment, "X", {}).time_ns.empty());
}

}  // namespace
}  // namespace mendel::cli

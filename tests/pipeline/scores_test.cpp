// What the pipeline computes: exact scores of a small market, and one digest whatever the number of
// evaluators.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/pipeline/pipeline.hpp"

namespace mendel::testing {
namespace {

using ::testing::HasSubstr;

// Ten days; a gene chooses the level above which one is long. Without costs every number below
// follows from the opens after a signal.
const char* const kBars =
    "date,open,high,low,close,volume\n"
    "2024-01-01,100,101,99,100,1\n"
    "2024-01-02,100,103,100,102,1\n"  // close > 101: in at the next open, 102
    "2024-01-03,102,106,102,105,1\n"  // close > 104: in at the next open, 105
    "2024-01-04,105,110,104,108,1\n"
    "2024-01-05,108,112,107,110,1\n"
    "2024-01-06,110,111,99,100,1\n"  // below both: out at the next open, 100
    "2024-01-07,100,102,98,99,1\n"
    "2024-01-08,99,108,99,107,1\n"  // above both: in at the next open, 107
    "2024-01-09,107,112,106,110,1\n"
    "2024-01-10,110,116,110,115,1\n";  // the window ends: out at its close, 115

const char* const kExperiment = R"(
name = "levels"
[data]
source = "hand"
symbols = ["TEN"]
timeframe = "1d"
in_sample = [2024-01-01, 2024-01-11]
periods_per_year = 365
[strategy]
direction = "long"
entry_long = "close > level"
exit_long = "close < level"
[genes]
level = { int = [101, 104], step = 3 }
[search]
population = 4
generations = 2
seed = 1
objectives = ["total_return max"]
)";

// The account after each day's close, for one who buys at `entry` of day 3 or 4.
std::vector<double> equity_of(double entry, std::size_t first_day) {
  const double closes[] = {100, 102, 105, 108, 110, 100, 99, 107, 110, 115};
  std::vector<double> equity;
  double cash = 10000;
  for (std::size_t day = 0; day < 10; ++day) {
    if (day >= first_day && day <= 5) {
      equity.push_back(cash / entry * closes[day]);
    } else if (day == 6 || day == 7) {
      if (day == 6) cash = cash / entry * 100;
      equity.push_back(cash);
    } else if (day >= 8) {
      equity.push_back(cash / 107 * closes[day]);
    } else {
      equity.push_back(cash);
    }
  }
  return equity;
}

double sharpe_of(const std::vector<double>& equity) {
  std::vector<double> returns;
  double before = 10000;
  for (double after : equity) {
    returns.push_back(after / before - 1);
    before = after;
  }
  double sum = 0;
  for (double r : returns) sum += r;
  const double mean = sum / static_cast<double>(returns.size());
  double squares = 0;
  for (double r : returns) squares += (r - mean) * (r - mean);
  return mean / std::sqrt(squares / static_cast<double>(returns.size() - 1)) * std::sqrt(365.0);
}

double drawdown_of(const std::vector<double>& equity) {
  double peak = 10000;
  double worst = 0;
  for (double value : equity) {
    peak = std::max(peak, value);
    worst = std::max(worst, (peak - value) / peak);
  }
  return worst;
}

class SmallMarket : public ::testing::Test {
 protected:
  SmallMarket() {
    std::ofstream(folder_.file("bars.csv")) << kBars;
    std::ofstream(folder_.file("experiment.toml")) << kExperiment;
  }
  ScratchFolder folder_;
};

TEST_F(SmallMarket, GivesTheScoresThatFollowByHand) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(folder_.file("bars.csv"), "TEN", "hand");
  const config::Value document = pipeline.evolve(folder_.file("experiment.toml"));

  const std::vector<double> equity = equity_of(102, 2);
  EXPECT_EQ(number_at(document, "best.genes.level"), 101);
  EXPECT_NEAR(number_at(document, "best.in_sample.total_return"), (100.0 / 102) * (115.0 / 107) - 1,
              1e-12);
  EXPECT_NEAR(number_at(document, "best.in_sample.sharpe_ratio"), sharpe_of(equity), 1e-9);
  EXPECT_NEAR(number_at(document, "best.in_sample.max_drawdown"), drawdown_of(equity), 1e-12);
  EXPECT_EQ(number_at(document, "best.in_sample.trade_count"), 2);
  EXPECT_EQ(number_at(document, "best.in_sample.win_rate"), 0.5);
  const double loss = 10000.0 / 102 * (100 - 102);
  const double gain = 10000.0 * (100.0 / 102) / 107 * (115 - 107);
  EXPECT_NEAR(number_at(document, "best.in_sample.profit_factor"), gain / -loss, 1e-9);
  EXPECT_EQ(number_at(document, "rows.market_data"), 10);

  // The other level went the same way into the database, under its own key.
  const std::string other = pipeline.sql(
      "SELECT DISTINCT m.total_return FROM mendel.strategy_metrics m JOIN mendel.candidates c "
      "USING (strategy_id) WHERE m.symbol = 'portfolio' AND (c.genes->>'level')::int = 104");
  EXPECT_NEAR(std::stod(other), (100.0 / 105) * (115.0 / 107) - 1, 1e-12);
  EXPECT_EQ(pipeline.stop(), 0);
}

TEST_F(SmallMarket, SaysWhichWindowTheBarsDoNotFill) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(folder_.file("bars.csv"), "TEN", "hand");
  const auto evolve = [&](const std::string& out_of_sample) {
    return pipeline.mendel({"evolve", folder_.file("experiment.toml"), "--set",
                            "data.in_sample=[2024-01-01, 2024-01-06]", "--set",
                            "data.out_of_sample=" + out_of_sample});
  };
  const Said half = evolve("[2024-01-06, 2024-06-01]");
  EXPECT_EQ(half.code, 0) << half.err;
  EXPECT_NE((half.out + half.err).find("TEN: bars span 2024-01-06"), std::string::npos) << half.err;
  EXPECT_NE(half.out.find("\nsee it again: "), std::string::npos) << half.out;
  const Said none = evolve("[2024-03-01, 2024-06-01]");
  EXPECT_EQ(none.code, 2) << none.err;
  EXPECT_NE(none.err.find("TEN: no bars in out_of_sample"), std::string::npos) << none.err;
}

TEST_F(SmallMarket, EndsWithThreeWhenNoGenomeMeetsTheLimits) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(folder_.file("bars.csv"), "TEN", "hand");
  const Said said = pipeline.mendel({"evolve", folder_.file("experiment.toml"), "--json", "--set",
                                     "search.limits=[\"trade_count >= 1000\"]"});
  EXPECT_EQ(said.code, 3) << said.err;
  EXPECT_NE(said.err.find("no genome was feasible"), std::string::npos);
  EXPECT_NE(said.err.find("\nthe nearest: "), std::string::npos) << said.err;
  EXPECT_EQ(said.err.find("see it again"), std::string::npos) << "there is nothing to see";
  const Result<config::Value> document = config::parse_json(said.out, "evolve --json");
  ASSERT_TRUE(document);
  EXPECT_TRUE(document->find("best")->is_null());
}

// The document of a small demo run.
config::Value small_demo(int evaluators, Environment environment = {}) {
  const std::string root = MENDEL_SOURCE_DIR;
  Pipeline pipeline(evaluators, std::move(environment));
  EXPECT_TRUE(pipeline.ready());
  pipeline.ingest(root + "/topology/demo/sp500_1d.csv", "SP500", "vega-datasets");
  config::Value document = pipeline.evolve(root + "/topology/demo/experiment.toml", kSmallDemo);
  EXPECT_EQ(pipeline.stages("evaluator").size(), static_cast<std::size_t>(evaluators));
  return document;
}

// The lines that the README shows as the demo's, but the one that says when and how fast.
std::vector<std::string> shown_lines(const std::string& readme) {
  std::vector<std::string> lines;
  const std::size_t begin = readme.find("\ndigest ");
  std::istringstream text(readme.substr(begin == std::string::npos ? readme.size() : begin + 1));
  for (std::string line; std::getline(text, line) && line != "```";) {
    if (!line.empty() && line != " ...") lines.push_back(line);
  }
  return lines;
}

TEST(Demo, EndsAsTheReadmeShows) {
  const std::string root = MENDEL_SOURCE_DIR;
  const Result<std::string> readme = config::read_text_file(root + "/README.md");
  ASSERT_TRUE(readme);
  const std::vector<std::string> lines = shown_lines(*readme);
  ASSERT_GE(lines.size(), 10U);
  Pipeline pipeline(2);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(root + "/topology/demo/sp500_1d.csv", "SP500", "vega-datasets");
  const Said said = pipeline.mendel({"evolve", root + "/topology/demo/experiment.toml"});
  EXPECT_EQ(said.code, 0) << said.err;
  for (const std::string& line : lines) EXPECT_THAT(said.out, HasSubstr(line + "\n"));
}

TEST(Rows, OfARunThatRepeatsAnotherAreTheSameAndOnce) {
  const std::string root = MENDEL_SOURCE_DIR;
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(root + "/topology/demo/sp500_1d.csv", "SP500", "vega-datasets");
  for (const bool repeated : {false, true}) {
    const config::Value document = pipeline.evolve(root + "/topology/demo/experiment.toml",
                                                   {"--population", "24", "--generations", "3"});
    const config::Value* reported = document.find("leaderboard");
    ASSERT_NE(reported, nullptr);
    // Of one symbol a score has one row a window: the search, the reported out of sample, and
    // buy-and-hold in both windows.
    const double rows =
        number_at(document, "evaluations") + static_cast<double>(reported->items().size()) + 2;
    EXPECT_EQ(number_at(document, "rows.strategy_metrics"), rows);
    EXPECT_EQ(number_at(document, "rows.strategy_metrics_of_earlier_runs"), repeated ? rows : 0);
    const std::string held = pipeline.sql(fmt::format(
        "SELECT DISTINCT out_of_sample_buy_and_hold_total_return FROM mendel.leaderboard "
        "WHERE run = '{}'",
        text_at(document, "run")));
    EXPECT_EQ(std::strtod(held.c_str(), nullptr),
              number_at(document, "buy_and_hold.out_of_sample.total_return"));
  }
}

TEST(Digest, IsTheSameWithOneAndWithThreeEvaluators) {
  std::vector<std::string> best;
  for (int evaluators : {1, 3}) {
    const config::Value document = small_demo(evaluators);
    EXPECT_EQ(text_at(document, "digest"), kSmallDemoDigest) << evaluators << " evaluators";
    const config::Value* found = document.find("best");
    const config::Value* verdict = document.find("verdict");
    ASSERT_NE(found, nullptr);
    ASSERT_NE(verdict, nullptr);
    best.push_back(config::to_json(*found) + config::to_json(*verdict));
  }
  EXPECT_EQ(best[0], best[1]);
}

TEST(Digest, IsTheSameWithFmaAndAvx2Masked) {
  const config::Value document = small_demo(
      2, {{"GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F,-AVX2_Usable,-FMA_Usable"}});
  EXPECT_EQ(text_at(document, "digest"), kSmallDemoDigest);
}

}  // namespace
}  // namespace mendel::testing

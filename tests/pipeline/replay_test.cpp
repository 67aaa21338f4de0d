// What was recorded is computed again, and leaves for other tools.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "shared/store/store.hpp"
#include "tests/pipeline/pipeline.hpp"

namespace mendel::testing {
namespace {

using ::testing::HasSubstr;

const std::string kFolder = std::string(MENDEL_SOURCE_DIR) + "/topology/demo/";

// The report with another Sharpe ratio of the pick: the last digit but one is one off.
void falsify_report(const Pipeline& pipeline, const std::string& run) {
  const auto store = store::Store::open(pipeline.state() + "/store");
  ASSERT_TRUE(store);
  std::string report = **store->read_run_file(run, "report.json");
  const std::size_t at = report.find("\"sharpe_ratio\":", report.find("\"leaderboard\"")) + 25;
  report[at] = report[at] == '9' ? '8' : static_cast<char>(report[at] + 1);
  ASSERT_TRUE(store->save_run_file(run, "report.json", report));
}

TEST(Replay, EqualsToTheBitWhatWasRecordedAndTheExportBacktestsTheSame) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(kFolder + "sp500_1d.csv", "SP500", "vega-datasets");
  const config::Value document = pipeline.evolve(kFolder + "experiment.toml", kSmallDemo);
  const std::string run = text_at(document, "run");

  const Said pick = pipeline.mendel({"replay", "sp500_trend"});
  EXPECT_EQ(pick.code, 0) << pick.out << pick.err;
  EXPECT_THAT(pick.out, HasSubstr("out_of_sample  15       equal to the bit"));
  const Said third = pipeline.mendel({"replay", run + "/3", "--json"});
  EXPECT_EQ(third.code, 0) << third.out << third.err;
  // One that the report does not have.
  const std::string stored = pipeline.sql(fmt::format(
      "SELECT c.strategy_id FROM mendel.candidates c JOIN mendel.strategy_metrics m USING "
      "(strategy_id) WHERE c.run = '{}' AND NOT EXISTS (SELECT 1 FROM mendel.reported r WHERE "
      "r.strategy_id = c.strategy_id) ORDER BY 1 LIMIT 1",
      run));
  const Said other = pipeline.mendel({"replay", run + "/" + stored.substr(0, 16)});
  EXPECT_EQ(other.code, 0) << other.out << other.err;
  EXPECT_THAT(other.out, HasSubstr(stored));

  const Said toml = pipeline.mendel({"export", run});
  EXPECT_EQ(toml.code, 0) << toml.err;
  const std::string file = pipeline.state() + "/best.toml";
  std::ofstream(file) << toml.out;
  const Said backtest = testing::mendel(
      {"backtest", file, "--csv", kFolder + "sp500_1d.csv", "--symbol", "SP500", "--json"});
  ASSERT_EQ(backtest.code, 0) << backtest.err << toml.out;
  const auto result = config::parse_json(backtest.out, "backtest --json");
  for (const char* metric : {"in_sample.sharpe_ratio", "out_of_sample.total_return"})
    EXPECT_NEAR(number_at(*result, metric), number_at(document, std::string("best.") + metric),
                1e-9);

  ASSERT_EQ(pipeline.stop(), 0);
  EXPECT_EQ(pipeline.mendel({"replay", run}).code, 0);
  falsify_report(pipeline, run);
  const Said false_one = pipeline.mendel({"replay", run});
  EXPECT_EQ(false_one.code, 1);
  EXPECT_THAT(false_one.out, HasSubstr("in_sample sharpe_ratio: recorded "));
}

}  // namespace
}  // namespace mendel::testing

// Log and database are proved to agree, while the pipeline runs and after it; what was changed
// behind its back is found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pipeline/pipeline.hpp"

namespace mendel::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kExperiment = std::string(MENDEL_SOURCE_DIR) + "/topology/demo/experiment.toml";

TEST(Verify, ProvesARunAndFindsWhatWasChangedBehindItsBack) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(std::string(MENDEL_SOURCE_DIR) + "/topology/demo/sp500_1d.csv", "SP500",
                  "vega-datasets");
  const config::Value evolved = pipeline.evolve(kExperiment, kSmallDemo);
  const std::string run = text_at(evolved, "run");

  const auto agrees = [&] { return pipeline.mendel({"verify", "sp500_trend"}).code == 0; };
  EXPECT_TRUE(eventually(agrees)) << pipeline.mendel({"verify", run}).out;
  const Said proof = pipeline.mendel({"verify", run, "--json"});
  const Result<config::Value> document = config::parse_json(proof.out, "verify --json");
  ASSERT_TRUE(document) << proof.out << proof.err;
  EXPECT_EQ(number_at(*document, "tables.candidates.log"), 6 * 48);
  EXPECT_GT(number_at(*document, "tables.strategy_metrics.log"), 48);
  EXPECT_EQ(config::to_json(*document->find("differences")), "[]");

  // The same search stores less and finds the same.
  const config::Value thin =
      pipeline.evolve(kExperiment, {"--population", "120", "--generations", "3", "--name", "thin",
                                    "--set", "results.database=\"kept\""});
  const auto thin_agrees = [&] { return pipeline.mendel({"verify", "thin"}).code == 0; };
  EXPECT_TRUE(eventually(thin_agrees)) << pipeline.mendel({"verify", "thin"}).out;
  EXPECT_THAT(pipeline.mendel({"verify", "thin"}).out, HasSubstr("the database takes \"kept\""));
  const std::string stored = pipeline.sql("SELECT count(*) FROM mendel.candidates WHERE run = '" +
                                          text_at(thin, "run") + "'");
  EXPECT_GE(std::stoi(stored), 3 * 64);
  EXPECT_LT(std::stoi(stored), 3 * 120);

  EXPECT_EQ(pipeline.stop(), 0);
  EXPECT_EQ(pipeline.mendel({"verify", run}).code, 0);
  pipeline.sql(
      "UPDATE mendel.strategy_metrics SET total_return = total_return + 1e-12 WHERE run = '" + run +
      "' AND strategy_id = (SELECT strategy_id FROM mendel.reported WHERE rank = 0 AND run = '" +
      run + "')");
  pipeline.sql("DELETE FROM mendel.candidates WHERE generation = 2 AND slot = 7");
  pipeline.sql(
      "INSERT INTO mendel.generation_records SELECT run, 99, generation, \"timestamp\", "
      "digest FROM mendel.generation_records WHERE generation = 1");
  const Said changed = pipeline.mendel({"verify", run});
  EXPECT_EQ(changed.code, 1);
  EXPECT_THAT(changed.out,
              AllOf(HasSubstr("total_return: log "),
                    HasSubstr("island 0 generation 2 slot 7: in the log, not in the database"),
                    HasSubstr("island 99 generation 1: in the database, not in the log"),
                    HasSubstr("DIFFER: 3 rows")));
  EXPECT_EQ(pipeline.mendel({"verify", "nobody"}).code, 2);
}

}  // namespace
}  // namespace mendel::testing

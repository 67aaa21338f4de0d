// Searches one behind the other, each judged on the months after its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/pipeline/pipeline.hpp"

namespace mendel::testing {
namespace {

using ::testing::HasSubstr;

const std::string kDemo = std::string(MENDEL_SOURCE_DIR) + "/topology/demo/";

TEST(WalkForward, JoinsItsFoldsAndEndsWhereTheBarsEnd) {
  Pipeline pipeline(2);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(kDemo + "sp500_1d.csv", "SP500", "vega-datasets");
  // The bars end in 2020: the fold whose months begin in 2021 has none.
  const Said said = pipeline.mendel({"walk-forward", kDemo + "experiment.toml", "--json",
                                     "--in-sample", "5 years", "--out-of-sample", "24 months",
                                     "--population", "24", "--generations", "2", "--set",
                                     "data.out_of_sample=[2015-01-01, 2023-01-01]"});
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_THAT(said.err, HasSubstr("expects at most "));
  EXPECT_THAT(said.err, HasSubstr("no bars in out_of_sample"));
  EXPECT_THAT(said.err, HasSubstr("the walk ends before it"));
  const Result<config::Value> document = config::parse_json(said.out, "walk-forward --json");
  ASSERT_TRUE(document) << said.out << said.err;
  const auto& folds = document->find("folds")->items();
  ASSERT_EQ(folds.size(), 4u);
  double equity = 1;
  for (const config::Value& fold : folds) {
    const config::Value* earned = fold.find("out_of_sample_return");
    equity *= 1 + (earned->is_number() ? earned->as_number() : 0);
    EXPECT_NEAR(number_at(fold, "equity"), equity, 1e-12);
  }
  EXPECT_TRUE(document->find_path("next.genes")->is_table());
}

}  // namespace
}  // namespace mendel::testing

// Messages between real processes that are lost, come twice, and overtake each other.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "shared/config/value.hpp"
#include "tests/pipeline/pipeline.hpp"
#include "tests/pipeline/posed_pipeline.hpp"

namespace mendel::testing {
namespace {

config::Value report_with(const std::vector<Pose>& evaluators) {
  PosedPipeline pipeline(evaluators);
  pipeline.submit(60, 4);
  std::string state;
  for (int i = 0; i < 600 && state != "finished"; ++i) {
    if (const auto progress = pipeline.progress(100)) state = progress->state;
  }
  const auto report = config::parse_json(pipeline.report(), "report");
  EXPECT_TRUE(report) << "the run is " << state;
  return report ? *report : config::Value();
}

TEST(Unruly, ScoresThatAreLostDoubledAndOvertakenChangeNoBit) {
  const Pose quiet{false, 0.2};
  const Pose unruly{false, 0.2, 1e300, true};
  const config::Value expected = report_with({quiet});
  const config::Value report = report_with({unruly, unruly, unruly});
  EXPECT_GT(number_at(report, "redispatched"), 0);
  EXPECT_EQ(text_at(report, "digest").size(), 64u);
  EXPECT_EQ(text_at(report, "digest"), text_at(expected, "digest"));
  EXPECT_EQ(number_at(report, "evaluations"), number_at(expected, "evaluations"));
}

}  // namespace
}  // namespace mendel::testing

// A candidate that kills real evaluator processes: a handful of them, never the run.
#include <gtest/gtest.h>

#include "shared/config/value.hpp"
#include "tests/pipeline/pipeline.hpp"
#include "tests/pipeline/posed_pipeline.hpp"

namespace mendel::testing {
namespace {

TEST(QuarantinePipeline, APoisonCandidateCostsAHandfulOfRestarts) {
  // Of 24 genomes two or so have a first gene above 0.9; the search flees from there.
  PosedPipeline pipeline({{false, 0.2, 0.9}, {false, 0.2, 0.9}});
  pipeline.submit(24, 3);
  int restarts = 0;
  std::string state;
  // Most of the time goes into its verdict, which samples the whole range of the genes.
  for (int i = 0; i < 2000 && state != "finished"; ++i) {
    restarts += pipeline.restart_ended();
    if (const auto progress = pipeline.progress(100)) state = progress->state;
  }
  ASSERT_EQ(state, "finished");
  const std::string audit = pipeline.audit();
  int quarantined = 0;
  for (std::size_t at = 0; (at = audit.find("\"quarantine\"", at)) != std::string::npos; ++at)
    ++quarantined;
  EXPECT_GE(quarantined, 1);
  EXPECT_GE(restarts, 3 * quarantined);
  EXPECT_LE(restarts, 7 * quarantined);
  EXPECT_NE(pipeline.report(), "");
}

}  // namespace
}  // namespace mendel::testing

#include "topology/mendel/experiment_diff.hpp"

#include <gtest/gtest.h>

namespace mendel::cli {
namespace {

constexpr const char* kBefore =
    "name = \"trend\"\n\n[genes]\nfast = { int = [2, 30], step = 1 }\n"
    "slow = { int = [10, 100], step = 5 }\n\n[costs]\nfee_bps = 1\n\n"
    "[search]\ngenerations = 30\nseed = 42\n";

TEST(ExperimentDiff, OfTheSameTextIsEmpty) { EXPECT_EQ(experiment_diff(kBefore, kBefore), ""); }

TEST(ExperimentDiff, ShowsAChangedLineBelowWhatItWasInItsSection) {
  const std::string after =
      "name = \"trend\"\n\n[genes]\nfast = { int = [2, 30], step = 1 }\n"
      "slow = { int = [10, 100], step = 5 }\n\n[costs]\nfee_bps = 2.5\n\n"
      "[search]\ngenerations = 60\nseed = 42\n";
  EXPECT_EQ(experiment_diff(kBefore, after),
            "[costs]\n- fee_bps = 1\n+ fee_bps = 2.5\n"
            "[search]\n- generations = 30\n+ generations = 60\n");
}

TEST(ExperimentDiff, ShowsLinesAndSectionsThatCameAndWent) {
  const std::string after =
      "name = \"wide\"\n\n[genes]\nfast = { int = [2, 30], step = 1 }\n"
      "stop = { real = [0.01, 0.1], step = 0 }\n\n[search]\ngenerations = 30\nseed = 42\n\n"
      "[holdout]\nfolds = 4\n";
  EXPECT_EQ(experiment_diff(kBefore, after),
            "- name = \"trend\"\n+ name = \"wide\"\n"
            "[genes]\n- slow = { int = [10, 100], step = 5 }\n"
            "+ stop = { real = [0.01, 0.1], step = 0 }\n"
            "[costs]\n- fee_bps = 1\n[holdout]\n+ folds = 4\n");
}

}  // namespace
}  // namespace mendel::cli

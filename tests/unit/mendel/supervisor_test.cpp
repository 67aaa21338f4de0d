#include "topology/mendel/supervisor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace mendel::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

wiring::Topology topology() {
  Result<wiring::Topology> read =
      wiring::Topology::read(std::string(MENDEL_SOURCE_DIR) + "/topology/local.ini", "/tmp/state");
  check(static_cast<bool>(read), "topology/local.ini is readable");
  return *read;
}

std::vector<std::string> names(const std::vector<ChildSpec>& specs) {
  std::vector<std::string> result;
  for (const ChildSpec& spec : specs) result.push_back(spec.name);
  return result;
}

TEST(Supervisor, StartsTheSixStagesAndAsManyEvaluatorsAsAskedFor) {
  SupervisorOptions options;
  options.evaluators = 2;
  EXPECT_THAT(names(stage_processes(topology(), options, 4, "/bin")),
              ElementsAre("monitor", "data_loader", "results_writer", "ga_dispatcher",
                          "evaluator-1", "evaluator-2", "ingestor"));
}

TEST(Supervisor, SharesTheCoresAmongTheEvaluators) {
  for (const auto& [evaluators, threads] :
       {std::pair{1, "4"}, std::pair{2, "2"}, std::pair{3, "1"}, std::pair{9, "1"}}) {
    SupervisorOptions options;
    options.evaluators = evaluators;
    const auto specs = stage_processes(topology(), options, 4, "/bin");
    const auto spec = std::find_if(specs.begin(), specs.end(),
                                   [](const ChildSpec& s) { return s.name == "evaluator-1"; });
    EXPECT_THAT(spec->environment, Contains(Pair("MENDEL_EVALUATOR_THREADS", threads)));
  }
}

TEST(Supervisor, HidesTheConnectionStringOfTheEnvironmentFromAPrivatePipeline) {
  SupervisorOptions options;
  options.private_database = true;
  for (const ChildSpec& spec : stage_processes(topology(), options, 1, "/bin")) {
    EXPECT_THAT(spec.environment, Contains(Pair("MENDEL_DATABASE_DSN_FILE", "/tmp/state/dsn")));
    EXPECT_THAT(spec.environment, Contains(Pair("NEON_CONNECTION_STRING", "")));
  }
}

TEST(Supervisor, StopsInTheOrderOfThePipeline) {
  std::vector<std::string> processes = {"postgresql",     "monitor",  "data_loader",  "evaluator-2",
                                        "results_writer", "ingestor", "ga_dispatcher"};
  std::stable_sort(processes.begin(), processes.end(),
                   [](const auto& a, const auto& b) { return stop_rank(a) < stop_rank(b); });
  EXPECT_THAT(processes, ElementsAre("ingestor", "ga_dispatcher", "evaluator-2", "results_writer",
                                     "data_loader", "monitor", "postgresql"));
}

}  // namespace
}  // namespace mendel::cli

// A run that was left in the middle goes on to the same bits, and only with its own experiment.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/pipeline/pipeline.hpp"

namespace mendel::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kFolder = std::string(MENDEL_SOURCE_DIR) + "/topology/demo/";
const std::string kExperiment = kFolder + "experiment.toml";
// Some seconds of search where nothing else runs, so that there is a middle: what is interrupted
// goes on until its pipeline has stopped.
const std::vector<std::string> kSearch = {"--population", "96", "--generations", "1500"};

std::vector<std::string> joined(std::vector<std::string> words,
                                const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string digest_of(const Said& said) {
  EXPECT_EQ(said.code, 0) << said.err;
  const Result<config::Value> document = config::parse_json(said.out, "--json");
  return document ? text_at(*document, "digest") : "none";
}

TEST(Resume, GoesOnWithAnInterruptedRunAndRefusesAChangedExperiment) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(kFolder + "sp500_1d.csv", "SP500", "vega-datasets");
  ASSERT_EQ(pipeline.stop(), 0);
  {
    Background evolve(pipeline.with_state(joined({"evolve", kExperiment, "--follow"}, kSearch)));
    ASSERT_TRUE(eventually([&] { return pipeline.sample("ga_dispatcher", "generation") >= 2; }));
    kill(evolve.pid(), SIGINT);
    const Said said = evolve.wait();
    EXPECT_EQ(said.code, 130);
    EXPECT_THAT(said.err, AllOf(HasSubstr("the run is kept"), HasSubstr("mendel resume 0")));
  }
  const Said changed = pipeline.mendel({"resume", "sp500_trend", "--experiment", kExperiment});
  EXPECT_EQ(changed.code, 2);
  EXPECT_THAT(changed.err, AllOf(HasSubstr("[search]\n- population = 96\n+ population = 128\n"
                                           "- generations = 1500\n+ generations = 30\n"),
                                 Not(HasSubstr("starting a local pipeline"))));

  const std::vector<std::string> same =
      joined({"resume", "sp500_trend", "--experiment", kExperiment, "--json"}, kSearch);
  const std::string digest = digest_of(pipeline.mendel(same));
  EXPECT_EQ(digest, digest_of(pipeline.mendel(joined({"evolve", kExperiment, "--json"}, kSearch))));

  const Said fork = pipeline.mendel({"resume", "sp500_trend", "--fork", "--name", "costly", "--set",
                                     "costs.fee_bps=2", "--generations", "3", "--json"});
  EXPECT_NE(digest_of(fork), digest);
  EXPECT_THAT(fork.err, HasSubstr("starts from"));
  EXPECT_THAT(fork.err, HasSubstr("expects at most "));
  const Said finished = pipeline.mendel({"resume", "sp500_trend"});
  EXPECT_EQ(finished.code, 0);
  EXPECT_THAT(finished.out, HasSubstr("has finished"));
}

TEST(Resume, IsNamedWhereSomebodyElseStopsThePipeline) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(kFolder + "sp500_1d.csv", "SP500", "vega-datasets");
  Background evolve(pipeline.with_state(joined({"evolve", kExperiment, "--follow"}, kSearch)));
  ASSERT_TRUE(eventually([&] { return pipeline.sample("ga_dispatcher", "generation") >= 2; }));
  ASSERT_EQ(pipeline.stop(), 0);
  const Said said = evolve.wait();
  EXPECT_EQ(said.code, 1);
  EXPECT_THAT(said.err, AllOf(HasSubstr("resume it: "), HasSubstr("was stopped")));
}

}  // namespace
}  // namespace mendel::testing

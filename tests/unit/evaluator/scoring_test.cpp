#include "stages/evaluator/scoring.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "shared/base/version.hpp"
#include "shared/statistics/blocks.hpp"
#include "shared/store/dataset_file.hpp"
#include "shared/store/store.hpp"
#include "shared/wire/detailed_key.hpp"
#include "stages/evaluator/engines.hpp"
#include "tests/unit/backtest/market_of.hpp"

namespace mendel::evaluator {
namespace {

constexpr const char* kExperiment = R"toml(
[data]
source = "test"
symbols = ["X"]
timeframe = "1d"
in_sample = [2023-01-01, 2023-01-06]
periods_per_year = 365
[strategy]
direction = "long"
entry_long = "close > level"
exit_long = "close <= level"
[genes]
level = { int = [1, 100] }
[search]
population = 4
generations = 1
objectives = ["sharpe_ratio max"]
)toml";

// A store with one dataset and one experiment.
class ScoringTest : public testing::Test {
 protected:
  ScoringTest() {
    std::string pattern = testing::TempDir() + "mendel_scoring_XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~ScoringTest() override { std::filesystem::remove_all(folder_); }

  store::Store store() { return *store::Store::create(folder_ + "/store", 1); }

  strategy::Experiment publish_experiment(const strategy::Overrides& overrides = {}) {
    strategy::Experiment experiment =
        *strategy::read_experiment(kExperiment, "test.toml", overrides);
    EXPECT_TRUE(store().publish_experiment(experiment.digest, experiment.canonical_text));
    return experiment;
  }

  Digest publish_dataset(std::vector<market::Series> series = {
                             backtest::market_of("X", {10, 20, 20, 10, 10})}) {
    const std::string bytes =
        store::encode_dataset({"test", *market::parse_timeframe("1d"), std::move(series)});
    const Digest id = sha256(bytes);
    EXPECT_TRUE(store::publish_file(store().dataset_path(id), bytes));
    return id;
  }

  wire::CandidateBatch batch(const strategy::Experiment& experiment, const Digest& dataset) {
    wire::CandidateBatch made;
    made.run = "run";
    made.generation = 3;
    made.born_at_ns = 99;
    made.dataset_id = dataset;
    made.experiment_digest = experiment.digest;
    made.windows = experiment.windows();
    const strategy::Genome genome = {15};
    made.candidates.push_back(
        {strategy::evaluation_key(dataset, experiment, genome, made.windows), genome});
    return made;
  }

  std::string folder_;
};

TEST_F(ScoringTest, AScoreCarriesItsKeyBirthAndMetrics) {
  const strategy::Experiment experiment = publish_experiment();
  const wire::CandidateBatch made = batch(experiment, publish_dataset());
  Engines engines(store());
  const Preparation ready = engines.get(made.dataset_id, made.experiment_digest);
  ASSERT_NE(ready.prepared, nullptr) << ready.invalid << ready.not_ready;
  const std::vector<wire::Score> results = scores(*ready.prepared, made, made.candidates);
  ASSERT_EQ(results.size(), 1u);
  const wire::Score& result = results[0];
  EXPECT_EQ(result.key, made.candidates[0].key);
  EXPECT_EQ(result.run, "run");
  EXPECT_EQ(result.generation, 3);
  EXPECT_EQ(result.born_at_ns, 99);
  EXPECT_EQ(result.invalid, "");
  ASSERT_EQ(result.rows.size(), 1u);  // one symbol: the portfolio says it all
  EXPECT_EQ(result.rows[0].symbol, "portfolio");
  EXPECT_EQ(*result.rows[0].metrics.get(market::Metric::total_return), -0.5);
}

TEST_F(ScoringTest, DailyBlocksAreOfTheInSamplePortfolioAndOnlyWhenAskedFor) {
  const strategy::Experiment experiment = publish_experiment();
  wire::CandidateBatch made = batch(experiment, publish_dataset());
  Engines engines(store());
  const Preparation ready = engines.get(made.dataset_id, made.experiment_digest);
  ASSERT_NE(ready.prepared, nullptr) << ready.invalid << ready.not_ready;
  EXPECT_TRUE(scores(*ready.prepared, made, made.candidates).at(0).blocks.empty());
  made.detail = wire::kDetailDailyBlocks;
  // A key made without the detail is of other content.
  EXPECT_TRUE(scores(*ready.prepared, made, made.candidates).empty());
  wire::Candidate& candidate = made.candidates[0];
  candidate.key = wire::detailed_key(candidate.key, made.detail);
  const wire::Score result = scores(*ready.prepared, made, made.candidates).at(0);
  const auto blocks = statistics::blocks_from(result.blocks);
  ASSERT_TRUE(blocks);
  const auto days =
      ready.prepared->engine().evaluate_daily(candidate.genome, made.windows).windows[0];
  EXPECT_EQ(days.daily_returns.size(), static_cast<std::size_t>(days.days));
  EXPECT_EQ(statistics::count_of(*blocks), days.days);
  EXPECT_EQ(result.blocks, statistics::to_numbers(statistics::blocks_of(days.daily_returns)));
  EXPECT_EQ(*result.rows[0].metrics.get(market::Metric::total_return), -0.5);
}

TEST_F(ScoringTest, SeveralSymbolsHaveARowEach) {
  const strategy::Experiment experiment = publish_experiment({{"data.symbols", "[\"X\", \"Y\"]"}});
  const Digest dataset = publish_dataset({backtest::market_of("X", {10, 20, 20, 10, 10}),
                                          backtest::market_of("Y", {10, 10, 10, 10, 10})});
  const wire::CandidateBatch made = batch(experiment, dataset);
  Engines engines(store());
  const Preparation ready = engines.get(dataset, experiment.digest);
  ASSERT_NE(ready.prepared, nullptr) << ready.invalid << ready.not_ready;
  const wire::Score result = scores(*ready.prepared, made, made.candidates).at(0);
  ASSERT_EQ(result.rows.size(), 3u);
  EXPECT_EQ(result.rows[0].symbol, "portfolio");
  EXPECT_EQ(result.rows[2].symbol, "Y");
}

TEST_F(ScoringTest, ACandidateWhoseKeyIsOfOtherContentIsNotScored) {
  const strategy::Experiment experiment = publish_experiment();
  wire::CandidateBatch made = batch(experiment, publish_dataset());
  Engines engines(store());
  const Preparation ready = engines.get(made.dataset_id, made.experiment_digest);
  made.candidates.push_back(made.candidates[0]);
  made.candidates[0].genome = {16};
  EXPECT_EQ(scores(*ready.prepared, made, made.candidates).size(), 1u);
}

TEST_F(ScoringTest, AFileThatIsNotVisibleYetIsNotReadyAndIsFoundLater) {
  const strategy::Experiment experiment = publish_experiment();
  Engines engines(store());
  const std::string bytes = store::encode_dataset(
      {"test", *market::parse_timeframe("1d"), {backtest::market_of("X", {10, 20, 20, 10, 10})}});
  const Preparation before = engines.get(sha256(bytes), experiment.digest);
  EXPECT_EQ(before.prepared, nullptr);
  EXPECT_EQ(before.invalid, "");
  EXPECT_NE(before.not_ready.find("not visible"), std::string::npos);
  EXPECT_NE(engines.get(publish_dataset(), experiment.digest).prepared, nullptr);
}

TEST_F(ScoringTest, AnExperimentThatCannotRunOnItsDatasetIsInvalidForEveryCandidate) {
  const strategy::Experiment experiment = publish_experiment();
  Engines engines(store());
  const Digest dataset = publish_dataset({backtest::market_of("X", {1, 2}, {2020, 1, 1})});
  const Preparation nothing = engines.get(dataset, experiment.digest);
  EXPECT_EQ(nothing.prepared, nullptr);
  EXPECT_EQ(nothing.not_ready, "");
  EXPECT_NE(nothing.invalid.find("no bars in in_sample"), std::string::npos) << nothing.invalid;
  const wire::CandidateBatch made = batch(experiment, dataset);
  EXPECT_EQ(invalid_score(made, made.candidates[0], nothing.invalid).invalid, nothing.invalid);
}

TEST_F(ScoringTest, AnEngineIsPreparedOnceAndOldOnesMakeRoom) {
  const Digest dataset = publish_dataset();
  const strategy::Experiment first = publish_experiment();
  Engines engines(store());
  const auto kept = engines.get(dataset, first.digest).prepared;
  EXPECT_EQ(engines.get(dataset, first.digest).prepared, kept);
  for (std::size_t i = 0; i < kEnginesMax; ++i) {
    const std::string equity = std::to_string(20'000 + i);
    const auto other = publish_experiment({{"account.equity", equity}});
    EXPECT_NE(engines.get(dataset, other.digest).prepared, nullptr);
  }
  EXPECT_NE(engines.get(dataset, first.digest).prepared, kept);
}

}  // namespace
}  // namespace mendel::evaluator

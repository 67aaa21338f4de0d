#include "topology/mendel/log_prune.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "shared/base/time.hpp"
#include "shared/durable_log/folder.hpp"
#include "shared/wire/codec.hpp"
#include "stages/ga_dispatcher/checkpoint.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/unit/results_writer/scores.hpp"

namespace mendel::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Four segments with one record each.
struct LogPruneTest : ::testing::Test {
  testing::ScratchFolder scratch;
  store::Store store = *store::Store::create(scratch.file("store"), 1);
  std::vector<durable_log::Position> ends;
  PruneRules rules;

  void write(const std::string& log) {
    for (std::uint64_t epoch = 1; epoch <= 4; ++epoch) {
      auto writer =
          durable_log::Writer::create(store.log_path(log), store.id(), epoch, kNsPerSecond);
      wire::Score score = results_writer::score(static_cast<int>(epoch));
      score.run = "RUN" + std::to_string(epoch);
      const wire::Message message = wire::ScoreBatch{"evaluator", {score}};
      const durable_log::Record record{0, wire::encode(message)};
      ends.push_back(*writer->append({&record, 1}));
    }
    rules.now_ns = read_clocks().wall_ns + 10 * kNsPerDay;
    rules.stored = ends[2];
    rules.needs_run = [](const std::string&) { return ""; };
  }
  std::vector<std::string> kept(const std::string& log) {
    const auto plan = plan_prune(store, log, rules);
    std::vector<std::string> reasons;
    if (!plan) return {plan.error().message};
    for (const Prunable& one : *plan) reasons.push_back(one.kept);
    return reasons;
  }
};

TEST_F(LogPruneTest, WhatIsNotDrainedStaysAndSoDoesWhereTheNextDrainBegins) {
  write("bars");
  EXPECT_THAT(kept("bars"), ElementsAre("", "", "not drained", "the newest"));
  rules.stored = {};
  EXPECT_THAT(kept("bars"), ElementsAre("not drained", "not drained", "not drained", "the newest"));
}

TEST_F(LogPruneTest, DrainedBarsStayForTheHistoryOfTheDatabase) {
  write("bars");
  rules.keep_ns = 11 * kNsPerDay;
  EXPECT_THAT(kept("bars")[0], HasSubstr("kept for 11"));
  rules.keep_ns = 9 * kNsPerDay;
  EXPECT_EQ(kept("bars")[0], "");
}

TEST_F(LogPruneTest, NoBarsThatARestoreMayAskForAreDeleted) {
  write("bars");
  rules.stored = ends[3];  // all of them are drained
  rules.keep_ns = 7 * kNsPerDay;
  const auto folder = std::filesystem::path(store.log_path("bars"));
  const auto now = std::filesystem::file_time_type::clock::now();
  rules.now_ns = read_clocks().wall_ns;
  // 8, 6 and 0 days ago; the fourth is the newest.
  std::filesystem::last_write_time(folder / ends[0].segment, now - std::chrono::hours(8 * 24));
  std::filesystem::last_write_time(folder / ends[1].segment, now - std::chrono::hours(6 * 24));
  const auto plan = plan_prune(store, "bars", rules);
  ASSERT_TRUE(plan);
  ASSERT_TRUE(prune(store, "bars", *plan, rules.now_ns));
  EXPECT_THAT(*durable_log::list_segments(folder.string()),
              ElementsAre(ends[1].segment, ends[2].segment, ends[3].segment));
}

TEST_F(LogPruneTest, ScoresStayWhileARunNeedsThem) {
  write("scores");
  rules.needs_run = [](const std::string& run) { return run == "RUN2" ? "RUN2 is running" : ""; };
  EXPECT_THAT(kept("scores"), ElementsAre("", "RUN2 is running", "not drained", "the newest"));
}

TEST_F(LogPruneTest, ADamagedSegmentStays) {
  write("bars");
  const std::string path = store.log_path("bars") + "/" + ends[0].segment;
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(3);
  file.put('x');
  file.close();
  EXPECT_THAT(kept("bars")[0], HasSubstr("damaged"));
}

TEST_F(LogPruneTest, DeletesWhatMayGoAndSaysSoInTheAuditLog) {
  write("bars");
  const auto plan = plan_prune(store, "bars", rules);
  ASSERT_TRUE(plan);
  ASSERT_TRUE(prune(store, "bars", *plan, rules.now_ns));
  const auto names = durable_log::list_segments(store.log_path("bars"));
  EXPECT_THAT(*names, ElementsAre(ends[2].segment, ends[3].segment));
  std::ifstream audit(store.path() + "/audit.log");
  std::string line;
  ASSERT_TRUE(std::getline(audit, line));
  EXPECT_THAT(line, HasSubstr(ends[0].segment));
}

TEST_F(LogPruneTest, ScoresOfARunAreNeverGivenAway) {
  const std::string run = "01JD0000000000000000000001";
  ga_dispatcher::Checkpoint checkpoint;
  checkpoint.run = run;
  checkpoint.state = "running";
  ASSERT_TRUE(store.save_run_file(run, ga_dispatcher::kCheckpointName, encode(checkpoint)));
  EXPECT_THAT(needs_scores(store, run), HasSubstr("is running"));
  checkpoint.state = "finished";
  ASSERT_TRUE(store.save_run_file(run, ga_dispatcher::kCheckpointName, encode(checkpoint)));
  EXPECT_THAT(needs_scores(store, run), HasSubstr("moves it into the archive"));
  EXPECT_NE(needs_scores(store, "../x"), "");
}

}  // namespace
}  // namespace mendel::cli

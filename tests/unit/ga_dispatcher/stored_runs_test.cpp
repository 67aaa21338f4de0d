#include "stages/ga_dispatcher/stored_runs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/store/epoch.hpp"
#include "stages/ga_dispatcher/checkpoint.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/unit/ga_dispatcher/fixture.hpp"

namespace mendel::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A store with a run that has finished and one that was left in the middle.
class StoredRuns : public ::testing::Test {
 protected:
  StoredRuns() : store_(*store::Store::create(folder_.file("store"), 1)) {
    FakeWorld world({}, score_of);
    world.ask("submit", kRun, experiment_text());
    world.finish(kRun);
    world.ask("submit", kOtherRun, experiment_text("generations = 500"));
    EXPECT_TRUE(world.run_until([&] { return world.progress(kOtherRun).generation > 2; }));
    for (const auto& [run, files] : world.runs)
      for (const auto& [name, bytes] : files) EXPECT_TRUE(store_.save_run_file(run, name, bytes));
  }

  Result<ga_dispatcher::StoredAnswer> ask(const std::string& action, const std::string& run = "") {
    wire::Request request;
    request.request_id = "r";
    request.action = action;
    request.run = run;
    return ga_dispatcher::answer_from(store_, request, read_clocks());
  }
  std::string state_of(const std::string& run) {
    const auto answer = ask("show", run);
    const auto body = answer ? config::parse_json(answer->reply.body, "show") : answer.error();
    return body ? text_at(*body, "state") : body.error().message;
  }

  ScratchFolder folder_;
  store::Store store_;
};

TEST_F(StoredRuns, AreListedLatestFirst) {
  const auto answer = ask("list");
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->unreadable, IsEmpty());
  const std::string& body = answer->reply.body;
  EXPECT_LT(body.find(kOtherRun), body.find(kRun));
  EXPECT_THAT(body, HasSubstr("\"state\":\"finished\""));
  EXPECT_THAT(body, HasSubstr("\"state\":\"running\""));
}

TEST_F(StoredRuns, AreShownWithTheirReport) {
  const auto answer = ask("show", kRun);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->reply.body, HasSubstr("leaderboard"));
}

TEST_F(StoredRuns, AreCancelledForTheNextDispatcherToo) {
  const auto answer = ask("cancel", kOtherRun);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->reply.body, HasSubstr("\"state\":\"cancelled\""));
  EXPECT_EQ(state_of(kOtherRun), "\"cancelled\"");
  const auto bytes = store_.read_run_file(kOtherRun, ga_dispatcher::kCheckpointName);
  const auto checkpoint = ga_dispatcher::decode_checkpoint(**bytes);
  ASSERT_TRUE(checkpoint);
  EXPECT_FALSE(checkpoint->records.empty()) << "the database has to learn of it";
}

TEST_F(StoredRuns, ARunThatHasEndedStaysAsItIs) {
  EXPECT_TRUE(ask("cancel", kRun));
  EXPECT_EQ(state_of(kRun), "\"finished\"");
}

TEST_F(StoredRuns, AreNotCancelledBehindTheBackOfALivingDispatcher) {
  auto epoch = store::Epoch::take(store_, ga_dispatcher::kRole, read_clocks());
  ASSERT_TRUE(epoch);
  const auto answer = ask("cancel", kOtherRun);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::transient);
  epoch->release();
  EXPECT_EQ(state_of(kOtherRun), "\"running\"");
}

TEST_F(StoredRuns, AListLeavesOutWhatCannotBeReadAndSaysSo) {
  ASSERT_TRUE(store_.save_run_file(kRun, ga_dispatcher::kCheckpointName, "torn"));
  const auto answer = ask("list");
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->unreadable, ElementsAre(HasSubstr(kRun)));
  EXPECT_THAT(answer->reply.body, HasSubstr(kOtherRun));
  EXPECT_FALSE(ask("show", kRun));
}

TEST_F(StoredRuns, AnUnknownRunIsRefusedWithTheNextStep) {
  const auto answer = ask("show", "01JD0000000000000000000009");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->reply.error_kind, 2);
  EXPECT_THAT(answer->reply.error, HasSubstr("mendel runs"));
}

}  // namespace
}  // namespace mendel::testing

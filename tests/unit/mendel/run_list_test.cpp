#include "topology/mendel/run_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mendel::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kNewest = "01M81C7WHF0TMGXRSPWG967A5R";
constexpr const char* kMiddle = "01M81C5VV73ZV6S6YYV92RTN4X";
constexpr const char* kOldest = "01M70000000000000000000000";

config::Value run(const char* id, const char* name, const char* state) {
  config::Value value;
  value.set("run", id);
  value.set("name", name);
  value.set("state", state);
  value.set("detail", "");
  value.set("experiment", "trend");
  value.set("seed", 42);
  value.set("created", "2026-11-22T10:17:39.432434088Z");
  value.set("generation", 103);
  value.set("generations", 5000);
  value.set("evaluations", 18520);
  value.set("best", 1.0276);
  value.set("digest", "e94a");
  return value;
}

config::Value objectives(const std::vector<std::string>& words) {
  config::Value all = config::Value::array();
  for (const std::string& word : words) all.push(word);
  return all;
}

config::Value runs() {
  config::Value all = config::Value::array();
  all.push(run(kNewest, "trend", "running"));
  all.push(run(kMiddle, "breakout", "failed"));
  all.push(run(kOldest, "trend", "finished"));
  return all;
}

std::string resolved(const std::string& word) {
  const Result<std::string> id = resolve_run(runs(), word);
  return id ? *id : id.error().message;
}

std::string line_of(const std::string& table, const std::string& word) {
  const std::size_t begin = table.find(word);
  return begin == std::string::npos ? "" : table.substr(begin, table.find('\n', begin) - begin);
}

TEST(RunsTable, ShowsProgressCountedFromOneAndTheTimeToTheSecond) {
  EXPECT_THAT(
      line_of(runs_table(runs()), kNewest),
      AllOf(HasSubstr("  trend  "), HasSubstr("  running  "), HasSubstr("  104/5000  "),
            HasSubstr("  1.028  "), HasSubstr("  18,520  "), HasSubstr("2026-11-22T10:17:39Z")));
}

TEST(RunsTable, ShowsNoGenerationAndNoBestBeforeTheFirstIsClosed) {
  config::Value all = config::Value::array();
  config::Value waiting = run(kNewest, "trend", "waiting");
  waiting.set("digest", "");
  waiting.set("generation", 0);
  waiting.set("best", config::Value());
  all.push(waiting);
  EXPECT_THAT(line_of(runs_table(all), kNewest),
              AllOf(HasSubstr("  0/5000  "), HasSubstr("  -  ")));
}

TEST(RunsTable, KeepsWhyARunFailedOnItsLine) {
  config::Value all = config::Value::array();
  config::Value failed = run(kNewest, "trend", "failed");
  failed.set("detail", "no bars\nof X");
  all.push(failed);
  EXPECT_THAT(line_of(runs_table(all), kNewest), HasSubstr("no bars?of X"));
}

TEST(RunText, NamesStateExperimentSeedAndProgress) {
  EXPECT_THAT(run_text(run(kNewest, "mine", "running")),
              AllOf(HasSubstr("state        running\n"), HasSubstr("experiment   trend\n"),
                    HasSubstr("seed         42\n"), HasSubstr("generation   104 of 5000\n"),
                    Not(HasSubstr("detail"))));
}

TEST(RunsTable, SaysWhatBestIsOfWithSeveralObjectives) {
  EXPECT_THAT(runs_table(runs()), Not(HasSubstr("objectives")));
  config::Value one = run(kNewest, "trend", "finished");
  one.set("objectives", objectives({"sharpe_ratio max"}));
  EXPECT_THAT(run_text(one), HasSubstr("best         1.028 (sharpe_ratio max)\n"));
  config::Value several = one;
  several.set("objectives", objectives({"sharpe_ratio max", "turnover min"}));
  EXPECT_THAT(
      run_text(several),
      HasSubstr("best         1.028 (sharpe_ratio max of the genome that is best in it; the "
                "pick may be another)\n"));
  config::Value all = config::Value::array();
  all.push(several);
  all.push(one);
  EXPECT_THAT(runs_table(all), AllOf(HasSubstr("  1.028*  "), HasSubstr("  1.028   "),
                                     HasSubstr("\n* of several objectives the first")));
}

TEST(ResolveRun, TakesAnIdOrABeginningThatNoOtherRunSharesInAnyCase) {
  EXPECT_EQ(resolved(kMiddle), kMiddle);
  EXPECT_EQ(resolved("01M81C5"), kMiddle);
  EXPECT_EQ(resolved("01m81c5"), kMiddle);
}

TEST(ResolveRun, TakesTheLatestOfAName) {
  EXPECT_EQ(resolved("trend"), kNewest);
  EXPECT_EQ(resolved("breakout"), kMiddle);
}

TEST(ResolveRun, ListsTheRunsThatABeginningMayMean) {
  const Result<std::string> id = resolve_run(runs(), "01M81C");
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().exit_code(), 2);
  EXPECT_THAT(id.error().message,
              AllOf(HasSubstr(kNewest), HasSubstr(kMiddle), Not(HasSubstr(kOldest))));
}

TEST(ResolveRun, ANameThatIsAlsoTheBeginningOfAnotherRunIsAmbiguous) {
  config::Value all = runs();
  all.push(run("01A00000000000000000000000", "01M7", "finished"));
  EXPECT_FALSE(resolve_run(all, "01M7"));
}

TEST(ResolveRun, SaysWhereToLookForARunThatIsNotKnown) {
  const Result<std::string> id = resolve_run(runs(), "tend");
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().exit_code(), 2);
  EXPECT_EQ(id.error().message,
            "run 'tend' is not known; did you mean 'trend'? `mendel runs` shows those that are");
  EXPECT_THAT(resolved(""), StartsWith("run '' is not known"));
}

}  // namespace
}  // namespace mendel::cli

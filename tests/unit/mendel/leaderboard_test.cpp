#include "topology/mendel/leaderboard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

config::Value document(const char* text) {
  Result<config::Value> value = config::parse_json(text, "test");
  check(static_cast<bool>(value), "the test's JSON is right");
  return *value;
}

const char* const kDocument = R"({
  "run": "01K", "seed": 42, "generations": 31, "evaluations": 3210,
  "evaluations_per_second": 4567.8, "digest": "ab12",
  "best": {"genes": {"fast": 7}},
  "leaderboard": [
    {"rank": 1, "genes": {"ceiling": 67.5, "fast": 7, "kind": "ema"},
     "in_sample": {"sharpe_ratio": 0.987, "total_return": 1.5, "max_drawdown": 0.123,
                   "trade_count": 31},
     "out_of_sample": {"sharpe_ratio": null, "total_return": -0.05, "max_drawdown": 0.2,
                       "trade_count": 0}}],
  "buy_and_hold": {"in_sample": {"sharpe_ratio": 0.4}, "out_of_sample": {"sharpe_ratio": 0.5}},
  "notes": ["this out-of-sample range: look 7"]})";

std::string line_with(const std::string& text, const std::string& word) {
  const std::size_t at = text.find(word);
  if (at == std::string::npos) return "";
  const std::size_t begin = text.rfind('\n', at) + 1;
  return text.substr(begin, text.find('\n', at) - begin);
}

TEST(Leaderboard, ShowsGenesAndBothWindowsOfACandidate) {
  const std::string line = line_with(leaderboard_text(document(kDocument)), "fast=7");
  EXPECT_THAT(line, HasSubstr("ceiling=67.5 fast=7 kind=ema"));
  EXPECT_THAT(line, HasSubstr("0.99"));
  EXPECT_THAT(line, HasSubstr("150.0 %"));
  EXPECT_THAT(line, HasSubstr("12.3 %"));
  EXPECT_THAT(line, HasSubstr("31"));
  EXPECT_THAT(line, HasSubstr("-5.0 %"));
}

TEST(Leaderboard, MarksTheFrontOfSeveralObjectives) {
  config::Value run = document(kDocument);
  EXPECT_THAT(leaderboard_text(run), Not(HasSubstr("on the front")));
  config::Value list = config::Value::array();
  for (const bool front : {true, false}) {
    config::Value row = run.find("leaderboard")->items().front();
    row.set("front", front);
    list.push(std::move(row));
  }
  run.set("leaderboard", std::move(list));
  const std::string text = leaderboard_text(run);
  EXPECT_THAT(text, HasSubstr("\n 1*  ceiling"));
  EXPECT_THAT(text, HasSubstr("\n 2   ceiling"));
  EXPECT_THAT(text, HasSubstr("* on the front"));
}

TEST(Leaderboard, TheQueryCountsAsTheTableDoes) {
  const std::string line = line_with(leaderboard_text(document(kDocument)), "fast=7");
  EXPECT_THAT(line, testing::StartsWith("  1  "));
  EXPECT_THAT(leaderboard_query("01K"), HasSubstr("SELECT rank + 1 AS \"#\", genes"));
  EXPECT_THAT(leaderboard_query("01K"), HasSubstr("WHERE run = '01K'"));
}

TEST(Leaderboard, ShowsWhatNeededNoEvaluationAndWhatStoppedTheSearch) {
  config::Value run = document(kDocument);
  EXPECT_THAT(leaderboard_text(run), Not(HasSubstr("duplicates"))) << "a report of an older build";
  run.set("candidates", 4000);
  run.set("duplicates", 0.1975);
  run.set("cache_hits", 0.5);
  run.set("stopped_by", "target");
  EXPECT_THAT(leaderboard_text(run),
              HasSubstr("digest ab12\nstopped by target; 4,000 candidates, 19.8 % duplicates; "
                        "50.0 % of the evaluations were in the score log\n\n"));
}

TEST(Leaderboard, ACautionOfTheVerdictIsNotANoteAsWell) {
  config::Value run = document(kDocument);
  run.set("verdict", document(R"({"verdict": "weak", "why": "x", "cautions": ["odd opens; so"]})"));
  run.set("notes", document(R"(["odd opens", "look 7"])"));
  const std::string text = leaderboard_text(run);
  EXPECT_THAT(text, HasSubstr("caution: odd opens; so"));
  EXPECT_THAT(text, Not(HasSubstr("note: odd opens")));
  EXPECT_THAT(text, HasSubstr("note: look 7"));
}

TEST(Leaderboard, ShowsADashForWhatIsUndefined) {
  EXPECT_THAT(line_with(leaderboard_text(document(kDocument)), "fast=7"), HasSubstr("–"));
}

TEST(Leaderboard, ShowsBuyAndHoldBeside) {
  const std::string line = line_with(leaderboard_text(document(kDocument)), "buy and hold");
  EXPECT_THAT(line, HasSubstr("0.40"));
  EXPECT_THAT(line, HasSubstr("0.50"));
}

TEST(Leaderboard, NamesRunSeedCountsAndDigest) {
  const std::string text = leaderboard_text(document(kDocument));
  EXPECT_THAT(text, HasSubstr("run 01K"));
  EXPECT_THAT(text, HasSubstr("31 generations, 3,210 evaluations"));
  EXPECT_THAT(text, HasSubstr("seed 42"));
  EXPECT_THAT(text, HasSubstr("digest ab12"));
  config::Value run = document(kDocument);
  run.set("generations", 1);
  EXPECT_THAT(leaderboard_text(run), HasSubstr("1 generation, 3,210"));
}

TEST(Leaderboard, LeavesOutARateThatNobodyMeasured) {
  const std::string text = leaderboard_text(
      document(R"({"evaluations": 3210, "evaluations_per_second": null, "best": null})"));
  EXPECT_THAT(text, HasSubstr("3,210 evaluations, seed"));
}

TEST(Leaderboard, PassesOnWhatAReaderMustKnow) {
  EXPECT_THAT(leaderboard_text(document(kDocument)), HasSubstr("this out-of-sample range: look 7"));
}

TEST(Leaderboard, LeavesTheOutOfSampleColumnsOutWhereThereIsNoSuchWindow) {
  const std::string text = leaderboard_text(
      document(R"({"best": {}, "leaderboard": [], "buy_and_hold": {"in_sample": {}}})"));
  EXPECT_THAT(text, Not(HasSubstr("out of sample")));
}

TEST(Leaderboard, SaysWhenNoGenomeIsFeasible) {
  const config::Value none = document(R"({"best": null, "leaderboard": [], "notes": []})");
  EXPECT_FALSE(has_best(none));
  EXPECT_THAT(leaderboard_text(none), HasSubstr("no genome was feasible"));
  EXPECT_TRUE(has_best(document(kDocument)));
}

}  // namespace
}  // namespace mendel::cli

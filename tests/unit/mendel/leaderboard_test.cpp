#include "topology/mendel/leaderboard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "shared/market/metrics.hpp"
#include "topology/mendel/leaderboard_table.hpp"

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

// The same run with another candidate, three objectives, and a front of 14.
config::Value several_objectives() {
  config::Value run = document(kDocument);
  config::Value list = config::Value::array();
  for (const bool front : {true, false}) {
    config::Value row = run.find("leaderboard")->items().front();
    config::Value metrics = *row.find("in_sample");
    metrics.set("turnover", 12.345);
    row.set("in_sample", metrics);
    row.set("front", front);
    list.push(std::move(row));
  }
  run.set("leaderboard", std::move(list));
  run.set("objectives", document(R"(["sharpe_ratio max", "max_drawdown min", "turnover min"])"));
  run.set("pick", "knee");
  run.set("front_size", 14);
  return run;
}

TEST(Leaderboard, MarksThePickAndSaysByWhichRule) {
  config::Value run = document(kDocument);
  EXPECT_THAT(leaderboard_text(run), HasSubstr("\n> 1  ceiling"));
  EXPECT_THAT(leaderboard_text(run), HasSubstr("> the pick\n")) << "a report of an older build";
  run.set("objectives", document(R"(["calmar_ratio max"])"));
  EXPECT_THAT(leaderboard_text(run), HasSubstr("     > the pick: the best calmar_ratio\n"));
  config::Value several = several_objectives();
  const auto mark = [&](const char* rule) {
    several.set("pick", rule);
    return line_with(leaderboard_text(several), "> the pick");
  };
  EXPECT_THAT(mark("knee"), HasSubstr("> the pick: the knee of the front of 14"));
  EXPECT_THAT(mark("first"), HasSubstr(": the best sharpe_ratio of the front of 14"));
  EXPECT_THAT(mark("weighted:2,1,1"), HasSubstr(": weighted:2,1,1 of the front of 14"));
}

TEST(Leaderboard, MarksTheFrontOfSeveralObjectives) {
  EXPECT_THAT(leaderboard_text(document(kDocument)), Not(HasSubstr("front")));
  const std::string text = leaderboard_text(several_objectives());
  EXPECT_THAT(text, HasSubstr("\n> 1*  ceiling"));
  EXPECT_THAT(text, HasSubstr("\n  2   ceiling"));
  EXPECT_THAT(text, HasSubstr("* the front"));
}

TEST(Leaderboard, ShowsEveryObjectiveInItsOrderBeforeTheUsualColumns) {
  const std::string text = leaderboard_text(several_objectives());
  EXPECT_THAT(text, HasSubstr("objectives: sharpe_ratio max, max_drawdown min, turnover min\n"));
  EXPECT_THAT(line_with(text, "genes"),
              HasSubstr("   Sharpe drawdown turnover   return trades   Sharpe drawdown turnover"));
  EXPECT_THAT(line_with(text, "> 1*"), HasSubstr("  0.99   12.3 %    12.35  150.0 %     31"));
}

// Every metric may be an objective.
TEST(Leaderboard, HasAColumnForEveryMetric) {
  config::Value run = document(kDocument);
  for (const std::string_view metric : market::kMetricNames) {
    config::Value objectives = config::Value::array();
    objectives.push(std::string(metric) + " max");
    run.set("objectives", objectives);
    config::Value metrics;
    metrics.set(std::string(metric), 0.4242);
    run.set("buy_and_hold", config::Value());
    config::Value row;
    row.set("in_sample", metrics);
    config::Value rows = config::Value::array();
    rows.push(row);
    run.set("leaderboard", rows);
    const std::string line = line_with(leaderboard_text(run), "> 1");
    EXPECT_TRUE(line.starts_with("> 1                ")) << line;
    EXPECT_THAT(line.substr(0, line.find("–")), testing::ContainsRegex(" (0|0.42|42.4 %|42.42 %) "))
        << metric;
  }
}

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::size_t width = 0;
  for (const char c : text) {
    if (c == '\n')
      width = 0;
    else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80)
      widest = std::max(widest, ++width);
  }
  return widest;
}

TEST(Leaderboard, FitsIntoANarrowTerminal) {
  const config::Value run = several_objectives();
  const std::string text = leaderboard_table(run, 80);
  EXPECT_LE(widest_line(text), 80u) << text;
  EXPECT_THAT(text, HasSubstr("\n      ceiling=67.5 fast=7 kind=ema\n"));
  EXPECT_THAT(line_with(text, "> 1*"), HasSubstr("> 1*     0.99   12.3 %    12.35  150.0 %  "));
  EXPECT_THAT(text, Not(HasSubstr("trades"))) << "no objective, and there is no room";
  EXPECT_THAT(leaderboard_table(run, 20), HasSubstr("turnover")) << "an objective";
  EXPECT_EQ(leaderboard_table(run, widest_line(leaderboard_table(run, 0))),
            leaderboard_table(run, 0));
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

TEST(Leaderboard, TellsTheSearchsRateAndTheTimeOfJudgingApart) {
  config::Value run = document(kDocument);
  EXPECT_THAT(leaderboard_text(run), HasSubstr("3,210 evaluations, 4,567 a second, seed 42"));
  run.set("judged_seconds", 19.7);
  EXPECT_THAT(leaderboard_text(run),
              HasSubstr("3,210 evaluations, 4,567 a second, judged in 20 s, seed 42"));
  run.set("judged_seconds", 0.4);
  EXPECT_THAT(leaderboard_text(run), Not(HasSubstr("judged")));
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
  config::Value near = none;
  near.set("nearest", document(R"({"genes": {"fast": 7},
                                   "missed": ["trade_count is 7, limit >= 9", "cagr is 0"]})"));
  near.set("verdict", document(R"({"verdict": "reject", "why": "no feasible genome"})"));
  const std::string text = leaderboard_text(near);
  EXPECT_THAT(text, HasSubstr("so the verdict is reject\nthe nearest: trade_count is 7, limit >= "
                              "9; cagr is 0 (fast=7)\n"));
  EXPECT_EQ(text.find("feasible"), text.rfind("feasible")) << "said once";
  EXPECT_TRUE(has_best(document(kDocument)));
}

}  // namespace
}  // namespace mendel::cli

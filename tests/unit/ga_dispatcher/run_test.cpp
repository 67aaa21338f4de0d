// Runs from request to report.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/ga_dispatcher/fixture.hpp"

namespace mendel::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(Run, EndsWithAReport) {
  FakeWorld world({}, score_of);
  const wire::Reply reply = world.ask("submit", kRun, experiment_text());
  EXPECT_EQ(reply.error, "");
  const config::Value report = world.finish(kRun);
  EXPECT_THAT(world.faults, IsEmpty());
  EXPECT_EQ(text_at(report, "run"), std::string("\"") + kRun + "\"");
  EXPECT_EQ(text_at(report, "generations"), "8");
  EXPECT_EQ(text_at(report, "out_of_sample_look"), "1");
  EXPECT_EQ(report.find_path("buy_and_hold.strategy_id")->as_text().size(), 64u);
  EXPECT_EQ(text_at(report, "buy_and_hold.in_sample.sharpe_ratio"), "0.25");
  EXPECT_EQ(text_at(report, "buy_and_hold.out_of_sample.sharpe_ratio"), "0.125");
  const auto& rows = report.find("leaderboard")->items();
  ASSERT_EQ(rows.size(), 11u);
  EXPECT_EQ(text_at(rows.front(), "strategy_id"), text_at(report, "best.strategy_id"));
  EXPECT_EQ(report.find("history")->items().size(), 8u);
  const double in_sample = report.find_path("best.in_sample.sharpe_ratio")->as_number();
  EXPECT_GT(in_sample, 2);
  EXPECT_EQ(report.find_path("best.out_of_sample.sharpe_ratio")->as_number(), in_sample / 2);
  EXPECT_EQ(world.progress(kRun).state, "finished");
}

TEST(Run, RecordsEverythingBeforeItIsFinished) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, experiment_text());
  world.finish(kRun);
  const std::string run = kRun;
  for (int generation = 0; generation < 8; ++generation)
    for (int island = 0; island < 2; ++island)
      EXPECT_EQ(world.records.count("generation." + run + "." + std::to_string(island) + "." +
                                    std::to_string(generation)),
                1u);
  EXPECT_EQ(world.records.count("run." + run + ".running"), 1u);
  EXPECT_EQ(world.records.count("run." + run + ".finished"), 1u);
  const auto& verdict = std::get<wire::Verdict>(world.records.at("verdict." + run));
  ASSERT_EQ(verdict.reported.size(), 11u);
  const auto report = config::parse_json(verdict.report, "report");
  EXPECT_EQ(report->find("leaderboard")->items()[10].find("strategy_id")->as_text(),
            verdict.reported[10].in_sample_key.hex());
  EXPECT_EQ(verdict.report, world.runs[run]["report.json"]);
}

TEST(Run, EvaluatesEveryDistinctGenomeOnce) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, experiment_text());
  const config::Value report = world.finish(kRun);
  // The search, eleven out of sample, buy-and-hold, and what the verdict needs.
  EXPECT_GT(world.evaluated, report.find("evaluations")->as_integer() + 12u);
  EXPECT_EQ(world.evaluated, world.recorded.size());
  EXPECT_EQ(world.sample("redispatched_total"), 0);
}

TEST(Run, ItsRateIsThatOfTheSearchAndStandsStillWhileItIsJudged) {
  FakeWorldSettings settings;
  settings.candidate_ms = 5;
  FakeWorld world(settings, score_of);
  world.ask("submit", kRun, experiment_text());
  ASSERT_TRUE(world.run_until([&] { return world.progress(kRun).state == "reporting"; }));
  const double rate = world.progress(kRun).evaluations_per_second;
  EXPECT_GT(rate, 100);
  EXPECT_LT(rate, 400);
  world.finish(kRun);
  EXPECT_EQ(world.progress(kRun).state, "finished");
  EXPECT_EQ(world.progress(kRun).evaluations_per_second, rate);
}

TEST(Run, ALifeThatBeginsAfterTheSearchHasNoRate) {
  FakeWorldSettings settings;
  settings.candidate_ms = 5;
  FakeWorld world(settings, score_of);
  world.ask("submit", kRun, experiment_text());
  ASSERT_TRUE(world.run_until([&] { return world.progress(kRun).state == "reporting"; }));
  world.kill_dispatcher();
  world.start_dispatcher();
  ASSERT_TRUE(
      world.run_until([&] { return world.progress(kRun).evaluations_per_second == 0; }, 10));
  world.finish(kRun);
  EXPECT_EQ(world.progress(kRun).evaluations_per_second, 0);
}

TEST(Run, TellsHowManySamplesOfItsVerdictThereAre) {
  FakeWorldSettings settings;
  settings.candidate_ms = 100;
  FakeWorld world(settings, score_of);
  world.ask("submit", kRun, experiment_text());
  std::vector<std::string> told;
  ASSERT_TRUE(world.run_until([&] {
    const wire::Progress& progress = world.progress(kRun);
    if (progress.state == "reporting" && (told.empty() || told.back() != progress.detail))
      told.push_back(progress.detail);
    return progress.state == "finished";
  }));
  ASSERT_GT(told.size(), 3u);
  EXPECT_THAT(told.front(), ::testing::MatchesRegex("judging: [0-9] of [0-9]+ samples"));
  EXPECT_THAT(told.at(told.size() / 2),
              ::testing::MatchesRegex("judging: [0-9]+ of [0-9]+ samples"));
  EXPECT_NE(told.at(told.size() / 2), told.front());
  EXPECT_EQ(world.progress(kRun).detail.find("judging"), std::string::npos);
}

TEST(Run, EndsWithAVerdictAndTheTableOfItsTests) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, experiment_text());
  const config::Value report = world.finish(kRun);
  ASSERT_EQ(report.find_path("verdict.tests")->items().size(), 6u);
  for (const config::Value& test : report.find_path("verdict.tests")->items()) {
    EXPECT_FALSE(test.find("meaning")->as_text().empty());
    EXPECT_TRUE(test.find("value")->is_number()) << config::to_json(test);
  }
  const config::Value& numbers = *report.find_path("verdict.numbers");
  EXPECT_EQ(text_at(numbers, "days"), "320");
  EXPECT_EQ(text_at(numbers, "trials"), text_at(report, "evaluations"));
  EXPECT_EQ(text_at(numbers, "neighbours"), "6");
  EXPECT_EQ(text_at(numbers, "uniform_sample"), "40");
  // 40 of each sample.
  EXPECT_EQ(text_at(numbers, "pbo_genomes"), "80");
  EXPECT_EQ(text_at(numbers, "out_of_sample_sharpe"),
            text_at(report, "best.out_of_sample.sharpe_ratio"));
  // score_of returns a half everywhere, whatever it costs.
  EXPECT_EQ(text_at(numbers, "return_at_double_costs"), "0.5");
}

TEST(Run, TriesOfEarlierRunsOnTheSameDataCount) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, experiment_text());
  const config::Value first = world.finish(kRun);
  world.kill_dispatcher();
  world.start_dispatcher();
  world.ask("submit", kOtherRun, experiment_text("generations = 2\nseed = 7"));
  const config::Value second = world.finish(kOtherRun);
  EXPECT_EQ(second.find_path("verdict.numbers.trials")->as_integer(),
            first.find("evaluations")->as_integer() + second.find("evaluations")->as_integer());
}

TEST(Run, TheSameSearchAgainIsNoNewTry) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, experiment_text());
  const config::Value first = world.finish(kRun);
  world.ask("submit", kOtherRun, experiment_text());
  EXPECT_EQ(text_at(world.finish(kOtherRun), "verdict.numbers.trials"),
            text_at(first, "evaluations"));
}

TEST(Run, FillsAtTheCloseGetNoVerdict) {
  FakeWorld world({}, score_of);
  std::string text = experiment_text();
  text.replace(text.find("[genes]"), 7, "fill = \"close\"\n[genes]");
  EXPECT_EQ(world.ask("submit", kRun, text).error, "");
  const config::Value report = world.finish(kRun);
  EXPECT_EQ(text_at(report, "verdict.verdict"), "\"none\"");
  EXPECT_THAT(text_at(report, "verdict.why"), HasSubstr("fill"));
  EXPECT_EQ(world.evaluated, report.find("evaluations")->as_integer() + 12u);
}

// The experiment on a null of its data.
std::string null_text() {
  std::string text = experiment_text();
  const std::size_t line = text.find("out_of_sample");
  return text.replace(line, text.find('\n', line) - line, "shuffle = 3");
}

TEST(Run, ANullIsOrderedShuffledAndGetsNoVerdict) {
  FakeWorld world({}, score_of);
  EXPECT_EQ(world.ask("submit", kRun, null_text()).error, "");
  const config::Value report = world.finish(kRun);
  ASSERT_EQ(world.orders.size(), 1u);
  EXPECT_EQ(world.orders[0].shuffle, 3u);
  EXPECT_EQ(text_at(report, "verdict.verdict"), "\"none\"");
  EXPECT_THAT(text_at(report, "notes"), HasSubstr("null 3"));
  EXPECT_EQ(world.evaluated, report.find("evaluations")->as_integer() + 1u);
}

TEST(Run, NullsAreNoTriesOnTheData) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, null_text());
  world.finish(kRun);
  world.ask("submit", kOtherRun, experiment_text());
  const config::Value report = world.finish(kOtherRun);
  EXPECT_EQ(world.orders[1].shuffle, 0u);
  EXPECT_EQ(text_at(report, "verdict.numbers.trials"), text_at(report, "evaluations"));
  EXPECT_EQ(text_at(report, "out_of_sample_look"), "1");
}

TEST(Run, OpensThatLookSyntheticAreACaution) {
  FakeWorld world({}, score_of);
  world.quality = R"({"symbols":{"X":{"warnings":["opens look synthetic: 2020: 97 %"]}}})";
  world.ask("submit", kRun, experiment_text());
  EXPECT_THAT(text_at(world.finish(kRun), "verdict.cautions"),
              HasSubstr("fills at the next open are optimistic"));
}

TEST(Run, LooksOutOfSampleOnlyAtTheReported) {
  FakeWorld world({}, [&](const std::vector<double>& genome) { return score_of(genome); });
  world.ask("submit", kRun, experiment_text());
  ASSERT_TRUE(world.run_until([&] { return world.progress(kRun).generation >= 6; }));
  EXPECT_EQ(world.runs[kRun].count("report.json"), 0u);
  const auto first = world.recorded.size();
  world.finish(kRun);
  EXPECT_GT(world.recorded.size(), first);
}

TEST(Run, TheDigestDoesNotDependOnTheRun) {
  FakeWorld world({}, score_of);
  world.ask("submit", kOtherRun, experiment_text());
  EXPECT_TRUE(reference_of(world.finish(kOtherRun)) == reference());
}

TEST(Run, CountsTheLooksAtAnOutOfSampleRange) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, experiment_text());
  world.finish(kRun);
  world.kill_dispatcher();
  world.start_dispatcher();
  world.ask("submit", kOtherRun, experiment_text("generations = 2"));
  const config::Value second = world.finish(kOtherRun);
  EXPECT_EQ(text_at(second, "out_of_sample_look"), "2");
  EXPECT_THAT(text_at(second, "notes"), HasSubstr("this out-of-sample range: look 2"));
}

TEST(Run, ReportsWhatTheEngineSaysOfTheData) {
  FakeWorld world({}, score_of);
  world.examination = ga_dispatcher::Examination{{"X: bars span half of out_of_sample"}, 256, 320};
  world.ask("submit", kRun, experiment_text());
  const config::Value report = world.finish(kRun);
  EXPECT_THAT(text_at(report, "notes"), HasSubstr("X: bars span half of out_of_sample"));
  EXPECT_EQ(text_at(report, "digest"), reference().digest);
}

TEST(Run, FailsBeforeTheSearchWhenTheEngineRefusesTheData) {
  FakeWorld world({}, score_of);
  world.examination = configuration_error("X: no bars in out_of_sample");
  world.ask("submit", kRun, experiment_text());
  world.finish(kRun);
  EXPECT_EQ(world.progress(kRun).state, "failed");
  EXPECT_EQ(world.progress(kRun).detail, "X: no bars in out_of_sample");
  EXPECT_EQ(world.evaluated, 0U);
}

TEST(Run, GoesOnWhenTheDatasetCannotBeReadNowAndSaysWhatIsMissing) {
  FakeWorld world({}, score_of);
  world.examination = transient_error("no such file");
  world.ask("submit", kRun, experiment_text());
  const config::Value report = world.finish(kRun);
  EXPECT_THAT(text_at(report, "notes"), HasSubstr("are missing: no such file"));
  EXPECT_EQ(text_at(report, "digest"), reference().digest);
}

TEST(Run, AnotherSeedIsAnotherSearch) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, experiment_text("generations = 8\nseed = 7"));
  EXPECT_NE(text_at(world.finish(kRun), "digest"), reference().digest);
}

TEST(Run, SeveralShareTheEvaluators) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, experiment_text());
  world.ask("submit", kOtherRun, experiment_text("generations = 8\nseed = 7"));
  const config::Value first = world.finish(kRun);
  EXPECT_EQ(text_at(first, "digest"), reference().digest);
  const config::Value second = world.finish(kOtherRun);
  EXPECT_EQ(text_at(second, "generations"), "8");
  EXPECT_NE(text_at(first, "out_of_sample_look"), text_at(second, "out_of_sample_look"));
  EXPECT_THAT(world.faults, IsEmpty());
}

TEST(Run, SeveralObjectivesEndWithAPick) {
  FakeWorld world({}, score_of);
  std::string text = experiment_text("generations = 4\npick = \"knee\"");
  const std::string one = "[\"sharpe_ratio max\"]";
  text.replace(text.find(one), one.size(), "[\"sharpe_ratio max\", \"trade_count min\"]");
  EXPECT_EQ(world.ask("submit", kRun, text).error, "");
  const config::Value report = world.finish(kRun);
  EXPECT_TRUE(report.find("best")->is_table());
  EXPECT_EQ(text_at(report, "pick"), "\"knee\"");
  EXPECT_EQ(text_at(report, "objectives"), R"(["sharpe_ratio max","trade_count min"])");
  EXPECT_THAT(world.ask("list", "").body,
              HasSubstr("\"objectives\":" + text_at(report, "objectives")));
  // What is on the front is not beaten in both objectives by anything shown; what is not, is.
  const auto& rows = report.find("leaderboard")->items();
  ASSERT_GT(rows.size(), 2u);
  const auto at = [](const config::Value& row, const char* metric) {
    return row.find("in_sample")->find(metric)->as_number();
  };
  for (const config::Value& row : rows) {
    const bool beaten = std::any_of(rows.begin(), rows.end(), [&](const config::Value& other) {
      const double sharpe = at(other, "sharpe_ratio") - at(row, "sharpe_ratio");
      const double trades = at(row, "trade_count") - at(other, "trade_count");
      return sharpe >= 0 && trades >= 0 && sharpe + trades > 0;
    });
    EXPECT_EQ(row.find("front")->as_bool(), !beaten) << config::to_json(row);
  }
  // Not only those that are shown.
  const auto on_front = [](const config::Value& row) { return row.find("front")->as_bool(); };
  EXPECT_GE(report.find("front_size")->as_integer(),
            std::count_if(rows.begin(), rows.end(), on_front));
}

TEST(Run, WithoutAFeasibleGenomeThereIsNoBest) {
  FakeWorld world({}, score_of);
  std::string text = experiment_text();
  text.replace(text.find("trade_count >= 10"), 17, "trade_count >= 99");
  world.ask("submit", kRun, text);
  const config::Value report = world.finish(kRun);
  EXPECT_TRUE(report.find("best")->is_null());
  EXPECT_EQ(text_at(report, "verdict.verdict"), "\"reject\"");
  EXPECT_EQ(text_at(report, "verdict.why"), "\"no feasible genome\"");
  EXPECT_TRUE(report.find("out_of_sample_look")->is_null());
  EXPECT_THAT(text_at(report, "nearest.missed"),
              ::testing::MatchesRegex(R"re(\["trade_count is 5[0-5], limit >= 99"\])re"));
  EXPECT_THAT(text_at(report, "notes"), Not(HasSubstr("feasible"))) << "the verdict says it";
  EXPECT_EQ(world.progress(kRun).state, "finished");
  EXPECT_EQ(world.progress(kRun).detail, "no feasible genome");
}

TEST(Run, ARefusedCandidateRanksLastAndTheSearchGoesOn) {
  FakeWorld world({}, [](const std::vector<double>& genome) {
    wire::Score score = score_of(genome);
    if (!genome.empty() && genome[0] > 20) {
      score.rows.clear();
      score.invalid = "too slow";
    }
    return score;
  });
  world.ask("submit", kRun, experiment_text());
  EXPECT_TRUE(world.finish(kRun).find("best")->is_table());
  const auto& record = std::get<wire::GenerationRecord>(
      world.records.at(std::string("generation.") + kRun + ".0.0"));
  int refused = 0;
  for (const auto& slot : record.slots) refused += slot.invalid == "too slow";
  EXPECT_GT(refused, 0);
}

TEST(Run, FailsWithTheLoadersWords) {
  FakeWorld world({}, score_of);
  world.dataset_error = "no bars of X; there is: SP500 1d";
  world.ask("submit", kRun, experiment_text());
  world.finish(kRun);
  EXPECT_EQ(world.progress(kRun).state, "failed");
  EXPECT_EQ(world.progress(kRun).detail, "no bars of X; there is: SP500 1d");
  ASSERT_TRUE(world.run_until([&] { return !world.records.empty(); }));
  EXPECT_EQ(world.records.count(std::string("run.") + kRun + ".failed"), 1u);
}

TEST(Run, TellsItsProgressAtLeastOnceASecond) {
  FakeWorldSettings slow;
  slow.candidate_ms = 5000;
  slow.lease_ms = 100'000;
  FakeWorld world(slow, score_of);
  world.ask("submit", kRun, experiment_text());
  ASSERT_TRUE(world.run_until([&] { return world.progress(kRun).state == "running"; }));
  EXPECT_EQ(world.progress(kRun).generations, 8);
  EXPECT_TRUE(world.run_until([&] { return world.progress(kRun).evaluations > 0; }, 20));
}

TEST(Requests, ASubmissionMayBeSentTwice) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, experiment_text());
  const wire::Reply again = world.ask("submit", kRun, experiment_text());
  EXPECT_EQ(again.error, "");
  EXPECT_THAT(again.body, HasSubstr(kRun));
  EXPECT_TRUE(reference_of(world.finish(kRun)) == reference());
}

TEST(Requests, ABadExperimentIsRefusedWithItsPlace) {
  FakeWorld world({}, score_of);
  std::string text = experiment_text();
  text.replace(text.find("sma(close, fast)"), 16, "sma(close, fest)");
  const wire::Reply reply = world.ask("submit", kRun, text);
  EXPECT_EQ(reply.error_kind, 2);
  EXPECT_THAT(reply.error, HasSubstr("fest"));
  EXPECT_THAT(world.runs, IsEmpty());
}

TEST(Requests, UnsatisfiableConstraintsAreRefused) {
  FakeWorld world({}, score_of);
  std::string text = experiment_text();
  text.replace(text.find("fast < slow"), 11, "fast * fast < slow - 40");
  const wire::Reply reply = world.ask("submit", kRun, text);
  EXPECT_EQ(reply.error_kind, 2);
  EXPECT_THAT(reply.error, HasSubstr("constraints"));
}

TEST(Requests, BadRequestsAreAnswered) {
  FakeWorld world({}, score_of);
  EXPECT_EQ(world.ask("submit", "no-ulid", experiment_text()).error_kind, 2);
  EXPECT_EQ(world.ask("show", kRun).error_kind, 2);
  EXPECT_EQ(world.ask("cancel", kRun).error_kind, 2);
  EXPECT_THAT(world.ask("cancle", kRun).error, HasSubstr("did you mean 'cancel'?"));
}

TEST(Requests, ListAndShowKnowTheRuns) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, experiment_text());
  world.finish(kRun);
  EXPECT_THAT(world.ask("list", "").body, HasSubstr("\"state\":\"finished\""));
  EXPECT_THAT(world.ask("show", kRun).body, HasSubstr("leaderboard"));
}

TEST(Requests, CancelEndsARun) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, experiment_text("generations = 500"));
  ASSERT_TRUE(world.run_until([&] { return world.progress(kRun).generation > 2; }));
  EXPECT_THAT(world.ask("cancel", kRun).body, HasSubstr("cancelled"));
  world.finish(kRun);
  EXPECT_EQ(world.progress(kRun).state, "cancelled");
  EXPECT_EQ(world.sample("pending"), 0);
  EXPECT_EQ(world.sample("runs_active"), 0);
}

std::size_t genomes_in(const std::string& body) {
  const auto parsed = config::parse_json(body, "genomes");
  if (!parsed) return 0;
  if (parsed->is_array()) return parsed->items().size();
  const auto* genomes = parsed->find("genomes");
  return genomes == nullptr ? 0 : genomes->items().size();
}

TEST(Run, TellsItsGenomesToAForkWhileItRunsAndAfterIt) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, experiment_text());
  ASSERT_TRUE(world.run_until([&] { return world.progress(kRun).generation >= 3; }));
  EXPECT_GE(genomes_in(world.ask("genomes", kRun).body), 10u);
  world.finish(kRun);
  const auto after = genomes_in(world.ask("genomes", kRun).body);
  EXPECT_GE(after, 10u);
  EXPECT_LE(after, 40u) << "a generation of two islands";
}

}  // namespace
}  // namespace mendel::testing

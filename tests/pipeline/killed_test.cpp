// What a killed process costs: time, and nothing of the result.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <utility>
#include <variant>

#include "shared/base/version.hpp"
#include "shared/runtime/client.hpp"
#include "tests/pipeline/pipeline.hpp"

namespace mendel::testing {
namespace {

// A generation takes some milliseconds, whatever the machine: hundreds of them have a middle that
// is met by listening to the progress, of which every generation tells some.
constexpr std::int64_t kPopulation = 48;
constexpr std::int64_t kGenerations = 300;

std::string demo_file(const std::string& name) {
  return std::string(MENDEL_SOURCE_DIR) + "/topology/demo/" + name;
}

std::vector<std::string> evolve_words() {
  return {"evolve",
          demo_file("experiment.toml"),
          "--json",
          "--population",
          std::to_string(kPopulation),
          "--generations",
          std::to_string(kGenerations)};
}

// A run in the background of a pipeline that something is done to.
class Killed : public ::testing::Test {
 protected:
  void start(int evaluators) {
    pipeline_.emplace(evaluators);
    ASSERT_TRUE(pipeline_->ready());
    auto taps = runtime::TapListener::open(pipeline_->topology(), {"copy.progress."});
    ASSERT_TRUE(taps) << taps.error().message;
    taps_.emplace(std::move(*taps));
    pipeline_->ingest(demo_file("sp500_1d.csv"), "SP500", "vega-datasets");
    run_.emplace(pipeline_->with_state(evolve_words()));
  }

  // The run is in that generation or behind it, now.
  bool reached(std::int64_t generation) {
    while (run_->running()) {
      const auto tapped = taps_->next(100);
      if (!tapped || !tapped->message) continue;
      const auto* progress = std::get_if<wire::Progress>(&*tapped->message);
      if (progress != nullptr && progress->generation >= generation) return true;
    }
    return false;
  }

  // It stands still. What it is handed from now on it cannot score, and for two seconds the
  // dispatcher does not know that it should hand it nothing.
  pid_t stop_an_evaluator_that_holds_batches() {
    const pid_t evaluator = pipeline_->pid("evaluator");
    kill(evaluator, SIGSTOP);
    const auto uptime = [&] { return pipeline_->stages("ga_dispatcher").front().uptime_seconds; };
    const double stopped = uptime();
    EXPECT_TRUE(eventually([&] { return uptime() > stopped + 0.5; }));
    return evaluator;
  }

  config::Value document() {
    const Said said = run_->wait();
    EXPECT_EQ(said.code, 0) << said.err;
    Result<config::Value> parsed = config::parse_json(said.out, "evolve --json");
    EXPECT_TRUE(parsed) << said.out << said.err;
    return parsed ? *parsed : config::Value();
  }

  // Everything of the run is in the database, once.
  void expect_all_rows_once(const config::Value& document) {
    const std::string run = text_at(document, "run");
    EXPECT_EQ(
        pipeline_->sql(fmt::format("SELECT count(*) FROM mendel.candidates WHERE run = '{}'", run)),
        std::to_string(kPopulation * kGenerations));
    EXPECT_EQ(
        pipeline_->sql(fmt::format(
            "SELECT count(DISTINCT strategy_id) FROM mendel.candidates WHERE run = '{}'", run)),
        fmt::format("{}", number_at(document, "evaluations")));
    EXPECT_EQ(pipeline_->sql("SELECT count(*) FROM (SELECT 1 FROM mendel.strategy_metrics "
                             "GROUP BY strategy_id, window_name, symbol HAVING count(*) > 1) t"),
              "0");
    EXPECT_EQ(pipeline_->sql(fmt::format(
                  "SELECT count(*) FROM mendel.candidates c WHERE run = '{}' AND NOT EXISTS "
                  "(SELECT 1 FROM mendel.strategy_metrics m WHERE m.strategy_id = c.strategy_id)",
                  run)),
              "0");
  }

  std::optional<Pipeline> pipeline_;
  std::optional<runtime::TapListener> taps_;
  std::optional<Background> run_;
};

// The document of the same search when nothing is killed.
const config::Value& undisturbed() {
  static const config::Value kDocument = [] {
    Pipeline pipeline(1);
    if (!pipeline.ready()) return config::Value();
    pipeline.ingest(demo_file("sp500_1d.csv"), "SP500", "vega-datasets");
    const Said said = pipeline.mendel(evolve_words());
    EXPECT_EQ(said.code, 0) << said.err;
    Result<config::Value> document = config::parse_json(said.out, "evolve --json");
    return document ? *document : config::Value();
  }();
  return kDocument;
}
std::string undisturbed_digest() { return text_at(undisturbed(), "digest"); }

std::string verdict_of(const config::Value& document) {
  const config::Value* verdict = document.find("verdict");
  return verdict == nullptr ? "none" : config::to_json(*verdict);
}

TEST_F(Killed, AnEvaluatorThatHeldCandidatesCostsARedispatchAndNoBit) {
  start(1);
  ASSERT_TRUE(reached(1));
  const pid_t evaluator = stop_an_evaluator_that_holds_batches();
  ASSERT_TRUE(run_->running());  // there is no other to go on with
  kill(evaluator, SIGKILL);
  const config::Value result = document();
  EXPECT_GT(number_at(result, "redispatched"), 0);
  EXPECT_NE(pipeline_->pid("evaluator"), evaluator);
  EXPECT_EQ(text_at(result, "digest"), undisturbed_digest());
  expect_all_rows_once(result);
}

TEST_F(Killed, AnEvaluatorThatIsStoppedWithCandidatesHoldsNothingUp) {
  start(2);
  ASSERT_TRUE(reached(1));
  const pid_t evaluator = stop_an_evaluator_that_holds_batches();
  // The other computes what this one holds: as a second copy, or handed out again.
  const config::Value result = document();
  kill(evaluator, SIGCONT);
  EXPECT_EQ(text_at(result, "digest"), undisturbed_digest());
  expect_all_rows_once(result);
}

// It poses: what it would score is wrong.
TEST_F(Killed, AnEvaluatorOfAnotherVersionGetsNoCandidates) {
  start(1);
  cli::ChildSpec spec;
  spec.name = "evaluator-foreign";
  spec.words = {std::string(MENDEL_BINARY_DIR) + "/bin/posing_evaluator", "--state",
                pipeline_->state(), "--topology", pipeline_->topology().file()};
  spec.environment = {{"MENDEL_POSE_ENGINE", std::to_string(kEngineVersion + 1)}};
  spec.output_file = pipeline_->state() + "/foreign.log";
  const Result<cli::Child> foreign = cli::spawn(spec, 0);
  ASSERT_TRUE(foreign) << foreign.error().message;
  EXPECT_TRUE(eventually([&] {
    return pipeline_->sample("ga_dispatcher", "incompatible_evaluators") == 1 || !run_->running();
  }));
  EXPECT_TRUE(run_->running());
  const config::Value result = document();
  EXPECT_EQ(pipeline_->sample("ga_dispatcher", "incompatible_evaluators"), 1);
  cli::end_child(foreign->pid, SIGTERM, 10'000);
  EXPECT_EQ(text_at(result, "digest"), undisturbed_digest());
  expect_all_rows_once(result);
}

TEST_F(Killed, AResultsWriterInTheMiddleChangesNothing) {
  start(2);
  ASSERT_TRUE(reached(2));
  ASSERT_TRUE(run_->running());
  const pid_t writer = pipeline_->pid("results_writer");
  kill(writer, SIGKILL);
  const config::Value result = document();
  EXPECT_NE(pipeline_->pid("results_writer"), writer);
  EXPECT_EQ(text_at(result, "digest"), undisturbed_digest());
  expect_all_rows_once(result);
}

TEST_F(Killed, ADispatcherInTheMiddleResumesToTheSameBits) {
  start(2);
  ASSERT_TRUE(reached(2));
  ASSERT_TRUE(run_->running());
  const pid_t dispatcher = pipeline_->pid("ga_dispatcher");
  kill(dispatcher, SIGKILL);
  const config::Value result = document();
  EXPECT_NE(pipeline_->pid("ga_dispatcher"), dispatcher);
  EXPECT_EQ(text_at(result, "digest"), undisturbed_digest());
  EXPECT_EQ(verdict_of(result), verdict_of(undisturbed()));
  expect_all_rows_once(result);
}

TEST_F(Killed, ALoaderAndAMonitorInTheMiddleChangeNothing) {
  start(2);
  ASSERT_TRUE(reached(2));
  const pid_t loader = pipeline_->pid("data_loader");
  const pid_t monitor = pipeline_->pid("monitor");
  kill(loader, SIGKILL);
  kill(monitor, SIGKILL);
  EXPECT_LT(pipeline_->sample("ga_dispatcher", "generation"), kGenerations - 1);
  EXPECT_TRUE(run_->running());
  const config::Value result = document();
  EXPECT_NE(pipeline_->pid("data_loader"), loader);
  EXPECT_NE(pipeline_->pid("monitor"), monitor);
  EXPECT_EQ(text_at(result, "digest"), undisturbed_digest());
  expect_all_rows_once(result);
  EXPECT_EQ(pipeline_->sql("SELECT count(*) FROM mendel.market_data"), "5105");
}

}  // namespace
}  // namespace mendel::testing

// The database is away while a whole search happens, and writer and loader die meanwhile; and the
// connections of a pipeline of 64 evaluators.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "shared/base/time.hpp"
#include "tests/faults/round.hpp"

namespace mendel::faults {
namespace {

using testing::Background;
using testing::eventually;
using testing::Pipeline;
using testing::Said;
using testing::text_at;

std::string demo_csv() { return std::string(MENDEL_SOURCE_DIR) + "/topology/demo/sp500_1d.csv"; }

std::string state_of_latest_run(const Pipeline& pipeline) {
  const Said said = pipeline.mendel({"runs", "--json"});
  const auto document = config::parse_json(said.out, "runs --json");
  if (said.code != 0 || !document) return said.err;
  const config::Value* runs = document->is_array() ? &*document : document->find("runs");
  if (runs == nullptr || !runs->is_array() || runs->items().empty()) return said.out;
  return text_at(runs->items().front(), "state");
}

bool run_is(const Pipeline& pipeline, const std::string& state) {
  return eventually([&] { return state_of_latest_run(pipeline) == state; });
}

// Its dataset cannot be cut until the evaluators stand still, and they do until the database is
// away: so the whole search happens then.
void search_without_database(const Search& search, std::int64_t outage_ms) {
  const std::string digest = undisturbed_digest(search);
  ASSERT_EQ(digest.size(), 64U) << digest;
  Pipeline pipeline(2);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(demo_csv(), "SP500", "vega-datasets");
  Background holder(pipeline.with_state(
      {"sql",
       "BEGIN; LOCK TABLE mendel.market_data IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)"}));
  ASSERT_TRUE(eventually([&] {
    return pipeline.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") ==
           "1";
  }));
  Background run(pipeline.with_state(evolve_words(search)));
  ASSERT_TRUE(run_is(pipeline, "waiting")) << state_of_latest_run(pipeline);
  const auto evaluators = processes_of(pipeline.state(), "evaluator");
  ASSERT_EQ(evaluators.size(), 2U);
  for (const pid_t pid : evaluators) kill(pid, SIGSTOP);
  pipeline.sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
  ASSERT_TRUE(run_is(pipeline, "running")) << state_of_latest_run(pipeline);
  const std::int64_t began_ns = read_clocks().monotonic_ns;
  ASSERT_TRUE(bring_away(pipeline.state(), true));
  for (const pid_t pid : evaluators) kill(pid, SIGCONT);

  ASSERT_TRUE(eventually([&] { return pipeline.sample("results_writer", "undrained_bytes") > 0; }));
  for (const char* stage : {"results_writer", "data_loader"}) {
    const pid_t before = pipeline.pid(stage);
    kill(before, SIGKILL);
    EXPECT_TRUE(eventually([&] {
      const pid_t now = pipeline.pid(stage);
      return now != 0 && now != before;
    })) << stage;
  }
  EXPECT_TRUE(run_is(pipeline, "finished"))
      << "evolution does not go on: " << state_of_latest_run(pipeline);
  EXPECT_NE(pipeline.mendel({"sql", "SELECT 1"}).code, 0) << "the database was there";
  while (read_clocks().monotonic_ns - began_ns < outage_ms * kNsPerMs) usleep(100'000);

  ASSERT_TRUE(bring_away(pipeline.state(), false));
  const Said said = run.wait();
  EXPECT_EQ(said.code, 0) << said.err;
  const auto document = config::parse_json(said.out, "evolve --json");
  ASSERT_TRUE(document) << said.out << said.err;
  EXPECT_EQ(text_at(*document, "digest"), digest);
  Said verified;
  EXPECT_TRUE(eventually([&] {
    verified = pipeline.mendel({"verify", text_at(*document, "run")});
    return verified.code == 0;
  })) << verified.out
      << verified.err;
  EXPECT_EQ(pipeline.sql("SELECT count(*) FROM mendel.market_data"), "5105");
  EXPECT_TRUE(pipeline.ready());
}

TEST(Outage, AWholeSearchHappensWithoutTheDatabaseAndIsDrainedWhenItIsBack) {
  search_without_database({48, 40, 0}, 0);
}

TEST(SlowOutage, AMinuteWithoutTheDatabaseCostsNothingButTime) {
  search_without_database({96, 300, 0}, 60'000);
}

TEST(SlowConnections, SixtyFourEvaluatorsNeedNoMoreThanTheTwoPools) {
  Pipeline pipeline(64, {{"MENDEL_EVALUATOR_THREADS", "1"}});
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(demo_csv(), "SP500", "vega-datasets");
  Background run(pipeline.with_state(evolve_words({256, 100, 0})));
  int most = 0;
  while (run.running()) {
    const std::string seen = pipeline.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> "
        "pg_backend_pid() AND application_name NOT IN ('psql', 'mendel sql', 'mendel evolve')");
    most = std::max(most, std::atoi(seen.c_str()));
  }
  const Said said = run.wait();
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_GE(most, 1);
  EXPECT_LE(most, 4) << "data_loader.pool_max and results_writer.pool_max are 2 each";
  EXPECT_EQ(pipeline.stages("evaluator").size(), 64U);
}

}  // namespace
}  // namespace mendel::faults

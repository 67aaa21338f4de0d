// What the original design wanted to be measured is at /metrics of a pipeline that works.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "shared/http/client.hpp"
#include "tests/pipeline/pipeline.hpp"

namespace mendel::testing {
namespace {

using ::testing::HasSubstr;

const std::string kExperiment = std::string(MENDEL_SOURCE_DIR) + "/topology/demo/experiment.toml";

std::string metrics_of(const Pipeline& pipeline) {
  std::string address;
  std::ifstream(pipeline.topology().run() + "/monitor.http") >> address;
  return http::open_client(5000)->exchange({"GET", "http://" + address + "/metrics", {}, ""}).body;
}

TEST(Monitoring, AnswersTheOriginalsQuestions) {
  Pipeline pipeline(2);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(std::string(MENDEL_SOURCE_DIR) + "/topology/demo/sp500_1d.csv", "SP500",
                  "vega-datasets");
  const std::vector<std::string> asked = {
      "\nneon_connection_pool_active{stage=\"data_loader\"",
      "\nneon_connection_pool_idle{stage=\"results_writer\"",
      "\nneon_connection_failures_total{",
      "\nneon_query_response_time_ms{",
      "\nneon_database_size_gb{stage=\"data_loader\"",
      "\nneon_active_queries{stage=\"data_loader\"",
      "\nmendel_clock_skew_seconds{",
      "\nmendel_stage_up{stage=\"evaluator\"",
      "\nmendel_candidate_seconds{stage=\"evaluator\"",
      "\nmendel_process_cpu_cores{stage=\"evaluator\"",
      "\nmendel_process_cpu_seconds_total{stage=\"evaluator\"",
      "\nmendel_process_resident_memory_bytes{stage=\"evaluator\"",
      "\nmendel_append_seconds{stage=\"results_writer\"",
      "\nmendel_store_read_seconds{",
      "\nmendel_store_written_bytes_total{stage=\"results_writer\"",
      "\nmendel_store_used_bytes{",
      "\nmendel_store_mount_healthy{",
      "\nmendel_stage_availability_ratio{stage=\"evaluator\"}",
      "\nmendel_worker_failure_ratio "};
  std::string text;
  const auto is_there = [&](const std::string& series) {
    return text.find(series) != std::string::npos;
  };
  // The ratio is of what was handed out since monitor first heard of it: not of a run that was over
  // before.
  for (int seed = 1; seed <= 20 && !is_there(asked.back()); ++seed) {
    std::vector<std::string> options = kSmallDemo;
    options.insert(options.end(), {"--set", "search.seed=" + std::to_string(seed)});
    pipeline.evolve(kExperiment, options);
    text = metrics_of(pipeline);
  }
  EXPECT_TRUE(eventually([&] {
    text = metrics_of(pipeline);
    return std::all_of(asked.begin(), asked.end(), is_there);
  }));
  for (const std::string& series : asked) EXPECT_THAT(text, HasSubstr(series));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("certificate")));  // nothing is encrypted here
  EXPECT_THAT(pipeline.mendel({"status"}).out, HasSubstr(" MiB "));
}

}  // namespace
}  // namespace mendel::testing

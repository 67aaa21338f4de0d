// What the original design wanted to be measured is at /metrics of a pipeline that works.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

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
  pipeline.evolve(kExperiment, kSmallDemo);
  std::string text;
  // What was handed out since monitor first heard of it.
  EXPECT_TRUE(eventually([&] {
    text = metrics_of(pipeline);
    return text.find("\nmendel_worker_failure_ratio ") != std::string::npos;
  }));
  for (const char* series :
       {"\nneon_connection_pool_active{stage=\"data_loader\"",
        "\nneon_connection_pool_idle{stage=\"results_writer\"", "\nneon_connection_failures_total{",
        "\nneon_query_response_time_ms{", "\nneon_database_size_gb{stage=\"data_loader\"",
        "\nneon_active_queries{stage=\"data_loader\"", "\nmendel_clock_skew_seconds{",
        "\nmendel_stage_up{stage=\"evaluator\"", "\nmendel_candidate_seconds{stage=\"evaluator\"",
        "\nmendel_process_cpu_cores{stage=\"evaluator\"",
        "\nmendel_process_cpu_seconds_total{stage=\"evaluator\"",
        "\nmendel_process_resident_memory_bytes{stage=\"evaluator\"",
        "\nmendel_append_seconds{stage=\"results_writer\"", "\nmendel_store_read_seconds{",
        "\nmendel_store_written_bytes_total{stage=\"results_writer\"", "\nmendel_store_used_bytes{",
        "\nmendel_store_mount_healthy{",
        "\nmendel_stage_availability_ratio{stage=\"evaluator\"}"}) {
    EXPECT_THAT(text, HasSubstr(series));
  }
  EXPECT_THAT(text, ::testing::Not(HasSubstr("certificate")));  // nothing is encrypted here
  EXPECT_THAT(pipeline.mendel({"status"}).out, HasSubstr(" MiB "));
}

}  // namespace
}  // namespace mendel::testing

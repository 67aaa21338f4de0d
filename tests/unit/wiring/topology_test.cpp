#include "shared/wiring/topology.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "shared/wiring/settings.hpp"

namespace mendel::wiring {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const char* const kLocal = MENDEL_SOURCE_DIR "/topology/local.ini";

class TopologyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/mendel_wiring_XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    folder_ = folder;
    std::ifstream file(kLocal);
    text_.assign(std::istreambuf_iterator<char>(file), {});
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void replace(const std::string& old, const std::string& with) {
    const std::size_t at = text_.find(old);
    ASSERT_NE(at, std::string::npos) << old;
    text_.replace(at, old.size(), with);
  }
  Result<Topology> read() {
    const std::string path = folder_ + "/pipeline.ini";
    std::ofstream(path) << text_;
    return Topology::read(path, "/s");
  }
  std::string refusal() {
    const Result<Topology> topology = read();
    if (topology) return "accepted";
    EXPECT_EQ(topology.error().kind, ErrorKind::configuration);
    return topology.error().message;
  }

  std::string folder_;
  std::string text_;
};

TEST_F(TopologyTest, ReadsTheLocalPipeline) {
  const Result<Topology> topology = read();
  ASSERT_TRUE(topology) << topology.error().message;
  EXPECT_EQ(topology->edge(Edge::bars).endpoint, "ipc:///s/run/bars");
  EXPECT_EQ(topology->edge(Edge::bars).listen, "ipc:///s/run/bars");
  EXPECT_EQ(topology->edge(Edge::bars).bind, "data_loader");
  EXPECT_EQ(topology->edge(Edge::bars).high_water_mark, 64);
  EXPECT_EQ(topology->run(), "/s/run");
  EXPECT_EQ(topology->setting("monitor.listen"), "127.0.0.1:9464");
  EXPECT_EQ(topology->setting("results_writer.log_bytes_max", "none"), "none");
}

TEST_F(TopologyTest, SuggestsTheNearestKeyForAnUnknownOne) {
  replace("lease_ms", "leese_ms");
  EXPECT_THAT(refusal(), HasSubstr("did you mean 'ga_dispatcher.lease_ms'"));
}

TEST_F(TopologyTest, AsksForTheEndpointOfAnEdgeThatHasNone) {
  replace("endpoint = ipc://${state}/run/scores\n", "");
  EXPECT_THAT(refusal(), HasSubstr("[scores] has no endpoint"));
}

TEST_F(TopologyTest, RefusesAnEndpointOfNoKnownKind) {
  replace("ipc://${state}/run/scores", "udp://127.0.0.1:9");
  EXPECT_THAT(refusal(), HasSubstr("[scores]: 'udp://127.0.0.1:9' is no endpoint"));
}

TEST_F(TopologyTest, RefusesTwoEdgesOnOneEndpoint) {
  replace("ipc://${state}/run/scores", "ipc://${state}/run/bars");
  EXPECT_THAT(refusal(), HasSubstr("another edge's already"));
}

TEST_F(TopologyTest, RefusesABinderThatIsNotAtTheEdge) {
  replace("bind = results_writer", "bind = monitor");
  EXPECT_THAT(refusal(), HasSubstr("choose results_writer"));
}

TEST_F(TopologyTest, NeverLetsEvaluatorsBindBecauseThereAreMany) {
  replace("[scores]\nendpoint = ipc://${state}/run/scores\nbind = results_writer",
          "[scores]\nendpoint = ipc://${state}/run/scores\nbind = evaluator");
  EXPECT_THAT(refusal(), HasSubstr("bind = evaluator is not possible"));
}

TEST_F(TopologyTest, RefusesAPathTooLongForASocket) {
  replace("ipc://${state}/run/scores", "ipc://${state}/" + std::string(120, 'x'));
  EXPECT_THAT(refusal(), HasSubstr("shorter state directory"));
}

TEST_F(TopologyTest, RefusesToBindBeyondLoopbackUnlessAskedTo) {
  replace("ipc://${state}/run/scores", "tcp://results_writer:7001");
  EXPECT_THAT(refusal(), HasSubstr("insecure_bind = yes"));
  replace("insecure_bind = no", "insecure_bind = yes");
  const Result<Topology> topology = read();
  ASSERT_TRUE(topology) << topology.error().message;
  EXPECT_EQ(topology->edge(Edge::scores).endpoint, "tcp://results_writer:7001");
  EXPECT_EQ(topology->edge(Edge::scores).listen, "tcp://*:7001");
}

TEST_F(TopologyTest, ChecksTheEndpointOfTapsLikeAnEdge) {
  replace("ipc://${state}/run/taps_out", "tcp://0.0.0.0:7001");
  EXPECT_THAT(refusal(), HasSubstr("[taps] out"));
}

TEST_F(TopologyTest, RefusesToServeMetricsBeyondLoopbackUnlessAskedTo) {
  replace("listen = 127.0.0.1:9464", "listen = 0.0.0.0:9464");
  EXPECT_THAT(refusal(), HasSubstr("[monitor] listen"));
  replace("insecure_bind = no", "insecure_bind = yes");
  EXPECT_EQ(refusal(), "accepted");
}

TEST_F(TopologyTest, RefusesEphemeralPorts) {
  replace("ipc://${state}/run/scores", "tcp://127.0.0.1:40000");
  EXPECT_THAT(refusal(), HasSubstr("port 40000"));
}

TEST_F(TopologyTest, RefusesAHighWaterMarkOutOfRange) {
  replace("high_water_mark = 64", "high_water_mark = 0");
  EXPECT_THAT(refusal(), HasSubstr("high_water_mark = 0"));
}

TEST_F(TopologyTest, EnvironmentOverridesASettingAndChecksIt) {
  ASSERT_EQ(setenv("MENDEL_EVALUATOR_THREADS", "3", 1), 0);
  const Result<Topology> topology = read();
  ASSERT_EQ(unsetenv("MENDEL_EVALUATOR_THREADS"), 0);
  ASSERT_TRUE(topology);
  EXPECT_EQ(*topology->integer("evaluator.threads", 0, 0, 64), 3);
  const Result<std::int64_t> refused = topology->integer("evaluator.threads", 0, 0, 2);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("evaluator.threads = 3"));
}

TEST_F(TopologyTest, EveryEdgeCanBeMovedByTheEnvironment) {
  int port = 7000;
  for (const EdgeSpec& spec : edges()) {
    std::string name = "MENDEL_" + std::string(spec.name) + "_";
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const std::string endpoint = "tcp://127.0.0.1:" + std::to_string(++port);
    const std::string bind = read()->edge(spec.edge).bind;
    ASSERT_EQ(setenv((name + "ENDPOINT").c_str(), endpoint.c_str(), 1), 0);
    ASSERT_EQ(setenv((name + "HIGH_WATER_MARK").c_str(), "77", 1), 0);
    ASSERT_EQ(setenv((name + "BIND").c_str(), bind.c_str(), 1), 0);
    const Result<Topology> topology = read();
    for (const char* key : {"ENDPOINT", "HIGH_WATER_MARK", "BIND"}) unsetenv((name + key).c_str());
    ASSERT_TRUE(topology) << topology.error().message;
    EXPECT_EQ(topology->edge(spec.edge).endpoint, endpoint) << name;
    EXPECT_EQ(topology->edge(spec.edge).high_water_mark, 77) << name;
  }
}

TEST_F(TopologyTest, TheStoresServerHasItsUsualName) {
  ASSERT_EQ(setenv("EFS_DNS_NAME", "fs-1.efs.us-east-1.amazonaws.com", 1), 0);
  const Result<Topology> topology = read();
  unsetenv("EFS_DNS_NAME");
  ASSERT_TRUE(topology);
  EXPECT_EQ(topology->setting("pipeline.efs_dns_name"), "fs-1.efs.us-east-1.amazonaws.com");
}

TEST_F(TopologyTest, RedactsAConnectionStringThatWasGivenInPlaceOfItsFile) {
  replace("dsn_file = ${state}/dsn", "dsn_file = postgres://u:p4ss@host/db");
  const Result<Topology> topology = read();
  ASSERT_TRUE(topology) << topology.error().message;
  EXPECT_THAT(topology->resolved(), HasSubstr("database.dsn_file = <redacted>"));
  EXPECT_THAT(topology->resolved(), Not(HasSubstr("p4ss")));
}

TEST_F(TopologyTest, HidesSecretsButNotThePathsOfTheirFiles) {
  EXPECT_TRUE(is_secret("database.dsn"));
  EXPECT_TRUE(is_secret("monitor.password"));
  EXPECT_FALSE(is_secret("database.dsn_file"));
  EXPECT_THAT(read()->resolved(), HasSubstr("database.dsn_file = /s/dsn"));
}

TEST_F(TopologyTest, NamesAFileThatIsNotThere) {
  const Result<Topology> topology = Topology::read(folder_ + "/none.ini", "/s");
  ASSERT_FALSE(topology);
  EXPECT_THAT(topology.error().message, HasSubstr("none.ini"));
}

TEST_F(TopologyTest, DrawsEveryStageAndEdgeWithinAHundredColumns) {
  const Result<Topology> topology = read();
  ASSERT_TRUE(topology);
  const std::string picture = draw(*topology);
  for (const std::string_view stage : kStages) EXPECT_THAT(picture, HasSubstr(std::string(stage)));
  for (const EdgeSpec& edge : edges()) EXPECT_THAT(picture, HasSubstr(std::string(edge.name)));
  EXPECT_THAT(picture, HasSubstr("ipc://${state}/run/bars"));
  std::istringstream lines(picture);
  for (std::string line; std::getline(lines, line);) {
    const auto columns = std::count_if(line.begin(), line.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    });
    EXPECT_LE(columns, 100) << line;
  }
}

}  // namespace
}  // namespace mendel::wiring

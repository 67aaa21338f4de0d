#include "shared/telemetry/metrics.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/telemetry/metrics_server.hpp"

namespace mendel::telemetry {
namespace {

using ::testing::HasSubstr;

// One HTTP request to 127.0.0.1.
std::string get(const std::string& server, const std::string& target) {
  const int port = std::stoi(server.substr(server.rfind(':') + 1));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return "refused";
  const std::string request =
      fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", target);
  (void)!::write(fd, request.data(), request.size());
  std::string text;
  char block[4096];
  for (ssize_t got; (got = ::read(fd, block, sizeof block)) > 0;) {
    text.append(block, static_cast<std::size_t>(got));
  }
  ::close(fd);
  return text;
}

TEST(Labels, AreReadFromTheirTextForm) {
  EXPECT_TRUE(parse_labels("")->empty());
  const Result<Labels> labels = parse_labels("edge=\"bars\",kind=\"a b\"");
  ASSERT_TRUE(labels);
  EXPECT_EQ(*labels, (Labels{{"edge", "bars"}, {"kind", "a b"}}));
}

TEST(Labels, OfAnyOtherFormAreRefused) {
  for (const char* text : {"edge", "edge=bars", "edge=\"bars", "=\"x\"", "a=\"x\" b=\"y\"", "\n"}) {
    EXPECT_FALSE(parse_labels(text)) << text;
  }
}

TEST(Metrics, OfAGroupAreReplacedAndRemovedTogether) {
  Metrics metrics;
  EXPECT_EQ(metrics.replace("a", {{"mendel_x", {}, 1}, {"mendel_y", {}, 2}}), 0u);
  EXPECT_EQ(metrics.replace("b", {{"mendel_x", {{"instance", "b"}}, 3}}), 0u);
  EXPECT_EQ(metrics.by_name()["mendel_x"].size(), 2u);
  metrics.replace("a", {{"mendel_x", {}, 5}});
  EXPECT_EQ(metrics.by_name()["mendel_x"].front().value, 5);
  EXPECT_EQ(metrics.by_name().count("mendel_y"), 0u);
  metrics.remove("a");
  EXPECT_EQ(metrics.by_name()["mendel_x"].size(), 1u);
}

TEST(Metrics, LeaveOutWhatPrometheusWouldRefuse) {
  Metrics metrics;
  EXPECT_EQ(metrics.replace("a", {{"no name", {}, 1}, {"1x", {}, 1}, {"x", {}, 1}, {"x", {}, 2}}),
            3u);
}

TEST(Metrics, AreBounded) {
  Metrics metrics;
  std::vector<Metric> many;
  for (std::size_t i = 0; i <= kSeriesMax; ++i) many.push_back({fmt::format("m{}", i), {}, 0});
  EXPECT_EQ(metrics.replace("a", many), 1u);
  EXPECT_EQ(metrics.replace("b", {{"x", {}, 1}}), 1u);
  metrics.remove("a");
  EXPECT_EQ(metrics.replace("b", {{"x", {}, 1}}), 0u);
}

TEST(MetricsServer, ServesMetricsAndProbesOnAnyFreePort) {
  Metrics metrics;
  metrics.replace("a", {{"mendel_stage_up", {{"stage", "evaluator"}}, 1},
                        {"mendel_messages_in_total", {{"edge", "bars"}}, 7}});
  auto server = MetricsServer::serve("127.0.0.1:0", metrics, [](std::string_view target) {
    return Response{target == "/healthz" ? 200 : 503, "{\"stage\":\"monitor\"}"};
  });
  ASSERT_TRUE(server) << server.error().message;
  const std::string& address = (*server)->address();
  EXPECT_FALSE(address.ends_with(":0"));
  const std::string text = get(address, "/metrics");
  EXPECT_THAT(text, HasSubstr("mendel_stage_up{stage=\"evaluator\"} 1"));
  EXPECT_THAT(text, HasSubstr("# TYPE mendel_messages_in_total counter"));
  EXPECT_THAT(get(address, "/healthz"), HasSubstr("200 OK"));
  EXPECT_THAT(get(address, "/"), testing::AllOf(HasSubstr("200 OK"), HasSubstr("\n/metrics ")));
  EXPECT_THAT(get(address, "/readyz"), HasSubstr("503"));
}

TEST(MetricsServer, SaysThatItsPortIsInUse) {
  Metrics metrics;
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in taken{};
  taken.sin_family = AF_INET;
  taken.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof taken;
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&taken), size), 0);
  ASSERT_EQ(::listen(fd, 1), 0);
  ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&taken), &size), 0);
  const std::string address = fmt::format("127.0.0.1:{}", ntohs(taken.sin_port));
  const auto server =
      MetricsServer::serve(address, metrics, [](std::string_view) { return Response{}; });
  ::close(fd);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().kind, ErrorKind::configuration);
  EXPECT_THAT(server.error().message, HasSubstr(address));
}

}  // namespace
}  // namespace mendel::telemetry

#include "shared/telemetry/health_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

namespace mendel::telemetry {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kPatienceMs = 10'000;

class HealthSocketTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/mendel_health_XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    folder_ = folder;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<HealthSocket> serve(const std::string& name) {
    auto socket = HealthSocket::serve(folder_ + "/" + name, [](std::string_view target) {
      return Response{target == "/healthz" ? 200 : 503, R"({"ready":false})"};
    });
    check(static_cast<bool>(socket), socket ? "" : socket.error().message);
    return std::move(*socket);
  }

  // A socket file whose process is gone: bound, never listening.
  void leave_stale(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder_ + "/" + name;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(fd);
  }

  std::string folder_;
};

TEST_F(HealthSocketTest, AnswersHealthAndReadinessSeparately) {
  const auto socket = serve("evaluator.0.health");
  const Result<Response> health = ask_health(socket->path(), "/healthz", kPatienceMs);
  ASSERT_TRUE(health) << health.error().message;
  EXPECT_EQ(health->status, 200);
  EXPECT_THAT(health->body, HasSubstr("{\"ready\":false}"));
  EXPECT_EQ(ask_health(socket->path(), "/readyz", kPatienceMs)->status, 503);
  EXPECT_EQ(ask_health(socket->path(), "/", kPatienceMs)->status, 404);
}

TEST_F(HealthSocketTest, RemovesItsFileAtTheEnd) {
  std::string path;
  {
    const auto socket = serve("evaluator.0.health");
    path = socket->path();
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_FALSE(ask_health(path, "/healthz", kPatienceMs));
}

TEST_F(HealthSocketTest, FindsLivingProcessesAndCleansUpAfterDeadOnes) {
  const auto first = serve("evaluator.1.health");
  const auto second = serve("monitor.2.health");
  leave_stale("evaluator.0.health");
  EXPECT_THAT(health_sockets(folder_, ""), ::testing::ElementsAre(first->path(), second->path()));
  EXPECT_THAT(health_sockets(folder_, "monitor"), ::testing::ElementsAre(second->path()));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/evaluator.0.health"));
  EXPECT_TRUE(health_sockets(folder_ + "/none", "").empty());
}

TEST_F(HealthSocketTest, IsNeverTakenForADeadOneWhileItStarts) {
  std::atomic<bool> over = false;
  std::thread looking([&] {
    while (!over) (void)health_sockets(folder_, "");
  });
  int lost = 0;
  for (int i = 0; i < 300; ++i) {
    const auto socket = serve("monitor.1.health");
    lost += std::filesystem::exists(socket->path()) ? 0 : 1;
  }
  over = true;
  looking.join();
  EXPECT_EQ(lost, 0);
}

TEST_F(HealthSocketTest, ASilentClientDoesNotKeepOthersFromAnAnswer) {
  const auto socket = serve("evaluator.0.health");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket->path().c_str(), socket->path().size() + 1);
  const int silent = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::connect(silent, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(ask_health(socket->path(), "/healthz", kPatienceMs));
  ::close(silent);
}

TEST_F(HealthSocketTest, RefusesAFolderThatIsNotThere) {
  const auto socket =
      HealthSocket::serve(folder_ + "/none/x.health", [](std::string_view) { return Response{}; });
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().kind, ErrorKind::configuration);
  EXPECT_THAT(socket.error().message, HasSubstr("check that the folder exists"));
}

}  // namespace
}  // namespace mendel::telemetry

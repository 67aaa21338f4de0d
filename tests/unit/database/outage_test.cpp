// Servers that are away, hang, are full or changed their password: how long it takes to come back.
// The time to recover is a property of each test's report.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include "shared/base/time.hpp"
#include "shared/database/backoff.hpp"
#include "shared/database/pool.hpp"
#include "tests/unit/database/server.hpp"

namespace mendel::database {
namespace {

using testing::HasSubstr;
using testing::Not;

// Far above what an idle machine needs, far below the retries' 16 s and the deadlines' 2 min.
constexpr std::int64_t kPromptMs = 10'000;

class Outage : public Server {
 protected:
  void SetUp() override {
    Server::SetUp();
    file_ = postgres_->folder() + "/" + database_ + ".dsn";
    write(dsn_.text + " connect_timeout=1");
    options_.application = "test";
    options_.connections_max = 2;
  }
  void write(const std::string& text) const { std::ofstream(file_, std::ios::trunc) << text; }

  // As a drain does it: until a statement is answered. Milliseconds, of which at least one is told.
  std::int64_t recover(Pool& pool) {
    Backoff backoff(1);
    const std::int64_t began_ns = read_clocks().monotonic_ns;
    for (int tries = 1; tries < 20; ++tries) {
      auto lease = pool.acquire();
      if (lease && (*lease)->exec("SELECT 1")) {
        const std::int64_t took_ms = (read_clocks().monotonic_ns - began_ns) / kNsPerMs;
        RecordProperty("recovered_ms", static_cast<int>(took_ms));
        RecordProperty("tries", tries);
        return took_ms;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(backoff.next_ms()));
    }
    ADD_FAILURE() << "did not recover";
    return -1;
  }

  std::string file_;
  PoolOptions options_;
};

TEST_F(Outage, ARestartIsRecoveredFromAtOnce) {
  Pool pool((DsnSource(file_)), options_);
  ASSERT_TRUE((*pool.acquire())->exec("SELECT 1"));
  ASSERT_TRUE(postgres_->stop());
  EXPECT_FALSE((*pool.acquire())->exec("SELECT 1"));
  ASSERT_TRUE(postgres_->start_again());
  EXPECT_LT(recover(pool), kPromptMs);
}

TEST_F(Outage, ATerminatedBackendIsRecoveredFromAtOnce) {
  Pool pool((DsnSource(file_)), options_);
  EXPECT_FALSE((*pool.acquire())->exec("SELECT pg_terminate_backend(pg_backend_pid())"));
  EXPECT_LT(recover(pool), kPromptMs);
}

TEST_F(Outage, AFrozenServerIsNotWaitedForLongerThanTheConnectTimeout) {
  Pool pool((DsnSource(file_)), options_);
  postgres_->freeze();
  const std::int64_t began_ns = read_clocks().monotonic_ns;
  const auto away = pool.acquire();
  const std::int64_t took_ns = read_clocks().monotonic_ns - began_ns;
  postgres_->thaw();
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().kind, ErrorKind::transient);
  EXPECT_THAT(away.error().message, HasSubstr("timeout"));
  EXPECT_LT(took_ns, kPromptMs * kNsPerMs);
  EXPECT_LT(recover(pool), kPromptMs);
  EXPECT_EQ(pool.gauges().failed_connections, 1U);
  EXPECT_EQ(pool.gauges().retries, 1U);
}

TEST_F(Outage, OneThatAcceptsAndNeverAnswersIsGivenUp) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(listener, 8), 0);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  write(fmt::format("host=127.0.0.1 port={} dbname=d user=u connect_timeout=1",
                    ntohs(address.sin_port)));
  Pool pool((DsnSource(file_)), options_);
  const auto away = pool.acquire();
  close(listener);
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().kind, ErrorKind::transient);
  write(dsn_.text);
  EXPECT_LT(recover(pool), kPromptMs);
}

TEST_F(Outage, AFullConnectionTableIsWaitedFor) {
  psql("CREATE ROLE crowded LOGIN CONNECTION LIMIT 1");
  const std::string crowded =
      fmt::format("host={} user=crowded dbname={}", postgres_->folder(), database_);
  write(crowded);
  std::optional<Connection> other;
  if (auto opened = Connection::open({crowded, "a test"}, {"test", {}})) other = std::move(*opened);
  ASSERT_TRUE(other);
  Pool pool((DsnSource(file_)), options_);
  const auto full = pool.acquire();
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind, ErrorKind::transient) << full.error().message;
  EXPECT_THAT(full.error().message, HasSubstr("too many connections"));
  other.reset();
  EXPECT_LT(recover(pool), kPromptMs);
}

TEST_F(Outage, AWrongPasswordFailsAtOnceAndARotatedOneIsReadAnew) {
  psql("CREATE ROLE rotated LOGIN PASSWORD 'hunter1'");
  std::ofstream(postgres_->folder() + "/data/pg_hba.conf")
      << "local all rotated scram-sha-256\nlocal all all trust\n";
  ASSERT_TRUE(postgres_->stop());
  ASSERT_TRUE(postgres_->start_again());
  const auto dsn = [&](const char* password) {
    return fmt::format("host={} user=rotated dbname={} password={}", postgres_->folder(), database_,
                       password);
  };
  write(dsn("hunter1"));
  Pool pool((DsnSource(file_)), options_);
  ASSERT_TRUE((*pool.acquire())->exec("SELECT 1"));
  psql("ALTER ROLE rotated PASSWORD 'hunter2'");
  psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'rotated'");
  EXPECT_FALSE((*pool.acquire())->exec("SELECT 1"));
  const std::int64_t began_ns = read_clocks().monotonic_ns;
  const auto refused = pool.acquire();
  EXPECT_LT(read_clocks().monotonic_ns - began_ns, kPromptMs * kNsPerMs);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::configuration);
  EXPECT_THAT(refused.error().message, Not(HasSubstr("hunter1")));
  write(dsn("hunter2"));
  EXPECT_LT(recover(pool), kPromptMs);
}

}  // namespace
}  // namespace mendel::database

#include "shared/database/pool.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <cstdint>
#include <fstream>
#include <optional>
#include <thread>

#include "tests/unit/database/server.hpp"

namespace mendel::database {
namespace {

using testing::HasSubstr;

class PoolTest : public Server {
 protected:
  void SetUp() override {
    Server::SetUp();
    file_ = postgres_->folder() + "/" + database_ + ".dsn";
    std::ofstream(file_) << dsn_.text;
  }
  PoolOptions options(int most, std::int64_t wait_ms = 20) const {
    PoolOptions options;
    options.application = "test";
    options.connections_max = most;
    options.acquire_ms_max = wait_ms;
    return options;
  }
  static std::string backend(const Pool::Lease& lease) {
    const auto rows = lease->exec("SELECT pg_backend_pid()");
    return rows ? std::string(rows->text(0, 0)) : rows.error().message;
  }

  std::string file_;
};

TEST_F(PoolTest, KeepsAConnectionForTheNext) {
  Pool pool(DsnSource(file_), options(2));
  const std::string first = backend(*pool.acquire());
  EXPECT_EQ(pool.gauges().idle, 1);
  EXPECT_EQ(backend(*pool.acquire()), first);
  EXPECT_GT(pool.gauges().round_trip_ms, 0);
}

TEST_F(PoolTest, NeverExceedsItsLimit) {
  Pool pool(DsnSource(file_), options(2));
  const auto one = pool.acquire();
  auto two = std::make_optional(pool.acquire());
  ASSERT_TRUE(one);
  ASSERT_TRUE(*two);
  const auto three = pool.acquire();
  ASSERT_FALSE(three);
  EXPECT_EQ(three.error().kind, ErrorKind::transient);
  EXPECT_EQ(pool.gauges().in_use, 2);
  EXPECT_EQ(pool.gauges().waits, 1U);
  two.reset();
  EXPECT_TRUE(pool.acquire());
}

TEST_F(PoolTest, OneBrokenConnectionCondemnsTheIdleOnes) {
  Pool pool(DsnSource(file_), options(2));
  {
    const auto one = pool.acquire();
    const auto two = pool.acquire();
    ASSERT_TRUE(two);
  }
  ASSERT_EQ(pool.gauges().idle, 2);
  {
    const auto one = pool.acquire();
    EXPECT_FALSE((*one)->exec("SELECT pg_terminate_backend(pg_backend_pid())"));
  }
  EXPECT_EQ(pool.gauges().idle, 0);
  EXPECT_TRUE((*pool.acquire())->exec("SELECT 1"));
}

TEST_F(PoolTest, ReadsTheConnectionStringAnewAfterABreak) {
  Pool pool(DsnSource(file_), options(1));
  const std::string first = backend(*pool.acquire());
  std::ofstream(file_) << "host=" << postgres_->folder() << " user=mendel dbname=postgres";
  EXPECT_EQ(backend(*pool.acquire()), first);
  EXPECT_FALSE((*pool.acquire())->exec("SELECT pg_terminate_backend(pg_backend_pid())"));
  EXPECT_EQ((*pool.acquire())->exec("SELECT current_database()")->text(0, 0), "postgres");
}

TEST_F(PoolTest, CancelsAStatementThatPassesTheClientsDeadline) {
  Pool pool(DsnSource(file_), options(1));
  auto lease = pool.acquire();
  std::atomic<bool> done = false;
  std::thread clock([&] {
    // A cancel that comes before the statement has reached the server does nothing.
    const std::string running =
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
        " AND application_name = 'test' AND query ~ 'pg_sleep.60'";
    while (!done && psql(running) != "1") {
    }
    while (!done) {
      Now now = read_clocks();
      pool.enforce({now.monotonic_ns + 130'001 * kNsPerMs, now.wall_ns});
      std::this_thread::yield();
    }
  });
  const auto rows = (*lease)->exec("SELECT pg_sleep(60)");
  done = true;
  clock.join();
  ASSERT_FALSE(rows);
  EXPECT_THAT(rows.error().message, HasSubstr("canceling statement"));
  EXPECT_TRUE((*lease)->usable());
  EXPECT_EQ(pool.gauges().cancelled, 1U);
  EXPECT_EQ(psql("SELECT count(*) FROM pg_stat_activity WHERE query ~ 'pg_sleep.60' AND state = "
                 "'active' AND pid <> pg_backend_pid()"),
            "0");
}

TEST_F(PoolTest, BreaksAConnectionWhoseCancelDoesNotHelp) {
  Pool pool(DsnSource(file_), options(1));
  auto lease = pool.acquire();
  std::atomic<bool> done = false;
  std::thread clock([&] {
    while (!done) {
      Now now = read_clocks();
      pool.enforce({now.monotonic_ns + 140'000 * kNsPerMs, now.wall_ns});
      std::this_thread::yield();
    }
  });
  // A server that is stopped hears no cancel.
  postgres_->freeze();
  const auto rows = (*lease)->exec("SELECT 1");
  done = true;
  clock.join();
  postgres_->thaw();
  EXPECT_FALSE(rows);
  EXPECT_FALSE((*lease)->usable());
}

TEST_F(PoolTest, LeavesAnIdleLeaseAlone) {
  Pool pool(DsnSource(file_), options(1));
  auto lease = pool.acquire();
  const Now now = read_clocks();
  pool.enforce({now.monotonic_ns + 3'600'000 * kNsPerMs, now.wall_ns});
  EXPECT_TRUE((*lease)->exec("SELECT 1"));
  EXPECT_EQ(pool.gauges().cancelled, 0U);
}

TEST_F(PoolTest, TheServerIsGivenItsTimeoutsInEachTransactionAlone) {
  PoolOptions with = options(1);
  with.limits.statement_ms = 50;
  Pool pool(DsnSource(file_), with);
  const auto lease = pool.acquire();
  {
    auto transaction = (*lease)->begin();
    ASSERT_TRUE(transaction);
    EXPECT_EQ(transaction->exec("SHOW idle_in_transaction_session_timeout")->text(0, 0), "5min");
    EXPECT_EQ(transaction->exec("SHOW lock_timeout")->text(0, 0), "30s");
    const auto slow = transaction->exec("SELECT pg_sleep(60)");
    ASSERT_FALSE(slow);
    EXPECT_THAT(slow.error().message, HasSubstr("statement timeout"));
  }
  EXPECT_EQ((*lease)->exec("SHOW statement_timeout")->text(0, 0), "0");
}

TEST_F(PoolTest, AsksAConnectionThatSleptBeforeItIsUsed) {
  PoolOptions with = options(2);
  with.idle_ping_ms = 0;
  Pool pool(DsnSource(file_), with);
  const std::string first = backend(*pool.acquire());
  EXPECT_EQ(backend(*pool.acquire()), first);
  psql("SELECT pg_terminate_backend(" + first + ")");
  const auto next = pool.acquire();
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_NE(backend(*next), first);
  EXPECT_EQ(pool.gauges().retries, 1U);
}

TEST_F(PoolTest, DoesNotUseAConnectionBeyondItsLifetime) {
  PoolOptions with = options(1);
  with.lifetime_ms = -1;
  Pool pool(DsnSource(file_), with);
  const std::string first = backend(*pool.acquire());
  EXPECT_EQ(pool.gauges().idle, 0);
  EXPECT_NE(backend(*pool.acquire()), first);
}

TEST_F(PoolTest, AlwaysOnKeepsItsLeastConnections) {
  PoolOptions with = options(3);
  with.connections_min = 2;
  with.always_on = true;
  Pool pool(DsnSource(file_), with);
  while (pool.gauges().idle < 2) std::this_thread::yield();
  EXPECT_EQ(pool.gauges().idle, 2);
}

TEST_F(PoolTest, AnUnusedPoolOpensNothing) {
  PoolOptions with = options(3);
  with.connections_min = 2;
  Pool pool(DsnSource(file_), with);
  EXPECT_EQ(pool.gauges().idle, 0);
  EXPECT_EQ(psql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test'"
                 " AND datname = current_database()"),
            "0");
}

TEST_F(PoolTest, CountsHowLongStatementsTook) {
  Pool pool(DsnSource(file_), options(1));
  const auto lease = pool.acquire();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE((*lease)->exec("SELECT 1"));
  const PoolGauges gauges = pool.gauges();
  EXPECT_EQ(gauges.latency.count(), 5U);
  EXPECT_GT(gauges.latency.sum_ms(), 0);
  EXPECT_GT(gauges.latency.quantile_ms(0.95), 0);
}

TEST_F(PoolTest, ShutsEvenWhileAStatementWaits) {
  Pool pool(DsnSource(file_), options(1));
  auto lease = pool.acquire();
  std::thread stopper([&] { pool.shut(); });
  const auto rows = (*lease)->exec("SELECT pg_sleep(60)");
  stopper.join();
  EXPECT_FALSE(rows);
  EXPECT_THAT(pool.acquire().error().message, HasSubstr("stopping"));
}

TEST_F(PoolTest, CountsFailedConnections) {
  std::ofstream(file_) << "host=/nowhere dbname=d";
  Pool pool(DsnSource(file_), options(1));
  EXPECT_FALSE(pool.acquire());
  EXPECT_EQ(pool.gauges().failed_connections, 1U);
  EXPECT_EQ(pool.gauges().in_use, 0);
}

}  // namespace
}  // namespace mendel::database

#include "shared/database/pool.hpp"

#include <gmock/gmock.h>

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
  PoolOptions options(int most, std::int64_t wait_ms = 20) const { return {"test", most, wait_ms}; }
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

TEST_F(PoolTest, InterruptsWhatIsHeldTooLong) {
  Pool pool(DsnSource(file_), options(1));
  auto lease = pool.acquire();
  const Now now = read_clocks();
  pool.enforce(now);
  EXPECT_TRUE((*lease)->exec("SELECT 1"));
  pool.enforce({now.monotonic_ns + (kLeaseHeldMsMax + 1000) * kNsPerMs, now.wall_ns});
  EXPECT_FALSE((*lease)->exec("SELECT 1"));
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

#include "shared/database/server_gauges.hpp"

#include <gmock/gmock.h>

#include <string>
#include <thread>

#include "tests/unit/database/server.hpp"

namespace mendel::database {
namespace {

class ServerGaugesTest : public Server {
 protected:
  // In a transaction like those of the stages.
  void read(ServerGauges& gauges) { read(gauges, connect()); }
  static void read(ServerGauges& gauges, Connection connection) {
    auto transaction = connection.begin();
    ASSERT_TRUE(transaction);
    gauges.read(connection, *transaction);
    EXPECT_TRUE(transaction->commit());
  }
  Connection connect_as(const std::string& role) const {
    Dsn dsn = dsn_;
    dsn.text += " user=" + role;
    auto connection = Connection::open(dsn, {"test", {}});
    EXPECT_TRUE(connection) << connection.error().message;
    return std::move(*connection);
  }
};

TEST_F(ServerGaugesTest, SayWhatTheServerSays) {
  ServerGauges gauges;
  EXPECT_EQ(gauges.latest().read_at_ns, 0);
  read(gauges);
  const ServerReading reading = gauges.latest();
  EXPECT_GT(reading.read_at_ns, 0);
  // A connection may write a small file of its own.
  const double asked = std::stod(psql("SELECT pg_database_size(current_database())"));
  EXPECT_NEAR(reading.database_bytes.value(), asked, asked / 10);
  EXPECT_EQ(reading.active_queries, 0);  // its own is none
  // Server and test have one clock.
  EXPECT_NEAR(reading.clock_skew_seconds.value(), 0, reading.clock_unsure_seconds + 0.001);
}

TEST_F(ServerGaugesTest, AConnectionWithoutTlsHasNoCertificate) {
  ServerGauges gauges;
  read(gauges);
  EXPECT_EQ(gauges.latest().certificate_ends_seconds, std::nullopt);
}

TEST_F(ServerGaugesTest, AClockThatIsThreeSecondsBehindSeesTheServerAhead) {
  ServerGauges gauges([] {
    Now now = read_clocks();
    now.wall_ns -= 3 * kNsPerSecond;
    return now;
  });
  read(gauges);
  EXPECT_NEAR(gauges.latest().clock_skew_seconds.value(), 3,
              gauges.latest().clock_unsure_seconds + 0.001);
}

TEST_F(ServerGaugesTest, AreReadOnceAMinute) {
  Now now{kNsPerSecond, read_clocks().wall_ns};
  ServerGauges gauges([&] { return now; });
  read(gauges);
  now.monotonic_ns += kReadServerEveryNs - 1;
  read(gauges);
  EXPECT_EQ(gauges.latest().read_at_ns, kNsPerSecond);
  now.monotonic_ns += 1;
  read(gauges);
  EXPECT_EQ(gauges.latest().read_at_ns, now.monotonic_ns);
}

TEST_F(ServerGaugesTest, CountStatementsOfOthersInThisDatabase) {
  Connection other = connect();
  std::thread busy([&] { (void)other.exec("SELECT pg_sleep(600)"); });
  while (psql("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' "
              "AND state = 'active'") != "1")
    std::this_thread::yield();
  ServerGauges gauges;
  read(gauges);
  other.cancel();
  busy.join();
  EXPECT_EQ(gauges.latest().active_queries, 1);
}

TEST_F(ServerGaugesTest, ActiveQueriesAreAbsentWhereTheRoleMayNotSeeThem) {
  ASSERT_EQ(psql("CREATE ROLE blind LOGIN; CREATE ROLE seeing LOGIN; "
                 "GRANT pg_read_all_stats TO seeing"),
            "");
  ServerGauges blind;
  read(blind, connect_as("blind"));
  EXPECT_EQ(blind.latest().active_queries, std::nullopt);
  EXPECT_GT(blind.latest().database_bytes.value(), 0);
  ServerGauges seeing;
  read(seeing, connect_as("seeing"));
  EXPECT_EQ(seeing.latest().active_queries, 0);
}

TEST_F(ServerGaugesTest, AReadingThatFailsLeavesTheTransactionAsItWas) {
  // Whoever must not connect must not know the size either.
  ASSERT_EQ(psql("CREATE ROLE stranger LOGIN"), "");
  Connection connection = connect_as("stranger");
  ASSERT_EQ(psql("REVOKE CONNECT ON DATABASE \"" + database_ + "\" FROM public"), "");
  auto transaction = connection.begin();
  ASSERT_TRUE(transaction);
  ServerGauges gauges;
  gauges.read(connection, *transaction);
  EXPECT_EQ(gauges.latest().database_bytes, std::nullopt);
  EXPECT_TRUE(gauges.latest().clock_skew_seconds);
  const auto answer = transaction->exec("SELECT current_setting('statement_timeout')");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->text(0, 0), "2min");  // and its own time-out
  EXPECT_TRUE(transaction->commit());
}

}  // namespace
}  // namespace mendel::database

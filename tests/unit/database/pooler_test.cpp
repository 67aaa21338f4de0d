// Through PgBouncer in transaction mode: what is safe there is safe on Neon.
#include <gmock/gmock.h>

#include <fstream>
#include <optional>
#include <vector>

#include "shared/database/offsets.hpp"
#include "shared/database/pool.hpp"
#include "tests/support/pgbouncer.hpp"
#include "tests/unit/database/server.hpp"

namespace mendel::database {
namespace {

class Pooler : public Server {
 protected:
  void SetUp() override {
    Server::SetUp();
    if (!support::PrivateBouncer::is_installed()) GTEST_SKIP() << "pgbouncer is not installed";
    if (!bouncer_) {
      auto started = support::PrivateBouncer::start(*postgres_, 2);
      ASSERT_TRUE(started) << started.error().message;
      bouncer_ = std::move(*started);
    }
    file_ = postgres_->folder() + "/" + database_ + ".dsn";
    std::ofstream(file_) << bouncer_->dsn(database_);
  }
  static void TearDownTestSuite() {
    bouncer_.reset();
    Server::TearDownTestSuite();
  }
  Connection through() const {
    auto connection = Connection::open({bouncer_->dsn(database_), "a test"}, {"test", {}});
    EXPECT_TRUE(connection) << connection.error().message;
    return std::move(*connection);
  }

  static inline std::unique_ptr<support::PrivateBouncer> bouncer_;
  std::string file_;
};

TEST_F(Pooler, MigratesAndClaimsThroughIt) {
  const auto files = read_migrations(MENDEL_SOURCE_DIR "/sql");
  const auto done = migrate({bouncer_->dsn(database_), "a test"}, *files, {});
  ASSERT_TRUE(done) << done.error().message;
  Connection connection = through();
  const LogOwner owner{"store", "bars", 1};
  ASSERT_TRUE(claim_log(connection, owner));
  auto transaction = connection.begin();
  ASSERT_TRUE(transaction);
  EXPECT_EQ(*advance_log(*transaction, owner, {}, {"s1", 10}), true);
  ASSERT_TRUE(transaction->commit());
  EXPECT_EQ(claim_log(connection, owner)->offset, 10U);
}

TEST_F(Pooler, NoTransactionLeavesItsTimeoutsToTheNextClient) {
  Connection first = through();
  {
    auto transaction = first.begin({.statement_timeout_ms = 7777});
    ASSERT_TRUE(transaction);
    EXPECT_EQ(transaction->exec("SHOW statement_timeout")->text(0, 0), "7777ms");
    ASSERT_TRUE(transaction->commit());
  }
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(through().exec("SHOW statement_timeout")->text(0, 0), "0");
    EXPECT_EQ(through().exec("SHOW idle_in_transaction_session_timeout")->text(0, 0), "0");
  }
}

TEST_F(Pooler, TheServersGaugesAreReadAndTheirTimeOutDoesNotReachAnotherClient) {
  PoolOptions options;
  options.application = "test";
  Pool pool((DsnSource(file_)), options);
  {
    auto lease = pool.acquire();
    ASSERT_TRUE(lease) << lease.error().message;
    auto transaction = (*lease)->begin({.statement_timeout_ms = 7777});
    ASSERT_TRUE(transaction);
    pool.server().read(**lease, *transaction);
    EXPECT_EQ(transaction->exec("SHOW statement_timeout")->text(0, 0), "7777ms");
    ASSERT_TRUE(transaction->commit());
  }
  EXPECT_TRUE(pool.gauges().server.clock_skew_seconds);
  EXPECT_GT(pool.gauges().server.database_bytes.value_or(0), 0);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(through().exec("SHOW statement_timeout")->text(0, 0), "0");
}

TEST_F(Pooler, ClientsWithParametersDoNotRunEachOthersStatements) {
  std::vector<Connection> clients;
  for (int i = 0; i < 6; ++i) clients.push_back(through());
  for (int round = 0; round < 5; ++round) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const auto rows = clients[i].exec("SELECT $1::int * " + std::to_string(i + 1), {"10"});
      ASSERT_TRUE(rows) << rows.error().message;
      EXPECT_EQ(rows->integer(0, 0), static_cast<std::int64_t>(10 * (i + 1)));
    }
  }
}

TEST_F(Pooler, MoreClientsThanServersTakeTurns) {
  PoolOptions options;
  options.application = "test";
  options.connections_max = 8;
  Pool pool((DsnSource(file_)), options);
  std::vector<Pool::Lease> leases;
  for (int i = 0; i < 8; ++i) {
    auto lease = pool.acquire();
    ASSERT_TRUE(lease) << lease.error().message;
    EXPECT_TRUE((*lease)->exec("SELECT 1"));
    leases.push_back(std::move(*lease));
  }
  EXPECT_LE(std::stoi(psql("SELECT count(*) FROM pg_stat_activity WHERE datname = '" + database_ +
                           "' AND application_name <> 'psql'")),
            2);
}

TEST_F(Pooler, ATerminatedBackendCostsOneTransaction) {
  PoolOptions options;
  options.application = "test";
  Pool pool((DsnSource(file_)), options);
  EXPECT_FALSE((*pool.acquire())->exec("SELECT pg_terminate_backend(pg_backend_pid())"));
  std::optional<Result<Rows>> answer;
  for (int i = 0; i < 3 && !(answer && *answer); ++i) {
    auto lease = pool.acquire();
    if (lease) answer = (*lease)->exec("SELECT 1");
  }
  EXPECT_TRUE(answer && *answer);
}

}  // namespace
}  // namespace mendel::database

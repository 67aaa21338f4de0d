#include "shared/database/connection.hpp"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <thread>

#include "tests/unit/database/server.hpp"

namespace mendel::database {
namespace {

using testing::HasSubstr;
using testing::Not;

class ConnectionTest : public Server {};

TEST_F(ConnectionTest, PassesParametersAndNulls) {
  Connection connection = connect();
  const auto rows = connection.exec("SELECT $1::text, $2::bigint + 1, $3::text",
                                    {std::string("it's"), std::string("41"), std::nullopt});
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->text(0, 0), "it's");
  EXPECT_EQ(rows->integer(0, 1), 42);
  EXPECT_EQ(rows->field(0, 2), std::nullopt);
}

TEST_F(ConnectionTest, CopiesEveryValueExactly) {
  Connection connection = connect();
  const std::vector<double> values = {0.1, -0.0, 5e-324, 1e300, std::nan(""), 1.0 / 3};
  auto transaction = connection.begin();
  ASSERT_TRUE(transaction);
  ASSERT_TRUE(transaction->exec("CREATE TABLE t (n int, x double precision, s text)"));
  std::size_t next = 0;
  const auto copied = transaction->copy("t", {"n", "x", "s"}, [&](CopyRow& row) {
    if (next == values.size()) return false;
    row.integer(static_cast<std::int64_t>(next));
    row.number(values[next]);
    next % 2 == 0 ? row.null() : row.text("tab\there\\N\nline €");
    ++next;
    return true;
  });
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(*copied, values.size());
  ASSERT_TRUE(transaction->commit());

  const auto rows = connection.exec("SELECT x, s FROM t ORDER BY n");
  ASSERT_TRUE(rows);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(std::bit_cast<std::uint64_t>(rows->number(i, 0)),
              std::bit_cast<std::uint64_t>(values[i]));
    EXPECT_EQ(rows->field(i, 1).has_value(), i % 2 == 1);
  }
  EXPECT_EQ(rows->text(1, 1), "tab\there\\N\nline €");
}

TEST_F(ConnectionTest, CopiesEveryValueExactlyInBinary) {
  Connection connection = connect();
  const std::vector<double> values = {0.1, -0.0, 5e-324, 1e300, std::nan(""), 1.0 / 3};
  const std::vector<std::int64_t> times = {0, 1'571'302'800'000'001'000, -1, 999, -1'000'001, 7};
  auto transaction = connection.begin();
  ASSERT_TRUE(transaction);
  ASSERT_TRUE(transaction->exec(
      "CREATE TABLE t (n int, x double precision, s text, b bigint, t timestamptz, y boolean)"));
  std::size_t next = 0;
  const auto copied =
      transaction->copy_binary("t", {"n", "x", "s", "b", "t", "y"}, [&](BinaryRow& row) {
        if (next == values.size()) return false;
        row.integer(static_cast<std::int32_t>(next));
        row.number(values[next]);
        next % 2 == 0 ? row.null() : row.text("tab\there\\N\nline € \xff");
        row.bigint(-7'000'000'000 + static_cast<std::int64_t>(next));
        row.time(times[next]);
        row.boolean(next % 2 == 0);
        ++next;
        return true;
      });
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(*copied, values.size());
  ASSERT_TRUE(transaction->commit());

  const auto rows = connection.exec("SELECT x, s, b, t, y FROM t ORDER BY n");
  ASSERT_TRUE(rows);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(std::bit_cast<std::uint64_t>(rows->number(i, 0)),
              std::bit_cast<std::uint64_t>(values[i]));
    EXPECT_EQ(rows->field(i, 1).has_value(), i % 2 == 1);
    EXPECT_EQ(rows->integer(i, 2), -7'000'000'000 + static_cast<std::int64_t>(i));
    const auto same_time = connection.exec("SELECT $1::timestamptz = $2::timestamptz",
                                           {std::string(rows->text(i, 3)), time_text(times[i])});
    ASSERT_TRUE(same_time);
    EXPECT_EQ(same_time->text(0, 0), "t") << rows->text(i, 3) << " " << time_text(times[i]);
    EXPECT_EQ(rows->text(i, 4), i % 2 == 0 ? "t" : "f");
  }
  EXPECT_EQ(rows->text(1, 1), "tab\there\\N\nline € ?");
}

TEST_F(ConnectionTest, CopiesMoreThanOneChunkInBinary) {
  Connection connection = connect();
  auto transaction = connection.begin();
  ASSERT_TRUE(transaction->exec("CREATE TABLE t (n bigint)"));
  std::int64_t next = 0;
  const auto copied = transaction->copy_binary("t", {"n"}, [&](BinaryRow& row) {
    if (next == 50'000) return false;
    row.bigint(next++);
    return true;
  });
  ASSERT_TRUE(copied) << copied.error().message;
  ASSERT_TRUE(transaction->commit());
  EXPECT_EQ(connection.exec("SELECT sum(n) FROM t")->integer(0, 0), 50'000LL * 49'999 / 2);
}

TEST_F(ConnectionTest, ABadRowInABinaryCopyIsAnErrorAndTheConnectionLives) {
  Connection connection = connect();
  {
    auto transaction = connection.begin();
    ASSERT_TRUE(transaction->exec("CREATE TABLE t (n int PRIMARY KEY)"));
    int rows = 0;
    const auto copied = transaction->copy_binary("t", {"n"}, [&](BinaryRow& row) {
      row.integer(1);
      return rows++ < 30'000;
    });
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().kind, ErrorKind::configuration);
    EXPECT_NE(copied.error().message.find("duplicate key"), std::string::npos);
  }
  EXPECT_TRUE(connection.exec("SELECT 1"));
}

TEST_F(ConnectionTest, ACutBinaryCopyIsTransientAndTheConnectionIsNotUsable) {
  Connection connection = connect();
  auto transaction = connection.begin();
  ASSERT_TRUE(transaction->exec("CREATE TABLE t (n bigint)"));
  std::int64_t next = 0;
  const auto copied = transaction->copy_binary("t", {"n"}, [&](BinaryRow& row) {
    if (next == 20'000) connection.interrupt();
    row.bigint(next);
    return next++ < 100'000;
  });
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().kind, ErrorKind::transient);
  EXPECT_FALSE(connection.usable());
}

TEST_F(ConnectionTest, RollsBackWhatIsNotCommitted) {
  Connection connection = connect();
  {
    auto transaction = connection.begin();
    ASSERT_TRUE(transaction->exec("CREATE TABLE t (n int)"));
  }
  EXPECT_TRUE(connection.usable());
  EXPECT_EQ(connection.exec("SELECT to_regclass('t') IS NULL")->text(0, 0), "t");
}

TEST_F(ConnectionTest, TellsAStatementThatCanNeverWorkFromALostConnection) {
  Connection connection = connect();
  const auto wrong = connection.exec("SELECT * FROM nowhere");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::configuration);
  EXPECT_TRUE(connection.usable());

  const auto lost = connection.exec("SELECT pg_terminate_backend(pg_backend_pid())");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::transient);
  EXPECT_FALSE(connection.usable());
  EXPECT_FALSE(connection.exec("SELECT 1")) << "it reconnected silently";
}

TEST_F(ConnectionTest, ABadRowInACopyIsAnErrorAndTheConnectionLives) {
  Connection connection = connect();
  {
    auto transaction = connection.begin();
    ASSERT_TRUE(transaction->exec("CREATE TABLE t (n int NOT NULL)"));
    bool once = true;
    const auto copied = transaction->copy("t", {"n"}, [&](CopyRow& row) {
      row.null();
      return std::exchange(once, false);
    });
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().kind, ErrorKind::configuration);
  }
  EXPECT_TRUE(connection.exec("SELECT 1"));
}

TEST_F(ConnectionTest, AnInterruptEndsAWaitingStatement) {
  Connection connection = connect();
  std::thread other([&] { connection.interrupt(); });
  const auto rows = connection.exec("SELECT pg_sleep(60)");
  other.join();
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind, ErrorKind::transient);
  EXPECT_FALSE(connection.usable());
}

TEST_F(ConnectionTest, AStatementTimeoutIsARetryAndDoesNotLeak) {
  Connection connection = connect();
  {
    auto transaction = connection.begin({.statement_timeout_ms = 1});
    const auto rows = transaction->exec("SELECT pg_sleep(60)");
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().kind, ErrorKind::transient);
  }
  EXPECT_EQ(connection.exec("SHOW statement_timeout")->text(0, 0), "0");
}

TEST_F(ConnectionTest, AWrongDsnIsOneLineWithOriginHostAndAdvice) {
  struct Case {
    std::string dsn;
    ErrorKind kind;
    std::string part;
  };
  const std::string folder = postgres_->folder();
  for (const Case& wrong :
       {Case{"host=no-such-host.invalid dbname=d password=hunter2", ErrorKind::transient,
             "no-such-host.invalid"},
        Case{"host=127.0.0.1 port=1 dbname=d password=hunter2", ErrorKind::transient, "port"},
        Case{"host=" + folder + " user=mendel dbname=nowhere", ErrorKind::configuration,
             "create that database"},
        Case{"host=" + folder + " user=nobody dbname=postgres", ErrorKind::configuration,
             "user name"},
        Case{"host=/nowhere dbname=d", ErrorKind::transient, "is the server running"},
        Case{"host=h port=abc dbname=d", ErrorKind::configuration, "connection string"}}) {
    const auto connection = Connection::open({wrong.dsn, "/run/dsn"}, {"test", {}});
    ASSERT_FALSE(connection) << wrong.dsn;
    const Error& error = connection.error();
    EXPECT_EQ(error.kind, wrong.kind) << error.message;
    EXPECT_THAT(error.message, HasSubstr("/run/dsn"));
    EXPECT_THAT(error.message, HasSubstr(wrong.part));
    EXPECT_THAT(error.message, Not(HasSubstr("hunter2")));
    EXPECT_THAT(error.message, Not(HasSubstr("\n")));
    EXPECT_THAT(error.message, Not(HasSubstr("LOCATION")));
  }
}

TEST_F(ConnectionTest, ABadPasswordIsAConfigurationError) {
  ASSERT_TRUE(postgres_->psql("CREATE ROLE guarded LOGIN PASSWORD 'right'"));
  std::ofstream(postgres_->folder() + "/data/pg_hba.conf")
      << "local all guarded scram-sha-256\nlocal all all trust\n";
  ASSERT_EQ(psql("SELECT pg_reload_conf()"), "t");
  const Dsn dsn{"host=" + postgres_->folder() + " user=guarded dbname=postgres password=hunter2",
                "NEON_CONNECTION_STRING"};
  auto connection = Connection::open(dsn, {"test", {}});
  // The server reloads in its own time.
  for (int i = 0; connection && i < 1000; ++i) connection = Connection::open(dsn, {"test", {}});
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().kind, ErrorKind::configuration);
  EXPECT_THAT(connection.error().message, HasSubstr("check user and password"));
  EXPECT_THAT(connection.error().message, HasSubstr("NEON_CONNECTION_STRING"));
  EXPECT_THAT(connection.error().message, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace mendel::database

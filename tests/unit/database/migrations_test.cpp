#include "shared/database/migrations.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "tests/unit/database/server.hpp"

namespace mendel::database {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class MigrationsTest : public Server {
 protected:
  static std::vector<Migration> two() {
    return {
        {1, "0001_a.sql", "CREATE TABLE mendel.a (n int); CREATE TABLE mendel.b (n int);", "c1"},
        {2, "0002_b.sql",
         "INSERT INTO mendel.a VALUES (1);"
         " CREATE OR REPLACE FUNCTION mendel.make_hypertables() RETURNS void"
         " LANGUAGE sql AS 'SELECT'",
         "c2"}};
  }
};

TEST_F(MigrationsTest, OfTheProjectApplyOnceAndThenDoNothing) {
  const auto files = read_migrations(MENDEL_SOURCE_DIR "/sql");
  ASSERT_TRUE(files);
  const auto planned = migrate(dsn_, *files, true);
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(planned->applied.size(), files->size());
  EXPECT_EQ(psql("SELECT to_regclass('mendel.runs') IS NULL"), "t");

  const auto first = migrate(dsn_, *files, false);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->applied.size(), files->size());
  const auto second = migrate(dsn_, *files, false);
  ASSERT_TRUE(second);
  EXPECT_THAT(second->applied, IsEmpty());
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.leaderboard, mendel.generations"), "0");
}

TEST_F(MigrationsTest, ThatChangedAfterwardsAreAnOperatorError) {
  auto files = two();
  ASSERT_TRUE(migrate(dsn_, files, false));
  files[0].checksum = "other";
  const auto again = migrate(dsn_, files, false);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::operator_needed);
  EXPECT_THAT(again.error().message, HasSubstr("0001_a.sql"));
}

TEST_F(MigrationsTest, OlderThanTheDatabaseAreAnOperatorError) {
  auto files = two();
  ASSERT_TRUE(migrate(dsn_, files, false));
  files.pop_back();
  EXPECT_EQ(migrate(dsn_, files, false).error().kind, ErrorKind::operator_needed);
}

TEST_F(MigrationsTest, ThatFailLeaveNothingBehind) {
  auto files = two();
  files[1].sql = "INSERT INTO mendel.a VALUES (1); SELECT * FROM nowhere";
  const auto failed = migrate(dsn_, files, false);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, HasSubstr("0002_b.sql"));
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.a"), "0");
  EXPECT_EQ(psql("SELECT max(number) FROM mendel.schema_version"), "1");
}

TEST_F(MigrationsTest, ByTwoAtOnceApplyEachFileOnce) {
  std::vector<std::string> here;
  std::vector<std::string> there;
  const auto run = [&](std::vector<std::string>& applied) {
    const auto report = migrate(dsn_, two(), false);
    ASSERT_TRUE(report) << report.error().message;
    applied = report->applied;
  };
  std::thread other([&] { run(there); });
  run(here);
  other.join();
  EXPECT_EQ(here.size() + there.size(), 2U);
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.a"), "1");
}

TEST_F(MigrationsTest, AreWhatAMissingSchemaAsksFor) {
  Connection connection = connect();
  const Status missing = check_schema(connection);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::transient);
  EXPECT_THAT(missing.error().message, HasSubstr("mendel migrate"));
  migrate_all();
  EXPECT_TRUE(check_schema(connection));
}

// The extension may come after the tables: rows that are there move into chunks.
TEST(Timescale, MakesHypertablesOfTablesThatAreThere) {
  auto started = support::PrivatePostgres::start();
  ASSERT_TRUE(started) << started.error().message;
  support::PrivatePostgres& plain = **started;
  const auto offered =
      plain.psql("SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'");
  if (*offered == "0") GTEST_SKIP() << "TimescaleDB is not installed";
  const auto files = read_migrations(MENDEL_SOURCE_DIR "/sql");
  const Dsn dsn{plain.dsn(), "a test"};
  ASSERT_TRUE(migrate(dsn, *files, false));
  ASSERT_TRUE(plain.psql(
      "INSERT INTO mendel.market_data SELECT d, 'SPX', 1, 1, 1, 1, 1, 'test', '1d', 0"
      " FROM generate_series(timestamptz '2000-01-01Z', '2001-01-01Z', interval '1 day') d"));
  ASSERT_TRUE(plain.psql("ALTER SYSTEM SET shared_preload_libraries = timescaledb"));
  ASSERT_TRUE(plain.stop());
  ASSERT_TRUE(plain.start_again());
  for (int i = 0; i < 2; ++i) {
    const auto again = migrate(dsn, *files, false);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_THAT(again->tables, HasSubstr("hypertables"));
  }
  EXPECT_EQ(*plain.psql("SELECT count(*) FROM timescaledb_information.hypertables"), "2");
  EXPECT_EQ(*plain.psql("SELECT count(*) FROM mendel.market_data"), "367");
  EXPECT_EQ(*plain.psql("SELECT count(*) > 10 FROM show_chunks('mendel.market_data')"), "t");
}

}  // namespace
}  // namespace mendel::database

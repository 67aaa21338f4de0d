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
         " CREATE OR REPLACE FUNCTION mendel.make_hypertables(days integer) RETURNS void"
         " LANGUAGE sql AS 'SELECT'",
         "c2"}};
  }
};

TEST_F(MigrationsTest, OfTheProjectApplyOnceAndThenDoNothing) {
  const auto files = read_migrations(MENDEL_SOURCE_DIR "/sql");
  ASSERT_TRUE(files);
  const auto planned = migrate(dsn_, *files, {.dry_run = true});
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(planned->applied.size(), files->size());
  EXPECT_EQ(psql("SELECT to_regclass('mendel.runs') IS NULL"), "t");

  const auto first = migrate(dsn_, *files, {});
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->applied.size(), files->size());
  const auto second = migrate(dsn_, *files, {});
  ASSERT_TRUE(second);
  EXPECT_THAT(second->applied, IsEmpty());
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.leaderboard, mendel.generations"), "0");
}

TEST_F(MigrationsTest, ThatChangedAfterwardsAreAnOperatorError) {
  auto files = two();
  ASSERT_TRUE(migrate(dsn_, files, {}));
  files[0].checksum = "other";
  const auto again = migrate(dsn_, files, {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::operator_needed);
  EXPECT_THAT(again.error().message, HasSubstr("0001_a.sql"));
}

TEST_F(MigrationsTest, OlderThanTheDatabaseAreAnOperatorError) {
  auto files = two();
  ASSERT_TRUE(migrate(dsn_, files, {}));
  files.pop_back();
  EXPECT_EQ(migrate(dsn_, files, {}).error().kind, ErrorKind::operator_needed);
}

TEST_F(MigrationsTest, ThatFailLeaveNothingBehind) {
  auto files = two();
  files[1].sql = "INSERT INTO mendel.a VALUES (1); SELECT * FROM nowhere";
  const auto failed = migrate(dsn_, files, {});
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, HasSubstr("0002_b.sql"));
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.a"), "0");
  EXPECT_EQ(psql("SELECT max(number) FROM mendel.schema_version"), "1");
}

TEST_F(MigrationsTest, ByTwoAtOnceApplyEachFileOnce) {
  std::vector<std::string> here;
  std::vector<std::string> there;
  const auto run = [&](std::vector<std::string>& applied) {
    const auto report = migrate(dsn_, two(), {});
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

TEST_F(MigrationsTest, ViewsAnswerWhatPeopleAsk) {
  migrate_all();
  psql(
      "INSERT INTO mendel.market_data VALUES"
      " ('2024-01-01T00:00Z', 'B', 1, 3, 1, 2, 10, 's', '12h', 0),"
      " ('2024-01-01T12:00Z', 'B', 2, 5, 2, 4, 20, 's', '12h', 0),"
      " ('2024-01-03T00:00Z', 'B', 4, 4, 3, 3, 5, 's', '12h', 0)");
  EXPECT_EQ(psql("SELECT open, high, low, close, volume, bars FROM mendel.bars_daily ORDER BY day"),
            "1|5|1|4|30|2\n4|4|3|3|5|1");
  EXPECT_EQ(psql("SELECT missing, after < before FROM mendel.gaps"), "2|t");
  psql(
      "INSERT INTO mendel.runs (run, state, dataset_id, created_at, experiment) SELECT 'r' || i,"
      " 'finished', 'd', timestamptz '2024-01-01Z' + i * interval '1 day',"
      " 'objectives = [\"sharpe_ratio max\", \"max_drawdown min\"]' FROM generate_series(1, 2) i");
  psql(
      "INSERT INTO mendel.candidates SELECT 'r' || r, 0, 0, k, 'k' || k, '{}', k, NULL"
      " FROM generate_series(1, 2) r, generate_series(1, 3 * r) k");
  psql(
      "INSERT INTO mendel.strategy_metrics (\"timestamp\", strategy_id, run, generation,"
      " window_name, symbol, sharpe_ratio, max_drawdown, ruined) SELECT '2024-01-01Z', k, 'r1', 0,"
      " 'in_sample', 'portfolio', s, d, false FROM (VALUES ('k1', 1, 0.1), ('k2', 2, 0.2),"
      " ('k3', 1, 0.3)) m (k, s, d)");
  EXPECT_EQ(psql("SELECT run, strategies, strategies_so_far FROM mendel.trials ORDER BY run"),
            "r1|3|3\nr2|6|9");
  EXPECT_EQ(psql("SELECT strategy_id, objectives->>'sharpe_ratio' FROM mendel.pareto_front"
                 " WHERE run = 'r1' ORDER BY 1"),
            "k1|1\nk2|2");
}

TEST_F(MigrationsTest, RetentionShowsThenDeletesAndWaitsForUnfinishedRuns) {
  migrate_all();
  psql(
      "INSERT INTO mendel.market_data SELECT now() - d * interval '1 day', 'B', 1, 1, 1, 1, 1, 's',"
      " '1d', 0 FROM generate_series(1, 10) d");
  psql("INSERT INTO mendel.runs (run, state) VALUES ('r1', 'running')");
  const std::string dry =
      "SELECT relation, rows_gone, held_by FROM mendel.apply_retention(5, NULL,"
      " true)";
  const std::string real = "SELECT rows_gone FROM mendel.apply_retention(5, NULL, false)";
  EXPECT_EQ(psql(dry), "mendel.market_data|6|r1");
  psql(real);
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.market_data"), "10");
  psql("UPDATE mendel.runs SET state = 'finished'");
  EXPECT_EQ(psql(dry), "mendel.market_data|6|");
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.market_data"), "10");
  EXPECT_EQ(psql(real), "6");
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.market_data"), "4");
  EXPECT_THAT(psql("SELECT * FROM mendel.apply_retention(0, NULL, false)"),
              HasSubstr("at least 1"));
}

TEST_F(MigrationsTest, RolesMayDoWhatTheirStageDoesAndNoMore) {
  const auto files = read_migrations(MENDEL_SOURCE_DIR "/sql");
  MigrateOptions options;
  options.roles = RoleLimits{6, 5};
  for (int i = 0; i < 2; ++i) {
    const auto made = migrate(dsn_, *files, options);
    ASSERT_TRUE(made) << made.error().message;
  }
  EXPECT_EQ(psql("SELECT rolname, rolcanlogin, rolconnlimit FROM pg_roles"
                 " WHERE rolname LIKE 'mendel\\_%' ORDER BY 1"),
            "mendel_loader|t|6\nmendel_migrator|t|4\nmendel_owner|f|-1\nmendel_reader|t|8\n"
            "mendel_writer|t|5");
  const auto may = [&](const std::string& role, const std::string& sql) {
    return psql("SET ROLE " + role + "; " + sql);
  };
  const std::string bar =
      "INSERT INTO mendel.market_data VALUES ('2024-01-01Z', 'B', 1, 1, 1, 1, 1, 's', '1d', 0)";
  EXPECT_EQ(may("mendel_loader", bar), "");
  EXPECT_THAT(may("mendel_writer", bar), HasSubstr("permission denied"));
  EXPECT_EQ(may("mendel_writer", "INSERT INTO mendel.runs (run) VALUES ('r')"), "");
  EXPECT_THAT(may("mendel_loader", "INSERT INTO mendel.runs (run) VALUES ('q')"),
              HasSubstr("permission denied"));
  EXPECT_EQ(may("mendel_reader", "SELECT count(*) FROM mendel.leaderboard"), "0");
  EXPECT_THAT(may("mendel_reader", "DELETE FROM mendel.runs"), HasSubstr("permission denied"));
  EXPECT_THAT(may("mendel_loader", "DROP TABLE mendel.market_data"), HasSubstr("must be owner"));
  EXPECT_EQ(may("mendel_loader", "SELECT count(*) FROM mendel.apply_retention(1, 1, true)"), "2");
  // The migrator, who owns nothing, goes on where the owner left off.
  const Dsn migrator{"host=" + postgres_->folder() + " user=mendel_migrator dbname=" + database_,
                     "a test"};
  auto more = *files;
  more.push_back({static_cast<int>(more.size()) + 1, "9999_new.sql",
                  "CREATE TABLE mendel.of_the_migrator (n int)", "c"});
  const auto applied = migrate(migrator, more, {});
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(psql("SELECT tableowner FROM pg_tables WHERE tablename = 'of_the_migrator'"),
            "mendel_owner");
  EXPECT_EQ(psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'mendel'"
                 " AND tableowner <> 'mendel_owner'"),
            "0");
}

TEST_F(MigrationsTest, ProbeFindsNoTimescaleWhereThereIsNone) {
  const auto found = probe_timescale(dsn_);
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, Timescale::absent);
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
  ASSERT_TRUE(migrate(dsn, *files, {}));
  const bool preloaded = *plain.psql("SHOW shared_preload_libraries") == "timescaledb";
  EXPECT_EQ(*probe_timescale(dsn), preloaded ? Timescale::apache : Timescale::absent);
  ASSERT_TRUE(plain.psql(
      "INSERT INTO mendel.market_data SELECT d, 'SPX', 1, 1, 1, 1, 1, 'test', '1d', 0"
      " FROM generate_series(timestamptz '2000-01-01Z', '2001-01-01Z', interval '1 day') d"));
  ASSERT_TRUE(plain.psql("ALTER SYSTEM SET shared_preload_libraries = timescaledb"));
  ASSERT_TRUE(plain.stop());
  ASSERT_TRUE(plain.start_again());
  for (int i = 0; i < 2; ++i) {
    const auto again = migrate(dsn, *files, {});
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_THAT(again->tables, HasSubstr("hypertables"));
  }
  EXPECT_EQ(*plain.psql("SELECT count(*) FROM timescaledb_information.hypertables"), "2");
  EXPECT_EQ(*plain.psql("SELECT count(*) FROM mendel.market_data"), "367");
  EXPECT_EQ(*plain.psql("SELECT hypertable_name, time_interval FROM "
                        "timescaledb_information.dimensions ORDER BY 1"),
            "market_data|365 days\nstrategy_metrics|30 days");
  EXPECT_EQ(*probe_timescale(dsn), Timescale::apache);
  EXPECT_EQ(*plain.psql("SELECT rows_gone > 300 FROM mendel.apply_retention(3650, NULL, false)"),
            "t");
  EXPECT_EQ(*plain.psql("SELECT count(*) FROM mendel.market_data"), "0");
}

}  // namespace
}  // namespace mendel::database

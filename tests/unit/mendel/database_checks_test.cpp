#include "topology/mendel/database_checks.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/database/server.hpp"

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;

class DatabaseChecks : public database::Server {
 protected:
  Finding finding(const std::string& name) const {
    const auto found = std::find_if(findings_.begin(), findings_.end(),
                                    [&](const Finding& one) { return one.name == name; });
    EXPECT_NE(found, findings_.end()) << name;
    return found == findings_.end() ? Finding{} : *found;
  }
  void check(int connections = 4) { findings_ = check_database(dsn_, {connections}); }

  std::vector<Finding> findings_;
};

TEST_F(DatabaseChecks, PassOnAMigratedDatabase) {
  migrate_all();
  check();
  EXPECT_EQ(findings_.size(), 11U);
  for (const Finding& one : findings_) {
    EXPECT_NE(one.status, Outcome::fail) << one.name << ": " << one.measured;
    EXPECT_NE(one.measured, "") << one.name;
  }
  EXPECT_THAT(finding("reconnection").measured, HasSubstr("terminated, back as"));
  EXPECT_THAT(finding("pooling").measured, HasSubstr("4 of 4"));
  EXPECT_EQ(finding("pg_stat_statements").status, Outcome::warn);
  const bool absent = psql("SELECT mendel.timescale_edition()") == "absent";
  EXPECT_EQ(finding("timescaledb").status, absent ? Outcome::warn : Outcome::pass);
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.market_data_staging"), "0");
}

TEST_F(DatabaseChecks, FailWithoutTheSchema) {
  check();
  EXPECT_EQ(finding("performance_baseline").status, Outcome::fail);
  EXPECT_THAT(finding("database_versions").measured, HasSubstr("mendel migrate"));
}

TEST_F(DatabaseChecks, FailForPoolsBeyondTheServersConnections) {
  migrate_all();
  check(100);
  EXPECT_EQ(finding("compute_sizing").status, Outcome::fail);
  EXPECT_THAT(finding("compute_sizing").advice, HasSubstr("pool_max"));
}

TEST_F(DatabaseChecks, AskNoMoreOfARoleThanItMay) {
  const auto files = database::read_migrations(MENDEL_SOURCE_DIR "/sql");
  ASSERT_TRUE(database::migrate(dsn_, *files, {false, database::RoleLimits{4, 4}}));
  for (const char* role : {"mendel_loader", "mendel_migrator"}) {
    const bool may_all = std::string(role) == "mendel_migrator";
    findings_ = check_database({dsn_.text + " user=" + role, "a test"}, {4});
    EXPECT_THAT(finding("pooling").measured, HasSubstr("3 of 3"));
    EXPECT_EQ(finding("pooling").status, Outcome::pass);
    EXPECT_EQ(finding("performance_baseline").status, may_all ? Outcome::pass : Outcome::warn);
    EXPECT_EQ(finding("reconnection").status, Outcome::pass);
  }
}

TEST(NoDatabase, FailsEveryCheckOfIt) {
  const auto findings = check_database({"host=/nowhere password=hunter2", "/run/dsn"}, {});
  EXPECT_EQ(findings.size(), 11U);
  for (const Finding& one : findings) {
    EXPECT_EQ(one.status, Outcome::fail);
    EXPECT_THAT(one.measured, ::testing::Not(HasSubstr("hunter2")));
  }
}

}  // namespace
}  // namespace mendel::cli

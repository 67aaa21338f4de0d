#include "topology/mendel/cluster.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "shared/database/connection.hpp"
#include "tests/support/scratch_folder.hpp"

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;

class ClusterTest : public ::testing::Test {
 protected:
  // As create_folders leaves a state directory: root's can be entered by the user postgres.
  ClusterTest() { chmod(folder_.path().c_str(), 0711); }

  std::string data(const std::string& name) const { return folder_.file("pg/data/" + name); }

  testing::ScratchFolder folder_;
};

TEST_F(ClusterTest, HoldsTheDatabaseMendelFromOneStartToTheNext) {
  const Result<Cluster> cluster = Cluster::prepare(folder_.path());
  ASSERT_TRUE(cluster) << cluster.error().message;
  EXPECT_FALSE(cluster->answers());
  for (int start = 0; start < 2; ++start) {
    const Result<TemporaryServer> server =
        TemporaryServer::start(*cluster, folder_.file("postgresql.log"));
    ASSERT_TRUE(server) << server.error().message;
    ASSERT_TRUE(cluster->answers());
    const Status made = cluster->create_database();
    EXPECT_TRUE(made) << made.error().message;
    Result<database::Connection> connection =
        database::Connection::open({cluster->dsn(), "the test"}, {"test", {}});
    ASSERT_TRUE(connection) << connection.error().message;
    const char* const sql = start == 0 ? "CREATE TABLE kept (n int)" : "SELECT * FROM kept";
    EXPECT_TRUE(connection->exec(sql));
  }
  EXPECT_FALSE(cluster->answers());
}

TEST_F(ClusterTest, StartsOverThePidFileOfAKilledServerWhosePidIsAnotherProgramsNow) {
  ASSERT_TRUE(Cluster::prepare(folder_.path()));
  std::ofstream(data("postmaster.pid")) << getpid() << "\n" << data("") << "\n";
  const Result<Cluster> cluster = Cluster::prepare(folder_.path());
  ASSERT_TRUE(cluster) << cluster.error().message;
  EXPECT_TRUE(TemporaryServer::start(*cluster, folder_.file("postgresql.log")));
}

TEST_F(ClusterTest, RefusesAClusterOfAVersionThatIsNotInstalled) {
  std::filesystem::create_directories(folder_.file("pg/data"));
  std::ofstream(data("PG_VERSION")) << "9\n";
  const Result<Cluster> cluster = Cluster::prepare(folder_.path());
  ASSERT_FALSE(cluster);
  EXPECT_EQ(cluster.error().kind, ErrorKind::configuration);
  EXPECT_THAT(cluster.error().message, HasSubstr("postgresql-9"));
}

TEST_F(ClusterTest, NamesTheFolderThatItsUserCannotEnter) {
  if (geteuid() != 0) GTEST_SKIP() << "only root runs PostgreSQL as another user";
  std::filesystem::create_directories(folder_.file("closed/state"));
  chmod(folder_.file("closed").c_str(), 0700);
  const Result<Cluster> cluster = Cluster::prepare(folder_.file("closed/state"));
  ASSERT_FALSE(cluster);
  EXPECT_THAT(cluster.error().message, HasSubstr(folder_.file("closed") + ":"));
  EXPECT_THAT(cluster.error().message, HasSubstr("--state"));
}

}  // namespace
}  // namespace mendel::cli

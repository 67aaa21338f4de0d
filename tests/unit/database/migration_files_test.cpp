#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "shared/database/migrations.hpp"

namespace mendel::database {
namespace {

using testing::HasSubstr;

class MigrationFiles : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(mkdtemp(folder_.data()), nullptr); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name) const { std::ofstream(folder_ + "/" + name) << "SELECT 1;"; }

  std::string folder_ = "/tmp/mendel-sql-XXXXXX";
};

TEST_F(MigrationFiles, AreReadInOrder) {
  write("0002_b.sql");
  write("0001_a.sql");
  write("README");
  const auto migrations = read_migrations(folder_);
  ASSERT_TRUE(migrations);
  ASSERT_EQ(migrations->size(), 2U);
  EXPECT_EQ((*migrations)[0].file, "0001_a.sql");
  EXPECT_EQ((*migrations)[1].number, 2);
}

TEST_F(MigrationFiles, WithAGapAreRefused) {
  write("0001_a.sql");
  write("0003_c.sql");
  const auto migrations = read_migrations(folder_);
  ASSERT_FALSE(migrations);
  EXPECT_THAT(migrations.error().message, HasSubstr("0003_c.sql"));
  EXPECT_THAT(migrations.error().message, HasSubstr("0002_"));
}

TEST_F(MigrationFiles, AbsentAreAConfigurationError) {
  EXPECT_EQ(read_migrations(folder_).error().kind, ErrorKind::configuration);
  EXPECT_EQ(read_migrations(folder_ + "/none").error().kind, ErrorKind::configuration);
}

TEST_F(MigrationFiles, OfTheProjectEndAtTheVersionStagesWaitFor) {
  const auto migrations = read_migrations(MENDEL_SOURCE_DIR "/sql");
  ASSERT_TRUE(migrations) << migrations.error().message;
  EXPECT_EQ(migrations->back().number, kSchemaVersion);
}

}  // namespace
}  // namespace mendel::database

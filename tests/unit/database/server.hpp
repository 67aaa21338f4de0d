// The fixture of tests that need a server: one private cluster for all tests of a process.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "shared/database/connection.hpp"
#include "shared/database/migrations.hpp"
#include "tests/support/postgres.hpp"

namespace mendel::database {

class Server : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto started = support::PrivatePostgres::start();
    ASSERT_TRUE(started) << started.error().message;
    postgres_ = std::move(*started);
  }
  static void TearDownTestSuite() { postgres_.reset(); }

  void SetUp() override {
    const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    database_ = name.substr(0, 60);
    ASSERT_TRUE(postgres_->psql("CREATE DATABASE \"" + database_ + "\""));
    dsn_ = {postgres_->dsn(database_), "a test"};
  }

  Connection connect() const {
    auto connection = Connection::open(dsn_, {"test", {}});
    EXPECT_TRUE(connection) << connection.error().message;
    return std::move(*connection);
  }
  std::string psql(const std::string& sql) const {
    const auto text = postgres_->psql(sql, database_);
    return text ? *text : text.error().message;
  }
  void migrate_all() const {
    const auto files = read_migrations(MENDEL_SOURCE_DIR "/sql");
    ASSERT_TRUE(files);
    const auto done = migrate(dsn_, *files, {});
    ASSERT_TRUE(done) << done.error().message;
  }

  static inline std::unique_ptr<support::PrivatePostgres> postgres_;
  std::string database_;
  Dsn dsn_;
};

}  // namespace mendel::database

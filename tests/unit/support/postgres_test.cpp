#include "tests/support/postgres.hpp"

#include <gtest/gtest.h>

namespace mendel::support {
namespace {

TEST(PrivatePostgres, AnswersAndKeepsWhatItHoldsOverAnOutage) {
  auto cluster = PrivatePostgres::start();
  ASSERT_TRUE(cluster) << cluster.error().message;
  PrivatePostgres& postgres = **cluster;
  ASSERT_TRUE(postgres.psql("CREATE TABLE t AS SELECT 7 AS n"));

  ASSERT_TRUE(postgres.stop());
  EXPECT_FALSE(postgres.psql("SELECT 1"));
  const Status again = postgres.start_again();
  ASSERT_TRUE(again) << again.error().message;

  const auto kept = postgres.psql("SELECT n FROM t");
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(*kept, "7");
}

}  // namespace
}  // namespace mendel::support

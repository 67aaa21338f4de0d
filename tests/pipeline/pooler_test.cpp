// Every statement of the product through PgBouncer in transaction mode: a whole search.
#include <gmock/gmock.h>

#include "tests/pipeline/pipeline.hpp"
#include "tests/support/pgbouncer.hpp"

namespace mendel::testing {
namespace {

TEST(ThroughAPooler, ASearchIsStoredAndFindsTheSameBits) {
  if (!support::PrivateBouncer::is_installed()) GTEST_SKIP() << "pgbouncer is not installed";
  auto postgres = support::PrivatePostgres::start();
  ASSERT_TRUE(postgres) << postgres.error().message;
  ASSERT_TRUE((*postgres)->psql("CREATE DATABASE mendel"));
  auto bouncer = support::PrivateBouncer::start(**postgres);
  ASSERT_TRUE(bouncer) << bouncer.error().message;
  Pipeline pipeline(1, {{"NEON_CONNECTION_STRING", (*bouncer)->dsn("mendel")}});
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(MENDEL_SOURCE_DIR "/topology/demo/sp500_1d.csv", "SP500", "vega-datasets");
  const config::Value found =
      pipeline.evolve(MENDEL_SOURCE_DIR "/topology/demo/experiment.toml", kSmallDemo);
  const config::Value* digest = found.find("digest");
  ASSERT_NE(digest, nullptr);
  EXPECT_EQ(digest->as_text(), kSmallDemoDigest);
  const auto count = [&](const std::string& sql) {
    const auto text = (*postgres)->psql("SELECT count(*) FROM mendel." + sql, "mendel");
    return text ? *text : text.error().message;
  };
  EXPECT_EQ(count("market_data"), "5105");
  EXPECT_TRUE(eventually([&] { return count("runs WHERE state = 'finished'") == "1"; }));
  EXPECT_TRUE(eventually([&] {
    return count(
               "candidates c WHERE NOT EXISTS (SELECT FROM mendel.strategy_metrics m"
               " WHERE m.strategy_id = c.strategy_id)") == "0";
  }));
  EXPECT_NE(count("leaderboard"), "0");
  EXPECT_EQ(count("generations"), "6");
}

}  // namespace
}  // namespace mendel::testing

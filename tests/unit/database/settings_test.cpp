#include "shared/database/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "shared/database/figures.hpp"

namespace mendel::database {
namespace {

using testing::HasSubstr;

Result<PoolOptions> options(const std::map<std::string, std::string>& settings) {
  return pool_options(
      [&](std::string_view key, std::string_view fallback) {
        const auto found = settings.find(std::string(key));
        return found == settings.end() ? std::string(fallback) : found->second;
      },
      "data_loader");
}

TEST(PoolSettings, HaveDefaults) {
  const auto found = options({});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->application, "mendel data_loader");
  EXPECT_EQ(found->connections_max, 2);
  EXPECT_EQ(found->connections_min, 0);
  EXPECT_FALSE(found->always_on);
  EXPECT_EQ(found->limits.statement_ms, 120'000);
  EXPECT_EQ(found->limits.lock_ms, 30'000);
}

TEST(PoolSettings, AreTakenFromTheStagesSection) {
  const auto found = options({{"data_loader.pool_max", "50"},
                              {"data_loader.pool_min", "10"},
                              {"database.always_on", "yes"},
                              {"database.statement_timeout_ms", "1000"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->connections_max, 50);
  EXPECT_EQ(found->connections_min, 10);
  EXPECT_TRUE(found->always_on);
  EXPECT_EQ(found->limits.statement_ms, 1000);
}

TEST(PoolSettings, AreRefusedBeyondTheirRange) {
  EXPECT_THAT(options({{"data_loader.pool_max", "0"}}).error().message, HasSubstr("1 to 64"));
  EXPECT_THAT(options({{"data_loader.pool_min", "3"}}).error().message, HasSubstr("0 to 2"));
  EXPECT_THAT(options({{"database.lock_timeout_ms", "2s"}}).error().message,
              HasSubstr("database.lock_timeout_ms = 2s"));
}

TEST(Figures, CarryTheOriginalNamesAndBaseUnits) {
  PoolGauges gauges;
  gauges.in_use = 2;
  gauges.latency.add(7'000'000);
  std::map<std::string, double> all;
  for (const Figure& figure : figures(gauges, {})) all[figure.name + figure.labels] = figure.value;
  EXPECT_EQ(all["neon_connection_pool_active"], 2);
  EXPECT_EQ(all["pool_in_use"], 2);
  EXPECT_DOUBLE_EQ(all["database_query_seconds_sum"], 0.007);
  EXPECT_EQ(all["database_query_seconds_bucketle=\"0.005\""], 0);
  EXPECT_EQ(all["database_query_seconds_bucketle=\"0.01\""], 1);
  EXPECT_EQ(all["database_query_seconds_bucketle=\"+Inf\""], 1);
}

TEST(Figures, SayWhatTheServerSaidAndHowLongAgo) {
  PoolGauges gauges;
  gauges.server = {10 * kNsPerSecond, -0.25, 0.5, 2'000, 3e9, 4};
  std::map<std::string, double> all;
  for (const Figure& figure : figures(gauges, {70 * kNsPerSecond, 1'500 * kNsPerSecond}))
    all[figure.name] = figure.value;
  EXPECT_EQ(all.at("database_gauges_age_seconds"), 60);
  EXPECT_EQ(all.at("clock_skew_seconds"), -0.25);
  EXPECT_EQ(all.at("clock_skew_unsure_seconds"), 0.5);
  EXPECT_EQ(all.at("certificate_expires_seconds"), 500);
  EXPECT_EQ(all.at("database_size_bytes"), 3e9);
  EXPECT_EQ(all.at("neon_database_size_gb"), 3);
  EXPECT_EQ(all.at("database_active_queries"), 4);
  EXPECT_EQ(all.at("neon_active_queries"), 4);
}

TEST(Figures, WhatTheServerDidNotSayIsAbsent) {
  PoolGauges gauges;
  const auto says = [&](const std::string& name) {
    const auto all = figures(gauges, {70 * kNsPerSecond, 0});
    return std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
  };
  EXPECT_FALSE(says("database_gauges_age_seconds"));  // never read
  gauges.server.read_at_ns = 1;
  EXPECT_TRUE(says("database_gauges_age_seconds"));
  EXPECT_FALSE(says("neon_active_queries"));
  EXPECT_FALSE(says("neon_database_size_gb"));
  EXPECT_FALSE(says("certificate_expires_seconds"));
  EXPECT_FALSE(says("clock_skew_seconds"));
}

}  // namespace
}  // namespace mendel::database

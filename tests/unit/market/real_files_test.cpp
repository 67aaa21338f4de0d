// The files people have, as they are: the S&P 500 that the project carries, and, where they are at
// hand, two hourly exports (MENDEL_SHARED_DATA names their folder).
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include "shared/base/time.hpp"
#include "shared/market/bar_csv.hpp"

namespace mendel::market {
namespace {

std::optional<std::string> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::optional<std::string> read_shared(const std::string& name) {
  const char* folder = std::getenv("MENDEL_SHARED_DATA");
  return read((folder ? folder : std::string(MENDEL_SOURCE_DIR) + "/../shared/data") + "/" + name);
}

TEST(RealFiles, TakesEveryBarOfTheSp500) {
  const auto text = read(std::string(MENDEL_SOURCE_DIR) + "/topology/demo/sp500_1d.csv");
  ASSERT_TRUE(text);
  const auto csv = parse_bar_csv(*text, {});
  ASSERT_TRUE(csv) << csv.error().message;
  EXPECT_EQ(csv->report.accepted, 5105);
  EXPECT_EQ(csv->report.refused_total(), 0);
  EXPECT_EQ(csv->report.timeframe.name, "1d");
  EXPECT_EQ(format_date(csv->report.first_ns), "2000-01-03");
  EXPECT_EQ(format_date(csv->report.last_ns), "2020-04-17");
  EXPECT_EQ(csv->bars.back().volume, 5792140000.0);
  EXPECT_EQ(csv->report.holes.count, 1) << "September 2001";
}

TEST(BarRules, AreAllDocumented) {
  const auto page = read(std::string(MENDEL_SOURCE_DIR) + "/docs/bars.md");
  ASSERT_TRUE(page);
  for (const std::string_view rule : kBarRuleNames) {
    EXPECT_NE(page->find("| `" + std::string(rule) + "` |"), std::string::npos) << rule;
  }
}

TEST(RealFiles, TakesTheHourlyExportOfBitcoin) {
  const auto text = read_shared("coinbase_btcusd_1h.csv");
  if (!text) GTEST_SKIP() << "coinbase_btcusd_1h.csv is not at hand (MENDEL_SHARED_DATA)";
  EXPECT_FALSE(parse_bar_csv(*text, {})) << "it has two volume columns";
  BarCsvOptions options;
  options.volume = "volume_btc";
  const auto csv = parse_bar_csv(*text, options);
  ASSERT_TRUE(csv) << csv.error().message;
  EXPECT_EQ(csv->report.accepted, 20111);
  EXPECT_EQ(csv->report.refused_total(), 0);
  EXPECT_EQ(csv->report.timeframe.name, "1h");
  EXPECT_EQ(csv->report.symbol, "BTCUSD");
  EXPECT_TRUE(csv->report.newest_first);
  EXPECT_EQ(format_time(csv->report.first_ns), "2017-07-01T11:00:00Z");
  EXPECT_EQ(format_time(csv->report.last_ns), "2019-10-17T09:00:00Z");
}

TEST(RealFiles, TakesTheHourlyExportOfEther) {
  const auto text = read_shared("coinbase_ethusd_1h.csv");
  if (!text) GTEST_SKIP() << "coinbase_ethusd_1h.csv is not at hand (MENDEL_SHARED_DATA)";
  BarCsvOptions options;
  options.volume = "Volume USD";
  const auto csv = parse_bar_csv(*text, options);
  ASSERT_TRUE(csv) << csv.error().message;
  EXPECT_EQ(csv->report.accepted, 16863);
  EXPECT_EQ(csv->report.refused_total(), 0);
  EXPECT_EQ(csv->report.symbol, "ETHUSD");
}

}  // namespace
}  // namespace mendel::market

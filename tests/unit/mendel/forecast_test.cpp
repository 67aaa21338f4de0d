#include "topology/mendel/forecast.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/config/value.hpp"

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;

strategy::Experiment demo(const strategy::Overrides& overrides = {}) {
  const std::string path = MENDEL_SOURCE_DIR "/topology/demo/experiment.toml";
  return *strategy::read_experiment(*config::read_text_file(path), path, overrides);
}

TEST(Forecast, TheDemoIsWhatItLeavesBehind) {
  // Measured: 4,527 scores and 30 generations in a log of 2,346,670 bytes, 7,375 rows.
  const Forecast made = forecast(demo());
  EXPECT_GT(made.scores, 3'300u);
  EXPECT_LT(made.scores, 3'840u);
  EXPECT_GT(made.log_bytes, 1'800'000u);
  EXPECT_LT(made.log_bytes, 3'200'000u);
  EXPECT_GT(made.database_rows, 7'000u);
  EXPECT_LT(made.database_rows, 8'000u);
  EXPECT_TRUE(confirm(made, false));
}

TEST(Forecast, MuchNeedsConsent) {
  const Forecast made =
      forecast(demo({{"search.population", "100000"}, {"search.generations", "1000"}}));
  EXPECT_GT(made.log_bytes, kLogBytesUnasked);
  EXPECT_FALSE(made.keeps_all);
  EXPECT_LT(made.database_rows, made.scores / 2);
  EXPECT_TRUE(confirm(made, true));
}

TEST(Forecast, AnEarlyStopBoundsIt) {
  const Forecast made =
      forecast(demo({{"search.generations", "100000"}, {"search.evaluations_max", "5000"}}));
  EXPECT_LT(made.scores, 7'000u);
}

TEST(Forecast, EverySymbolHasItsRows) {
  const std::uint64_t one = forecast(demo()).log_bytes;
  const Forecast many = forecast(demo({{"data.symbols", "[\"A\", \"B\", \"C\"]"}}));
  EXPECT_GT(many.log_bytes, one + one / 2);
  EXPECT_EQ(forecast(demo(), 3).log_bytes, 3 * one);
}

TEST(Forecast, SeveralSearchesAreOneSum) {
  const Forecast one = forecast(demo());
  const Forecast folds = forecast(std::vector{demo(), demo({{"search.seed", "7"}})});
  EXPECT_EQ(folds.scores, 2 * one.scores);
  EXPECT_EQ(folds.log_bytes, 2 * one.log_bytes);
  EXPECT_EQ(folds.database_rows, 2 * one.database_rows);
  EXPECT_FALSE(
      forecast(std::vector{demo({{"search.population", "100000"}, {"search.generations", "1000"}})})
          .keeps_all);
}

TEST(Forecast, IsOneLine) {
  EXPECT_THAT(forecast_text({3'840, 12'400'000'000, 7'710, false}),
              HasSubstr("at most 3,840 scores: 12.4 GB of log, 7,710 rows in the database (it "
                        "takes \"kept\")"));
}

}  // namespace
}  // namespace mendel::cli

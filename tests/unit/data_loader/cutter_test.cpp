#include "stages/data_loader/cutter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "shared/config/value.hpp"
#include "shared/store/dataset_file.hpp"
#include "tests/unit/data_loader/bars.hpp"

namespace mendel::data_loader {
namespace {

using testing::HasSubstr;

class FakeSource : public BarSource {
 public:
  Result<std::vector<market::Series>> read(const wire::DatasetOrder& order) override {
    if (trouble) return *trouble;
    std::vector<market::Series> all;
    for (const std::string& symbol : order.symbols) {
      market::Series series;
      series.symbol = symbol;
      if (symbol == "SPX") {
        for (const market::Bar& bar : daily(0, days)) series.push(bar);
      }
      all.push_back(series);
    }
    return all;
  }
  Result<std::string> stored_spans() override { return std::string("stored are test SPX 1d"); }

  std::optional<Error> trouble;
  std::int64_t days = 10;
};

class CutterTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    auto store = store::Store::create(folder_ + "/store", 0);
    ASSERT_TRUE(store) << store.error().message;
    store_.emplace(std::move(*store));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_ = "/tmp/mendel-cutter-XXXXXX";
  std::optional<store::Store> store_;
  FakeSource source_;
};

TEST_F(CutterTest, PublishesTheBarsUnderTheirHash) {
  const auto dataset = cut(order(0, 10), source_, *store_);
  ASSERT_TRUE(dataset) << dataset.error().message;
  EXPECT_EQ(dataset->error, "");
  EXPECT_EQ(dataset->rows, 10);
  const auto mapped =
      store::MappedDataset::open(store_->path() + "/" + dataset->file, dataset->dataset_id);
  ASSERT_TRUE(mapped) << mapped.error().message;
  EXPECT_EQ(mapped->series()[0].symbol, "SPX");
  EXPECT_EQ(mapped->series()[0].close[9], 109);
  EXPECT_EQ(mapped->series()[0].price_scale, 10);
  const auto quality = config::parse_json(dataset->quality, "quality");
  ASSERT_TRUE(quality);
  EXPECT_EQ(quality->find_path("symbols.SPX.rows")->as_integer(), 10);
}

TEST_F(CutterTest, GivesTheSameIdAgain) {
  EXPECT_EQ(cut(order(0, 10), source_, *store_)->dataset_id,
            cut(order(0, 10), source_, *store_)->dataset_id);
}

TEST_F(CutterTest, ShufflesWhenAskedTo) {
  source_.days = 200;
  wire::DatasetOrder asked = order(0, 200);
  const auto whole = cut(asked, source_, *store_);
  asked.shuffle = 1;
  const auto one = cut(asked, source_, *store_);
  ASSERT_TRUE(whole && one);
  EXPECT_EQ(one->error, "");
  EXPECT_EQ(one->rows, 200);
  EXPECT_NE(one->dataset_id, whole->dataset_id);
  EXPECT_EQ(one->dataset_id, cut(asked, source_, *store_)->dataset_id);
  asked.shuffle = 2;
  EXPECT_NE(one->dataset_id, cut(asked, source_, *store_)->dataset_id);
  EXPECT_TRUE(store::MappedDataset::open(store_->dataset_path(one->dataset_id), one->dataset_id));
}

TEST_F(CutterTest, SaysWhenThereIsTooLittleToShuffle) {
  wire::DatasetOrder asked = order(0, 10);
  asked.shuffle = 1;
  const auto dataset = cut(asked, source_, *store_);
  ASSERT_TRUE(dataset);
  EXPECT_THAT(dataset->error, HasSubstr("10 days are too few to shuffle"));
}

TEST_F(CutterTest, SaysWhatThereIsWhenNothingIsFound) {
  wire::DatasetOrder wrong = order(0, 10);
  wrong.symbols = {"SPX", "DAX"};
  const auto dataset = cut(wrong, source_, *store_);
  ASSERT_TRUE(dataset);
  EXPECT_THAT(dataset->error, HasSubstr("no bars of DAX"));
  EXPECT_THAT(dataset->error, HasSubstr("stored are test SPX 1d"));
  EXPECT_TRUE(dataset->dataset_id.is_zero());
}

TEST_F(CutterTest, RefusesNamesThatNoExperimentHas) {
  for (const std::string& name : {std::string(), std::string("two words"), std::string("a\nline"),
                                  std::string(1 << 20, 'x'), std::string("\xff")}) {
    for (const bool is_source : {true, false}) {
      wire::DatasetOrder wrong = order(0, 10);
      (is_source ? wrong.source : wrong.symbols.front()) = name;
      const auto dataset = cut(wrong, source_, *store_);
      ASSERT_TRUE(dataset);
      EXPECT_THAT(dataset->error, HasSubstr("1 to 64 bytes"));
    }
  }
  wire::DatasetOrder none = order(0, 10);
  none.symbols.clear();
  EXPECT_NE(cut(none, source_, *store_)->error, "");
}

TEST_F(CutterTest, LeavesAnOutageToALaterTry) {
  source_.trouble = transient_error("gone");
  const auto dataset = cut(order(0, 10), source_, *store_);
  ASSERT_FALSE(dataset);
  EXPECT_EQ(dataset.error().message, "gone");
}

}  // namespace
}  // namespace mendel::data_loader

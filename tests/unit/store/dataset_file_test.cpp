#include "shared/store/dataset_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <limits>
#include <utility>

#include "shared/base/bytes.hpp"
#include "shared/base/rng.hpp"
#include "shared/base/time.hpp"
#include "tests/support/scratch_folder.hpp"

namespace mendel::store {
namespace {

using ::testing::HasSubstr;

market::Series make_series(const std::string& symbol, int bars) {
  market::Series series;
  series.symbol = symbol;
  series.price_scale = 100;
  for (int i = 0; i < bars; ++i) {
    series.time_ns.push_back(i * kNsPerDay);
    series.open.push_back(100 + i);
    series.high.push_back(102 + i);
    series.low.push_back(99 + i);
    series.close.push_back(101 + i);
    series.volume.push_back(1000.5 * i);
  }
  return series;
}

DatasetContent make_content() {
  return {"csv", {"1d", kNsPerDay}, {make_series("AAA", 3), make_series("B", 9)}};
}

struct DatasetFileTest : ::testing::Test {
  testing::ScratchFolder scratch;
  std::string path = scratch.file("x.bars");
  Result<MappedDataset> open(std::string_view bytes, const Digest& id = {}) {
    ::unlink(path.c_str());
    std::ofstream(path, std::ios::binary) << bytes;
    return MappedDataset::open(path, id);
  }
};

TEST_F(DatasetFileTest, ReadsBackWhatWasWritten) {
  const DatasetContent content = make_content();
  const std::string bytes = encode_dataset(content);
  const auto dataset = open(bytes, sha256(bytes));
  ASSERT_TRUE(dataset) << dataset.error().message;
  EXPECT_EQ(dataset->source(), "csv");
  EXPECT_EQ(dataset->timeframe(), content.timeframe);
  ASSERT_EQ(dataset->series().size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    const market::SeriesView& view = dataset->series()[i];
    const market::Series& series = content.series[i];
    EXPECT_EQ(view.symbol, series.symbol);
    EXPECT_EQ(view.price_scale, 100);
    EXPECT_TRUE(std::equal(view.time_ns.begin(), view.time_ns.end(), series.time_ns.begin(),
                           series.time_ns.end()));
    EXPECT_TRUE(std::equal(view.low.begin(), view.low.end(), series.low.begin(), series.low.end()));
    EXPECT_TRUE(std::equal(view.volume.begin(), view.volume.end(), series.volume.begin(),
                           series.volume.end()));
  }
}

TEST_F(DatasetFileTest, ColumnsAreAlignedTo64Bytes) {
  const auto dataset = open(encode_dataset(make_content()));
  ASSERT_TRUE(dataset);
  for (const market::SeriesView& view : dataset->series()) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(view.time_ns.data()) % 64, 0u);
    for (const auto& column : {view.open, view.high, view.low, view.close, view.volume}) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(column.data()) % 64, 0u);
    }
  }
}

TEST_F(DatasetFileTest, EqualContentGivesEqualBytes) {
  DatasetContent zero = make_content();
  zero.series[0].volume[0] = -0.0;
  EXPECT_EQ(encode_dataset(zero), encode_dataset(make_content()));
  EXPECT_EQ(sha256(encode_dataset(make_content())).hex(),
            "681f0c36f911eebce409a18e57fd558552286ef7715a3f35a410b0ea12f4af29");
}

TEST_F(DatasetFileTest, AnEmptySeriesIsLegal) {
  const auto dataset = open(encode_dataset({"csv", {"1d", kNsPerDay}, {make_series("AAA", 0)}}));
  ASSERT_TRUE(dataset) << dataset.error().message;
  EXPECT_EQ(dataset->series()[0].size(), 0u);
}

TEST_F(DatasetFileTest, AMovedDatasetKeepsItsViews) {
  auto first = open(encode_dataset(make_content()));
  ASSERT_TRUE(first);
  const MappedDataset second = *std::move(first);
  EXPECT_EQ(second.series()[1].symbol, "B");
  EXPECT_EQ(second.series()[1].close[8], 109);
}

TEST_F(DatasetFileTest, RefusesAnotherFileUnderItsName) {
  const auto dataset = open(encode_dataset(make_content()), sha256("another"));
  ASSERT_FALSE(dataset);
  EXPECT_EQ(dataset.error().kind, ErrorKind::operator_needed);
  EXPECT_THAT(dataset.error().message, HasSubstr("hash"));
}

TEST_F(DatasetFileTest, AFileNotVisibleYetIsTransient) {
  const auto dataset = MappedDataset::open(scratch.file("none.bars"), Digest{});
  ASSERT_FALSE(dataset);
  EXPECT_EQ(dataset.error().kind, ErrorKind::transient);
}

TEST_F(DatasetFileTest, RefusesEveryTruncation) {
  const std::string bytes = encode_dataset(make_content());
  for (std::size_t size = 0; size < bytes.size(); size += size < 300 ? 1 : 37) {
    EXPECT_FALSE(open(std::string_view(bytes).substr(0, size))) << size;
  }
  EXPECT_FALSE(open(bytes + std::string(64, '\0')));
}

TEST_F(DatasetFileTest, RefusesEveryFlippedBit) {
  const std::string bytes = encode_dataset(make_content());
  Draws draws(42, 0, 0, 0, Purpose::sample);
  for (int i = 0; i < 400; ++i) {
    std::string hostile = bytes;
    hostile[draws.below(hostile.size())] ^= static_cast<char>(1 << draws.below(8));
    EXPECT_FALSE(open(hostile)) << "mutation " << i;
  }
}

// Bytes whose checksums are right: only limits and arithmetic can refuse them.
std::string reseal(std::string bytes) {
  std::uint32_t header_bytes;
  std::memcpy(&header_bytes, bytes.data() + 12, 4);
  if (header_bytes < 64 || header_bytes > bytes.size()) return bytes;
  const std::uint64_t body = checksum(std::string_view(bytes).substr(header_bytes));
  std::memcpy(bytes.data() + header_bytes - 16, &body, 8);
  const std::uint64_t header = checksum(std::string_view(bytes).substr(0, header_bytes - 8));
  std::memcpy(bytes.data() + header_bytes - 8, &header, 8);
  return bytes;
}

TEST_F(DatasetFileTest, SurvivesHostileHeadersWithValidChecksums) {
  const std::string bytes = encode_dataset(make_content());
  Draws draws(7, 0, 0, 0, Purpose::sample);
  constexpr std::uint64_t kValues[] = {
      0, 1, 0x7fffffff, 0xffffffff, 0x8000000000000000, 0xffffffffffffffff, 0x1fffffffffffffff};
  for (int i = 0; i < 2000; ++i) {
    std::string hostile = bytes;
    const std::size_t width = std::size_t{1} << draws.below(4);
    const std::uint64_t value = kValues[draws.below(7)];
    std::memcpy(hostile.data() + draws.below(192 - width), &value, width);
    const auto dataset = open(reseal(hostile));
    if (!dataset) continue;
    double sum = 0;  // what is accepted can be read to the end
    for (const auto& view : dataset->series()) {
      for (const double volume : view.volume) sum += volume;
    }
    EXPECT_GT(sum, 0);
  }
}

TEST_F(DatasetFileTest, RefusesASeriesWhoseSizeOverflows) {
  std::string bytes = encode_dataset({"s", {"1d", kNsPerDay}, {make_series("A", 8)}});
  const std::size_t count_at = 32 + 5 + 6 + 4 + 5;
  std::uint64_t count;
  std::memcpy(&count, bytes.data() + count_at, 8);
  ASSERT_EQ(count, 8u);
  count += std::uint64_t{1} << 61;  // times 8 it is the same
  std::memcpy(bytes.data() + count_at, &count, 8);
  EXPECT_FALSE(open(reseal(bytes)));
}

TEST_F(DatasetFileTest, RefusesTimesThatDoNotAscend) {
  DatasetContent content = make_content();
  content.series[0].time_ns[2] = content.series[0].time_ns[1];
  const auto dataset = open(encode_dataset(content));
  ASSERT_FALSE(dataset);
  EXPECT_THAT(dataset.error().message, HasSubstr("do not ascend"));
}

TEST_F(DatasetFileTest, RefusesAValueThatIsNoNumber) {
  DatasetContent content = make_content();
  content.series[1].low[2] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(open(encode_dataset(content)));
}

TEST_F(DatasetFileTest, RefusesTheSameSymbolTwice) {
  DatasetContent content = make_content();
  content.series[1].symbol = "AAA";
  EXPECT_FALSE(open(encode_dataset(content)));
}

}  // namespace
}  // namespace mendel::store

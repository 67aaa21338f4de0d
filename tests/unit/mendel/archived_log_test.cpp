#include "topology/mendel/archived_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "shared/compression/compressed_file.hpp"
#include "shared/durable_log/log.hpp"
#include "tests/support/scratch_folder.hpp"

namespace mendel::cli {
namespace {

using ::testing::ElementsAre;

const std::string kStore = "01HF7YAT00ABCDEFGHJKMNPQRS";
const std::string kRun = "01HF7YAT00000000000000000A";

struct ArchivedLogTest : ::testing::Test {
  testing::ScratchFolder scratch;
  std::string folder = scratch.file("scores");
  std::string archive = scratch.file("archive");

  // Segments 1, 2 and 3 with two records each; the first two are in the archive.
  void SetUp() override {
    for (std::uint64_t epoch = 1; epoch <= 3; ++epoch) {
      auto log = *durable_log::Writer::create(folder, kStore, epoch, 0);
      for (const char* part : {"a", "b"}) {
        const durable_log::Record record{7, std::to_string(epoch) + part};
        ASSERT_TRUE(log.append(std::span(&record, 1)));
      }
    }
    std::filesystem::create_directories(archive + "/" + kRun);
    for (std::uint64_t epoch = 1; epoch <= 2; ++epoch) {
      const std::string name = durable_log::segment_name(epoch, 1);
      std::ofstream(archive + "/" + kRun + "/" + name + ".runs") << kRun << "\n";
      ASSERT_TRUE(compression::compress_file(folder + "/" + name,
                                             archive + "/" + kRun + "/" + name + ".zst"));
      std::filesystem::remove(folder + "/" + name);
    }
  }
  std::unique_ptr<ArchivedLog> log(const std::string& run = kRun) {
    return *ArchivedLog::open(folder, archive, kStore, run, scratch.path());
  }
  static std::vector<std::string> read(const ArchivedLog& log, const durable_log::Position& from,
                                       const durable_log::Position* limit = nullptr) {
    std::vector<std::string> payloads;
    const auto cursor = log.open(from);
    EXPECT_TRUE(cursor) << cursor.error().message;
    while (cursor) {
      const auto entry = (*cursor)->next(limit);
      EXPECT_TRUE(entry) << entry.error().message;
      if (!entry || !*entry) break;
      payloads.push_back((*entry)->record.payload);
    }
    return payloads;
  }
};

TEST_F(ArchivedLogTest, IsOneLog) {
  EXPECT_THAT(read(*log(), {}), ElementsAre("1a", "1b", "2a", "2b", "3a", "3b"));
}

TEST_F(ArchivedLogTest, IsReadFromAndToAnyPlace) {
  const auto archived = log();
  const auto cursor = *archived->open({});
  std::vector<durable_log::Position> places;
  for (auto entry = cursor->next(nullptr); entry && *entry; entry = cursor->next(nullptr)) {
    places.push_back((*entry)->begin);
  }
  ASSERT_EQ(places.size(), 6u);
  EXPECT_THAT(read(*archived, places[3]), ElementsAre("2b", "3a", "3b"));
  EXPECT_THAT(read(*archived, places[5]), ElementsAre("3b"));
  EXPECT_THAT(read(*archived, places[1], &places[3]), ElementsAre("1b", "2a"));
  EXPECT_THAT(read(*archived, places[0], &places[5]), ElementsAre("1a", "1b", "2a", "2b", "3a"));
}

TEST_F(ArchivedLogTest, SegmentsOfOtherRunsStayPacked) {
  EXPECT_THAT(read(*log("01HF7YAT00000000000000000B"), {}), ElementsAre("3a", "3b"));
}

TEST_F(ArchivedLogTest, WithoutARunItIsEverything) {
  EXPECT_THAT(read(*log(""), {}), ElementsAre("1a", "1b", "2a", "2b", "3a", "3b"));
}

TEST_F(ArchivedLogTest, SurveysTheArchiveAlone) {
  std::vector<std::string> payloads;
  const auto survey = log("")->survey([&](const durable_log::Entry& entry) {
    payloads.push_back(entry.record.payload);
    return Status();
  });
  ASSERT_TRUE(survey) << survey.error().message;
  ASSERT_EQ(survey->segments.size(), 2u);
  EXPECT_EQ(survey->segments[1].name, durable_log::segment_name(2, 1));
  EXPECT_EQ(survey->segments[1].records, 2u);
  EXPECT_FALSE(survey->segments[1].is_newest);
  EXPECT_GT(survey->segments[1].modified_at_ns, 0);
  EXPECT_EQ(survey->corrupt_records, 0u);
  EXPECT_THAT(payloads, ElementsAre("1a", "1b", "2a", "2b"));
}

TEST_F(ArchivedLogTest, WithoutAnArchiveItIsTheLog) {
  std::filesystem::remove_all(archive);
  EXPECT_THAT(read(*log(), {}), ElementsAre("3a", "3b"));
}

}  // namespace
}  // namespace mendel::cli

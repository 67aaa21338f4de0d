#include "stages/results_writer/archivist.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "shared/compression/compressed_file.hpp"
#include "shared/durable_log/folder.hpp"
#include "shared/durable_log/log.hpp"
#include "shared/wire/codec.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/unit/results_writer/scores.hpp"

namespace mendel::results_writer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kStore = "01HF7YAT00ABCDEFGHJKMNPQRS";
const std::string kFirst = "01HF7YAT00000000000000000A";
const std::string kSecond = "01HF7YAT00000000000000000B";
constexpr std::int64_t kHour = 3600 * kNsPerSecond;

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

struct ArchivistTest : ::testing::Test {
  testing::ScratchFolder scratch;
  std::string folder = scratch.file("scores");
  std::string archive = scratch.file("archive");
  Selection selection;
  std::uint64_t epoch = 0;
  std::int64_t now_ns = 1'700'000'000 * kNsPerSecond;

  // A segment of its own, as of another life of the writer.
  std::string append(const std::vector<wire::Message>& messages) {
    auto log = *durable_log::Writer::create(folder, kStore, ++epoch, 0);
    for (const wire::Message& message : messages) {
      const auto kind = std::visit([](const auto& value) { return value.kKind; }, message);
      const durable_log::Record record{static_cast<std::uint8_t>(kind), wire::encode(message)};
      EXPECT_TRUE(log.append(std::span(&record, 1)));
      selection.note({record, 0, {}, {}});
    }
    return durable_log::segment_name(epoch, 1);
  }
  wire::Message run(const std::string& id, const std::string& state) const {
    wire::RunRecord record = run_record(state);
    record.run = id;
    record.at_ns = now_ns - 2 * kHour;
    return record;
  }
  wire::Message scores(const std::string& id) const {
    wire::Score one = score(1);
    one.run = id;
    return batch({one});
  }
  bool tend(ArchivePolicy policy = {kHour, 24 * kHour, 1 << 30}) {
    Archivist archivist(folder, archive, kStore, policy);
    const durable_log::Position stored{durable_log::segment_name(epoch, 1), 100};
    return archivist.tend(stored, selection, now_ns);
  }
  std::vector<std::string> segments() const { return *durable_log::list_segments(folder); }
};

TEST_F(ArchivistTest, ASegmentOfEndedRunsIsArchivedAsItWas) {
  const std::string first = append({run(kFirst, "running"), scores(kFirst), scores(kSecond)});
  const std::string last = append({run(kFirst, "finished"), run(kSecond, "cancelled")});
  const std::string before = bytes_of(folder + "/" + first);
  EXPECT_TRUE(tend());
  EXPECT_THAT(segments(), ElementsAre(last));
  const std::string shelf = archive + "/" + kSecond + "/" + first;
  EXPECT_EQ(bytes_of(shelf + ".runs"), kFirst + "\n" + kSecond + "\n");
  ASSERT_TRUE(compression::decompress_file(shelf + ".zst", scratch.file("again"), 1 << 20));
  EXPECT_EQ(bytes_of(scratch.file("again")), before);
  EXPECT_FALSE(tend()) << "what is stored ends in the last segment";
}

TEST_F(ArchivistTest, ARunThatGoesOnKeepsItsSegment) {
  append({scores(kFirst)});
  append({});
  EXPECT_FALSE(tend());
  EXPECT_EQ(segments().size(), 2u);
}

TEST_F(ArchivistTest, ARunThatHasJustEndedKeepsItsSegment) {
  append({scores(kFirst), run(kFirst, "finished")});
  append({});
  EXPECT_FALSE(tend({3 * kHour, 24 * kHour, 1 << 30}));
  EXPECT_TRUE(tend());
}

TEST_F(ArchivistTest, ASegmentWithoutRecordsIsRemoved) {
  append({});
  const std::string last = append({});
  EXPECT_TRUE(tend());
  EXPECT_THAT(segments(), ElementsAre(last));
  EXPECT_FALSE(std::filesystem::exists(archive));
}

TEST_F(ArchivistTest, AboveItsBytesTheArchiveLosesItsOldestRun) {
  append({scores(kFirst), run(kFirst, "finished")});
  append({scores(kSecond), run(kSecond, "finished")});
  append({});
  const ArchivePolicy forever{kHour, std::int64_t{1} << 62, 1 << 30};
  EXPECT_TRUE(tend(forever));
  EXPECT_TRUE(tend(forever));
  EXPECT_FALSE(tend({kHour, std::int64_t{1} << 62, 500}));
  EXPECT_FALSE(std::filesystem::exists(archive + "/" + kFirst));
  EXPECT_TRUE(std::filesystem::exists(archive + "/" + kSecond));
}

TEST_F(ArchivistTest, ADamagedArchiveIsRefused) {
  const std::string first = append({scores(kFirst), run(kFirst, "finished")});
  append({});
  ASSERT_TRUE(tend());
  const std::string path = archive + "/" + kFirst + "/" + first + ".zst";
  std::string bytes = bytes_of(path);
  bytes.resize(bytes.size() - 3);
  std::ofstream(path, std::ios::binary) << bytes;
  const Status read = compression::decompress_file(path, scratch.file("again"), 1 << 20);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::operator_needed);
  EXPECT_FALSE(std::filesystem::exists(scratch.file("again")));
}

}  // namespace
}  // namespace mendel::results_writer

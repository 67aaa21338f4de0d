#include "shared/durable_log/log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "shared/base/rng.hpp"
#include "shared/durable_log/folder.hpp"
#include "shared/durable_log/quarantine.hpp"
#include "shared/durable_log/survey.hpp"
#include "tests/support/file_size_limit.hpp"
#include "tests/support/scratch_folder.hpp"

namespace mendel::durable_log {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const std::string kStore = "01HF7YAT00ABCDEFGHJKMNPQRS";
const std::string kOther = "01HF7YAT00ABCDEFGHJKMNPQRT";
const std::string kFirst = "000000000001-000001.log";

struct LogTest : ::testing::Test {
  testing::ScratchFolder scratch;
  std::string folder = scratch.file("log/scores");

  Writer writer(std::uint64_t epoch) {
    auto made = Writer::create(folder, kStore, epoch, 0);
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
  }
  static Position append(Writer& writer, const std::vector<std::string>& payloads) {
    std::vector<Record> records;
    for (const std::string& payload : payloads) records.push_back({7, payload});
    const auto end = writer.append(records);
    EXPECT_TRUE(end) << end.error().message;
    return end ? *end : Position{};
  }
  Reader reader(Position from = {}) {
    auto made = Reader::open(folder, kStore, std::move(from));
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
  }
  static std::vector<std::string> rest(Reader& reader, const Position* limit = nullptr) {
    std::vector<std::string> payloads;
    for (;;) {
      const auto entry = reader.next(limit);
      if (!entry) {
        ADD_FAILURE() << entry.error().message;
        return payloads;
      }
      if (!*entry) return payloads;
      payloads.push_back((*entry)->record.payload);
    }
  }
  std::string path(const std::string& segment = kFirst) const { return folder + "/" + segment; }
  void flip(std::uint64_t offset, const std::string& segment = kFirst) {
    std::fstream file(path(segment), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const char byte = static_cast<char>(file.get() ^ 0x10);
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(byte);
  }
  void cut(std::uint64_t bytes, const std::string& segment = kFirst) {
    std::filesystem::resize_file(path(segment), std::filesystem::file_size(path(segment)) - bytes);
  }
};

TEST_F(LogTest, ReadsBackWhatWasAppended) {
  Writer log = writer(1);
  append(log, {"a", ""});
  const Position end = append(log, {"ccc"});
  EXPECT_EQ(log.records(), 3u);
  Reader read = reader();
  const auto first = read.next();
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->record.kind, 7);
  EXPECT_EQ((*first)->sequence, 1u);
  EXPECT_EQ((*first)->begin, (Position{kFirst, kHeaderBytes}));
  EXPECT_THAT(rest(read), ElementsAre("", "ccc"));
  EXPECT_EQ(end.offset, kHeaderBytes + 3 * kRecordHeaderBytes + 4);
  EXPECT_EQ(std::filesystem::file_size(path()), end.offset);
  EXPECT_EQ(read.report().records, 3u);
  EXPECT_THAT(read.report().findings, SizeIs(0));
}

TEST_F(LogTest, ARecordsBytesAreFrozen) {
  std::string bytes;
  append_record(bytes, {7, "abc"}, 5);
  const std::string head("\x03\0\0\0\x07\x01\0\0\x05\0\0\0\0\0\0\0", 16);
  EXPECT_EQ(bytes.substr(0, 16), head);
  EXPECT_EQ(bytes.substr(24), "abc");
  EXPECT_EQ(encode_header({1, 1, kStore, 0}).size(), kHeaderBytes);
}

TEST_F(LogTest, AReaderFollowsALivingSegment) {
  Writer log = writer(1);
  Reader read = reader();
  EXPECT_THAT(rest(read), SizeIs(0));
  append(log, {"a"});
  EXPECT_THAT(rest(read), ElementsAre("a"));
  append(log, {"b", "c"});
  EXPECT_THAT(rest(read), ElementsAre("b", "c"));
}

TEST_F(LogTest, AReaderMayComeBeforeTheLog) {
  Reader read = reader();
  EXPECT_THAT(rest(read), SizeIs(0));
  Writer log = writer(1);
  append(log, {"a"});
  EXPECT_THAT(rest(read), ElementsAre("a"));
}

TEST_F(LogTest, NothingBeyondTheLimitIsRead) {
  Writer log = writer(1);
  const Position limit = append(log, {"a"});
  append(log, {"b"});
  Writer newer = writer(2);
  append(newer, {"c"});
  Reader read = reader();
  EXPECT_THAT(rest(read, &limit), ElementsAre("a"));
  const Position all = newer.position();
  EXPECT_THAT(rest(read, &all), ElementsAre("b", "c"));
}

TEST_F(LogTest, SegmentsAreWalkedInTheOrderOfEpochAndNumber) {
  for (const std::uint64_t epoch : {10, 2, 9}) {
    Writer log = writer(epoch);
    append(log, {std::to_string(epoch)});
  }
  Reader read = reader();
  EXPECT_THAT(rest(read), ElementsAre("2", "9", "10"));
}

TEST_F(LogTest, WhatWasAppendedToASegmentBeforeItWasSealedIsNotMissed) {
  Writer log = writer(1);
  append(log, {"a"});
  Reader read = reader();
  EXPECT_THAT(rest(read), ElementsAre("a"));
  append(log, {"b"});
  Writer newer = writer(2);
  EXPECT_THAT(rest(read), ElementsAre("b"));
}

TEST_F(LogTest, TwoWritersNeverShareASegment) {
  Writer log = writer(1);
  const auto second = Writer::create(folder, kStore, 1, 0);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::operator_needed);
  EXPECT_THAT(second.error().message, HasSubstr(kFirst));
}

TEST_F(LogTest, AFullSegmentIsFollowedByTheNext) {
  Writer log = writer(1);
  const std::string large(kRecordBytesMax - 100, 'x');
  for (int i = 0; i < 10; ++i) append(log, {large + std::to_string(i)});
  EXPECT_EQ(log.position().segment, "000000000001-000002.log");
  Reader read = reader();
  const std::vector<std::string> payloads = rest(read);
  ASSERT_THAT(payloads, SizeIs(10));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(payloads[i].back(), '0' + i);
  EXPECT_EQ(read.report().corrupt_records, 0u);
}

TEST_F(LogTest, ATornTailOfADeadWriterIsSkippedAndCounted) {
  {
    Writer log = writer(1);
    append(log, {"a", "bbbb"});
  }
  cut(2);
  Writer log = writer(2);
  append(log, {"c"});
  Reader read = reader();
  EXPECT_THAT(rest(read), ElementsAre("a", "c"));
  EXPECT_EQ(read.report().torn_bytes, kRecordHeaderBytes + 2);
  EXPECT_EQ(read.report().corrupt_records, 0u);
  EXPECT_THAT(read.report().findings, ElementsAre(HasSubstr(kFirst)));
}

TEST_F(LogTest, EveryLengthOfATornTailKeepsTheRecordsBeforeIt) {
  std::uint64_t bytes;
  {
    Writer log = writer(1);
    const std::uint64_t begin = append(log, {"a"}).offset;
    bytes = append(log, {"bbbb"}).offset - begin;
  }
  Writer newer = writer(2);
  for (std::uint64_t i = 1; i <= bytes; ++i) {
    cut(1);
    Reader read = reader();
    EXPECT_THAT(rest(read), ElementsAre("a"));
    EXPECT_EQ(read.report().torn_bytes, bytes - i);
  }
}

TEST_F(LogTest, ASegmentWithoutAWholeHeaderIsATornWrite) {
  writer(1);
  cut(10);
  Writer log = writer(2);
  append(log, {"a"});
  Reader read = reader();
  EXPECT_THAT(rest(read), ElementsAre("a"));
  EXPECT_EQ(read.report().torn_bytes, kHeaderBytes - 10);
}

TEST_F(LogTest, AnUnfinishedRecordOfALivingWriterIsWaitedFor) {
  Writer log = writer(1);
  append(log, {"a"});
  std::string next;
  append_record(next, {7, "bbbb"}, 2);
  std::ofstream file(path(), std::ios::app | std::ios::binary);
  file << next.substr(0, next.size() - 3) << std::flush;
  Reader read = reader();
  EXPECT_THAT(rest(read), ElementsAre("a"));
  file << next.substr(next.size() - 3) << std::flush;
  EXPECT_THAT(rest(read), ElementsAre("bbbb"));
  EXPECT_THAT(read.report().findings, SizeIs(0));
}

TEST_F(LogTest, AFlippedBitInTheMiddleCostsOneRecord) {
  Draws draws(42, 0, 0, 0, Purpose::sample);
  Writer log = writer(1);
  std::vector<Position> ends;
  for (int i = 0; i < 50; ++i) ends.push_back(append(log, {std::string(40 + i, 'a')}));
  Writer newer = writer(2);
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t first = ends.front().offset;
    const std::uint64_t offset = first + draws.below(ends[48].offset - first);
    flip(offset);
    Reader read = reader();
    EXPECT_THAT(rest(read), SizeIs(49)) << "offset " << offset;
    EXPECT_EQ(read.report().corrupt_records, 1u);
    EXPECT_EQ(read.report().torn_bytes, 0u);
    flip(offset);
  }
}

TEST_F(LogTest, ALostStretchIsCountedBySequence) {
  Writer log = writer(1);
  std::vector<Position> ends;
  for (int i = 0; i < 10; ++i) ends.push_back(append(log, {"0123456789"}));
  for (std::uint64_t at = ends[2].offset; at < ends[5].offset; at += 5) flip(at);
  Reader read = reader();
  EXPECT_THAT(rest(read), SizeIs(7));
  EXPECT_EQ(read.report().corrupt_records, 3u);
}

TEST_F(LogTest, AFlippedBitBelowTheLimitIsCorruptionAtOnce) {
  Writer log = writer(1);
  append(log, {"a"});
  const Position end = append(log, {"b"});
  flip(end.offset - 1);
  Reader read = reader();
  EXPECT_THAT(rest(read, &end), ElementsAre("a"));
  const Position later = append(log, {"c"});
  EXPECT_THAT(rest(read, &later), ElementsAre("c"));
  EXPECT_EQ(read.report().corrupt_records, 1u);
}

TEST_F(LogTest, ADamagedSegmentHeaderDoesNotHideItsRecords) {
  Writer log = writer(1);
  append(log, {"a"});
  flip(20);
  Reader read = reader();
  EXPECT_THAT(rest(read), ElementsAre("a"));
  EXPECT_EQ(read.report().corrupt_records, 1u);
}

TEST_F(LogTest, HostileBytesAreNeverARecordAndNeverACrash) {
  Draws draws(7, 0, 0, 0, Purpose::sample);
  Writer log = writer(1);
  append(log, {"good"});
  Writer newer = writer(2);
  append(newer, {"last"});
  const auto good = std::filesystem::file_size(path());
  for (int round = 0; round < 50; ++round) {
    std::filesystem::resize_file(path(), good);
    std::ofstream file(path(), std::ios::app | std::ios::binary);
    const std::uint64_t count = draws.below(5000);
    for (std::uint64_t i = 0; i < count; ++i) {
      file.put(static_cast<char>(draws.below(3) == 0 ? draws.bits() : draws.below(2)));
    }
    file.close();
    Reader read = reader();
    EXPECT_THAT(rest(read), ElementsAre("good", "last"));
    EXPECT_EQ(read.report().torn_bytes, count);
  }
}

TEST_F(LogTest, GoesOnBehindAGivenPosition) {
  Writer log = writer(1);
  const Position middle = append(log, {"a", "b"});
  append(log, {"c"});
  Reader read = reader(middle);
  EXPECT_THAT(rest(read), ElementsAre("c"));
  EXPECT_EQ(read.report().corrupt_records, 0u);
}

TEST_F(LogTest, RefusesAnOffsetBeyondItsFile) {
  Writer log = writer(1);
  Position end = append(log, {"a"});
  ++end.offset;
  const auto read = Reader::open(folder, kStore, end);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::operator_needed);
  EXPECT_THAT(read.error().message, HasSubstr("older than the database"));
}

TEST_F(LogTest, RefusesAPositionInASegmentThatIsNotThere) {
  Writer log = writer(2);
  for (const std::string& segment : {kFirst, std::string("../../etc/passwd")}) {
    const auto read = Reader::open(folder, kStore, {segment, 0});
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, ErrorKind::operator_needed);
  }
}

TEST_F(LogTest, RefusesASegmentOfAnotherStore) {
  Writer log = writer(1);
  append(log, {"a"});
  auto read = Reader::open(folder, kOther, {});
  ASSERT_TRUE(read);
  const auto entry = read->next();
  ASSERT_FALSE(entry);
  EXPECT_EQ(entry.error().kind, ErrorKind::operator_needed);
  EXPECT_THAT(entry.error().message, HasSubstr(kStore));
  EXPECT_FALSE(Reader::open(folder, kOther, {kFirst, kHeaderBytes}));
}

TEST_F(LogTest, ReadsOneRecordAtItsPlace) {
  Writer log = writer(1);
  const Position second = append(log, {"a"});
  append(log, {"b"});
  const auto record = read_at(folder, second);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->payload, "b");
  EXPECT_FALSE(read_at(folder, {kFirst, second.offset + 1}));
  EXPECT_FALSE(read_at(folder, log.position()));
  EXPECT_FALSE(read_at(folder, {"../x", 0}));
}

TEST_F(LogTest, CountsTheBytesOfRecordsBehindAPosition) {
  EXPECT_EQ(bytes_behind(folder, {}), 0u);
  Writer log = writer(1);
  EXPECT_EQ(bytes_behind(folder, {}), 0u);
  const Position first = append(log, {"a"});
  append(log, {"bb"});
  EXPECT_EQ(bytes_behind(folder, first), kRecordHeaderBytes + 2);
  Writer newer = writer(2);
  append(newer, {"ccc"});
  EXPECT_EQ(bytes_behind(folder, first), 2 * kRecordHeaderBytes + 5);
  EXPECT_EQ(bytes_behind(folder, newer.position()), 0u);
}

TEST_F(LogTest, AnUnwritableFolderIsOneClearError) {
  std::ofstream(scratch.file("log")) << "a file";
  const auto made = Writer::create(folder, kStore, 1, 0);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::configuration);
  EXPECT_THAT(made.error().message, HasSubstr(folder));
}

TEST_F(LogTest, AFailedWriteKeepsNothingOfItsCall) {
  Writer log = writer(1);
  const Position before = append(log, {"a"});
  {
    const testing::FileSizeLimit full(before.offset + 30);
    const Record records[] = {{7, "b"}, {7, std::string(100, 'c')}};
    const auto end = log.append(records);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().kind, ErrorKind::transient);
    EXPECT_EQ(std::filesystem::file_size(path()), before.offset);
    EXPECT_EQ(log.position(), before);
    EXPECT_EQ(log.records(), 1u);
  }
  append(log, {"d"});
  Reader read = reader();
  EXPECT_THAT(rest(read), ElementsAre("a", "d"));
  EXPECT_EQ(read.report().corrupt_records, 0u);
}

TEST_F(LogTest, NoSegmentBeginsOnAFullDisk) {
  const testing::FileSizeLimit full(10);
  EXPECT_FALSE(Writer::create(folder, kStore, 1, 0));
  const auto names = list_segments(folder);
  ASSERT_TRUE(names);
  EXPECT_THAT(*names, SizeIs(0));
}

// Puts something else under the writer's descriptor: the one way to make its fsync fail for real.
void replace_descriptor(const std::string& file, int with) {
  for (int fd = 3; fd < 256; ++fd) {
    char target[512] = {};
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    if (::readlink(link.c_str(), target, sizeof target - 1) > 0 && file == target) {
      ASSERT_EQ(::dup2(with, fd), fd);
      return;
    }
  }
  FAIL() << "no descriptor of " << file;
}

TEST_F(LogTest, AFullDiskThatOnlyTheSyncTellsOfIsNoFailure) {
  int fails = 0;
  DiskCalls calls;
  calls.sync = [&](File& file) { return fails-- > 0 ? ENOSPC : file.sync_data(); };
  auto log = Writer::create(folder, kStore, 1, 0, calls);
  ASSERT_TRUE(log);
  const Position before = append(*log, {"a"});
  fails = 1;
  const Record record{7, "b"};
  const auto end = log->append({&record, 1});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().kind, ErrorKind::transient);
  EXPECT_EQ(std::filesystem::file_size(path()), before.offset);
  append(*log, {"c"});
  Reader read = reader();
  EXPECT_THAT(rest(read), ElementsAre("a", "c"));
  fails = 2;  // not even the cut is known to be on the disk
  ASSERT_FALSE(log->append({&record, 1}));
  EXPECT_EQ(log->append({&record, 1}).error().kind, ErrorKind::operator_needed);
}

TEST_F(LogTest, AnExhaustedQuotaIsAsAFullDisk) {
  bool full = false;
  DiskCalls calls;
  calls.write = [&](File& file, std::string_view bytes) {
    return full ? EDQUOT : file.write_all(bytes);
  };
  auto log = Writer::create(folder, kStore, 1, 0, calls);
  ASSERT_TRUE(log);
  full = true;
  const Record record{7, "b"};
  EXPECT_EQ(log->append({&record, 1}).error().kind, ErrorKind::transient);
  full = false;
  EXPECT_TRUE(log->append({&record, 1}));
}

TEST_F(LogTest, NobodyReadsAgainWhatAFailedSyncLeftBehind) {
  bool broken = false;
  DiskCalls calls;
  calls.sync = [&](File& file) { return broken ? EIO : file.sync_data(); };
  auto log = Writer::create(folder, kStore, 1, 0, calls);
  ASSERT_TRUE(log);
  append(*log, {"a"});
  broken = true;
  const Record record{7, "b"};
  EXPECT_EQ(log->append({&record, 1}).error().kind, ErrorKind::operator_needed);
  Reader read = reader();
  EXPECT_THAT(rest(read), ElementsAre("a"));
}

TEST_F(LogTest, DamageIsQuarantinedAndToldOfOncePerPlace) {
  Writer log = writer(1);
  std::vector<Position> ends;
  for (int i = 0; i < 10; ++i) ends.push_back(append(log, {"0123456789"}));
  const auto size = std::filesystem::file_size(path());
  flip(ends[2].offset + 3);
  flip(ends[6].offset + 30);
  for (int life = 0; life < 2; ++life) {
    Reader read = reader();
    EXPECT_THAT(rest(read), SizeIs(8));
    Quarantine quarantine(folder, "scores");
    const auto lines = quarantine.add(read.report().damages, 0);
    EXPECT_THAT(lines, SizeIs(life == 0 ? 2 : 0)) << "an earlier life has told of it";
    if (life == 0) {
      EXPECT_THAT(lines[0], HasSubstr(fmt::format("\"offset\":{}", ends[2].offset)));
    }
    EXPECT_THAT(quarantine.add(read.report().damages, 0), SizeIs(0));
    EXPECT_EQ(quarantine.records(), 2u);
    EXPECT_EQ(quarantine.places(), 2u);
    EXPECT_THAT(quarantine.note(), HasSubstr(kFirst));
  }
  EXPECT_EQ(std::filesystem::file_size(path()), size) << "nothing is cut out of the log";
  const std::string copy =
      fmt::format("{}/quarantine/{}.{}-{}", folder, kFirst, ends[2].offset, ends[3].offset);
  EXPECT_EQ(std::filesystem::file_size(copy), ends[3].offset - ends[2].offset);
}

TEST_F(LogTest, ASurveyTellsOfEachSegment) {
  {
    Writer log = writer(1);
    append(log, {"a", "bbbb"});
  }
  cut(2);
  Writer log = writer(2);
  std::vector<Position> ends;
  for (int i = 0; i < 3; ++i) ends.push_back(append(log, {"0123456789"}));
  const std::string second = "000000000002-000001.log";
  flip(ends[0].offset + 1, second);
  std::ofstream(path(second), std::ios::app | std::ios::binary) << "half a record";
  std::size_t told = 0;
  const auto all = survey(folder, kStore, [&](const Entry&) {
    ++told;
    return Status();
  });
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(told, 3u);
  ASSERT_THAT(all->segments, SizeIs(2));
  EXPECT_EQ(all->segments[0].records, 1u);
  EXPECT_EQ(all->segments[0].torn_bytes, kRecordHeaderBytes + 2);
  EXPECT_FALSE(all->segments[0].is_newest);
  EXPECT_EQ(all->segments[1].epoch, 2u);
  EXPECT_EQ(all->segments[1].records, 2u);
  EXPECT_EQ(all->segments[1].corrupt_records, 1u);
  EXPECT_EQ(all->segments[1].torn_bytes, 13u);
  EXPECT_TRUE(all->segments[1].is_newest);
  ASSERT_THAT(all->damages, SizeIs(1));
  EXPECT_EQ(all->damages[0].begin, ends[0].offset);
  EXPECT_EQ(all->damages[0].end, ends[1].offset);
}

TEST_F(LogTest, ASurveyMissesSegmentsAndKnowsRenamedOnes) {
  const auto named = [](const char* name) {
    SegmentSurvey segment;
    segment.name = name;
    return segment;
  };
  EXPECT_THAT(holes({named("000000000002-000003.log"), named("000000000002-000004.log"),
                     named("000000000005-000001.log")}),
              SizeIs(0))
      << "the oldest were pruned, and not every epoch wrote";
  const auto missed = holes({named("000000000001-000001.log"), named("000000000001-000003.log"),
                             named("000000000002-000002.log")});
  ASSERT_THAT(missed, SizeIs(2));
  EXPECT_EQ(missed[0].behind, "000000000001-000001.log");
  EXPECT_EQ(missed[0].before, "000000000001-000003.log");
  EXPECT_EQ(missed[1].behind, "");
  EXPECT_EQ(missed[1].before, "000000000002-000002.log");

  Writer log = writer(1);
  append(log, {"a"});
  std::filesystem::copy_file(path(), path("000000000009-000001.log"));
  const auto all = survey(folder, kStore);
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_THAT(all->segments, SizeIs(2));
  EXPECT_FALSE(all->segments[0].is_renamed);
  EXPECT_TRUE(all->segments[1].is_renamed);
}

TEST_F(LogTest, AFailedSyncEndsTheWriter) {
  Writer log = writer(1);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  replace_descriptor(path(), ends[1]);  // takes the bytes, cannot sync them
  const Record record{7, "a"};
  for (int i = 0; i < 2; ++i) {
    const auto end = log.append({&record, 1});
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().kind, ErrorKind::operator_needed);
    EXPECT_THAT(end.error().message, HasSubstr("cannot sync the log"));
  }
  EXPECT_EQ(log.records(), 0u);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace mendel::durable_log

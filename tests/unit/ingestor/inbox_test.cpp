#include "stages/ingestor/inbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "shared/base/ids.hpp"
#include "stages/ingestor/zone.hpp"

namespace mendel::ingestor {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class InboxTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = testing::TempDir() + "inbox.XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    auto inbox = Inbox::open(folder_ + "/in");
    ASSERT_TRUE(inbox) << inbox.error().message;
    inbox_ = std::move(*inbox);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static Job job(std::int64_t at_ms) {
    Job job;
    job.id = make_ulid(at_ms * 1'000'000);
    job.file = "BARS.csv";
    job.symbol = "X";
    return job;
  }
  std::string path(const std::string& name) const { return folder_ + "/in/" + name; }
  void put(const std::string& name) const { std::ofstream(path(name)) << "x"; }

  std::string folder_;
  std::optional<Inbox> inbox_;
};

TEST_F(InboxTest, HandsOverAJobWithItsFile) {
  const Job submitted = job(1);
  ASSERT_TRUE(inbox_->submit(submitted, "a,b\n"));
  EXPECT_THAT(*inbox_->jobs(), ElementsAre(submitted.id));
  EXPECT_EQ(inbox_->job(submitted.id)->symbol, "X");
  EXPECT_EQ(*config::read_text_file(inbox_->csv_path(submitted.id)), "a,b\n");
}

TEST_F(InboxTest, FilesAreReadableByAStageOfAnotherUser) {
  const Job submitted = job(1);
  const mode_t before = umask(077);
  ASSERT_TRUE(inbox_->submit(submitted, "a"));
  umask(before);
  struct stat status {};
  ASSERT_EQ(stat(inbox_->csv_path(submitted.id).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0644u);
}

TEST_F(InboxTest, JobsComeInTheOrderOfTheirSubmission) {
  const Job first = job(1000);
  const Job second = job(2000);
  ASSERT_TRUE(inbox_->submit(second, "b"));
  ASSERT_TRUE(inbox_->submit(first, "a"));
  EXPECT_THAT(*inbox_->jobs(), ElementsAre(first.id, second.id));
}

TEST_F(InboxTest, ACsvWithoutAJobIsNoJob) {
  put(make_ulid(0) + ".csv");
  put(make_ulid(0) + ".job.tmp.0123456789abcdef");
  put("notes.job");
  EXPECT_THAT(*inbox_->jobs(), IsEmpty());
}

TEST_F(InboxTest, AReportIsThereOnceItIsWritten) {
  JobReport report;
  report.id = make_ulid(0);
  report.state = "sending";
  EXPECT_FALSE(inbox_->report(report.id)->has_value());
  ASSERT_TRUE(inbox_->write(report));
  EXPECT_EQ((*inbox_->report(report.id))->state, "sending");
}

TEST_F(InboxTest, ABrokenJobOrReportIsAnError) {
  const std::string id = make_ulid(0);
  put(id + ".job");
  put(id + ".report");
  EXPECT_FALSE(inbox_->job(id));
  EXPECT_FALSE(inbox_->report(id));
  const Job other = job(1);
  ASSERT_TRUE(inbox_->submit(other, "a"));
  fs::rename(path(other.id + ".job"), path(id + ".job"));
  EXPECT_FALSE(inbox_->job(id)) << "it names another id";
}

TEST_F(InboxTest, RemovingAJobKeepsItsReport) {
  const Job submitted = job(1);
  ASSERT_TRUE(inbox_->submit(submitted, "a"));
  JobReport report;
  report.id = submitted.id;
  report.state = "stored";
  ASSERT_TRUE(inbox_->write(report));
  inbox_->remove(submitted.id);
  EXPECT_THAT(*inbox_->jobs(), IsEmpty());
  EXPECT_FALSE(fs::exists(inbox_->csv_path(submitted.id)));
  EXPECT_TRUE(inbox_->report(submitted.id)->has_value());
}

TEST_F(InboxTest, KeepsTheNewestReports) {
  JobReport report;
  report.state = "stored";
  std::string oldest, newest;
  for (std::size_t i = 0; i <= kReportsKept; ++i) {
    report.id = make_ulid(static_cast<std::int64_t>(i) * 1'000'000'000);
    if (i == 0) oldest = report.id;
    newest = report.id;
    put(report.id + ".report");
  }
  inbox_->tidy();
  EXPECT_FALSE(fs::exists(path(oldest + ".report")));
  EXPECT_TRUE(fs::exists(path(newest + ".report")));
}

TEST_F(InboxTest, TidiesUpWhatSubmissionsLeftBehindADayAgo) {
  const std::string old_csv = make_ulid(1) + ".csv";
  const std::string new_csv = make_ulid(2) + ".csv";
  const Job waiting = job(1);
  put(old_csv);
  put(new_csv);
  ASSERT_TRUE(inbox_->submit(waiting, "a"));
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(48);
  fs::last_write_time(path(old_csv), long_ago);
  fs::last_write_time(inbox_->csv_path(waiting.id), long_ago);
  inbox_->tidy();
  EXPECT_FALSE(fs::exists(path(old_csv)));
  EXPECT_TRUE(fs::exists(path(new_csv)));
  EXPECT_TRUE(fs::exists(inbox_->csv_path(waiting.id)));
}

TEST_F(InboxTest, RefusesAFolderThatIsNone) {
  put("file");
  const auto inbox = Inbox::open(path("file"));
  ASSERT_FALSE(inbox);
  EXPECT_EQ(inbox.error().kind, ErrorKind::configuration);
  EXPECT_FALSE(Inbox::open(path("file") + "/below"));
  EXPECT_FALSE(Inbox::open(""));
}

TEST(Zone, ReadsTheZonesOfThisMachine) {
  EXPECT_EQ(*read_zone(""), "");
  EXPECT_EQ(*read_zone("+02:00"), "");
  EXPECT_FALSE(read_zone("../../etc/passwd"));
  EXPECT_FALSE(read_zone("Europe"));
  EXPECT_FALSE(read_zone("Europe/Atlantis"));
  if (!fs::exists("/usr/share/zoneinfo/Europe/Paris")) GTEST_SKIP() << "no tzdata";
  EXPECT_TRUE(read_zone("Europe/Paris")->starts_with("TZif"));
}

}  // namespace
}  // namespace mendel::ingestor

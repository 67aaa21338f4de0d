#include "stages/ingestor/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <variant>

#include "shared/base/ids.hpp"

namespace mendel::ingestor {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view kBars =
    "date,open,high,low,close,volume\n"
    "2020-01-06,10,12,9,11,100\n"
    "2020-01-07,11,10,13,12,200\n"
    "2020-01-08,12,14,11,13,300\n"
    "2020-01-09,12,14,11,13,300\n";

// The stage over a real inbox, with a loader played by the test.
class ProcessTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = testing::TempDir() + "ingestor.XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    start();
  }
  void TearDown() override { fs::remove_all(folder_); }

  // A new life of the stage; the old one is gone without a word, as after kill -9.
  void start() {
    process_.emplace(*Inbox::open(folder_), Ingestor("life" + std::to_string(++lives_), 4));
  }

  std::string submit(std::string_view csv, bool strict = false) {
    Job job;
    job.id = make_ulid(++submitted_ * kNsPerSecond);
    job.file = "BARS.csv";
    job.symbol = "X";
    job.strict = strict;
    EXPECT_TRUE(inbox().submit(job, csv));
    return job.id;
  }

  // Duty cycles until one second has passed.
  void cycle() {
    for (int i = 0; i < 20; ++i) {
      now_.monotonic_ns += 50 * kNsPerMs;
      runtime::Outbox out;
      process_->work(now_, out);
      for (auto& outgoing : out.messages()) {
        batches_.push_back(std::get<wire::BarBatch>(outgoing.message));
      }
    }
  }

  void store(const wire::BarBatch& batch) {
    const wire::Receipt receipt{batch.source,
                                batch.incarnation,
                                batch.sequence,
                                batch.sequence,
                                batch.bars.size(),
                                0,
                                0,
                                0};
    runtime::Outbox out;
    process_->receive({runtime::Edge::receipts, "receipt." + batch.incarnation + ".", receipt},
                      now_, out);
  }

  Inbox inbox() const { return *Inbox::open(folder_); }
  JobReport report(const std::string& id) const {
    const auto report = inbox().report(id);
    return report && *report ? **report : JobReport{};
  }

  std::string folder_;
  std::optional<Process> process_;
  Now now_{kNsPerSecond, 0};
  int lives_ = 0;
  int submitted_ = 0;
  std::vector<wire::BarBatch> batches_;
};

TEST_F(ProcessTest, ShipsTheGoodBarsOfAJobAndReportsTheBad) {
  const std::string id = submit(kBars);
  cycle();
  ASSERT_THAT(batches_, SizeIs(1));
  EXPECT_THAT(batches_[0].bars, SizeIs(3));
  EXPECT_EQ(batches_[0].symbol, "X");
  EXPECT_EQ(report(id).state, "sending");
  store(batches_[0]);
  cycle();
  EXPECT_EQ(report(id).state, "stored");
  EXPECT_EQ(report(id).shipped.inserted, 3u);
  EXPECT_THAT(config::to_json(report(id).parsed), HasSubstr("BARS.csv:3: high: high_below_low"));
  EXPECT_THAT(*inbox().jobs(), IsEmpty());
  EXPECT_FALSE(fs::exists(inbox().csv_path(id)));
}

TEST_F(ProcessTest, BeginsAJobAgainAfterItWasKilled) {
  const std::string id = submit(kBars);
  cycle();
  start();
  cycle();
  ASSERT_THAT(batches_, SizeIs(2));
  EXPECT_EQ(batches_[1].bars, batches_[0].bars);
  EXPECT_NE(batches_[1].incarnation, batches_[0].incarnation);
  store(batches_[0]);
  EXPECT_EQ(report(id).state, "sending") << "a receipt of an earlier life counts for nothing";
  store(batches_[1]);
  cycle();
  EXPECT_EQ(report(id).state, "stored");
}

TEST_F(ProcessTest, DoesNotRepeatAJobWhoseReportIsFinal) {
  const std::string id = submit(kBars);
  JobReport stored;
  stored.id = id;
  stored.state = "stored";
  ASSERT_TRUE(inbox().write(stored));
  cycle();
  EXPECT_THAT(batches_, IsEmpty());
  EXPECT_THAT(*inbox().jobs(), IsEmpty());
  EXPECT_EQ(report(id).state, "stored");
}

TEST_F(ProcessTest, GivesUpAFileThatEndsItAgainAndAgain) {
  const std::string id = submit(kBars);
  JobReport dying;
  dying.id = id;
  dying.state = "parsing";
  dying.attempts = 4;
  ASSERT_TRUE(inbox().write(dying));
  cycle();
  EXPECT_EQ(report(id).state, "failed");
  EXPECT_THAT(report(id).error, HasSubstr("ended 5 times"));
}

TEST_F(ProcessTest, DoesJobsInOrder) {
  submit(kBars);
  const std::string second = submit(kBars);
  cycle();
  EXPECT_THAT(batches_, SizeIs(1));
  EXPECT_EQ(report(second).state, "");
  store(batches_[0]);
  cycle();
  EXPECT_THAT(batches_, SizeIs(2));
}

TEST_F(ProcessTest, AFailedJobSaysWhyAndTheNextGoesOn) {
  const std::string empty = submit("");
  const std::string strict = submit(kBars, /*strict=*/true);
  const std::string bad = submit("date,open,high,low,close\nx,1,1,1,1\n");
  const std::string good = submit(kBars);
  cycle();
  cycle();
  EXPECT_EQ(report(empty).state, "failed");
  EXPECT_EQ(report(empty).exit_code, 2);
  EXPECT_THAT(report(empty).error, HasSubstr("BARS.csv: is empty"));
  EXPECT_THAT(report(strict).error, HasSubstr("BARS.csv:3: high: high_below_low"));
  EXPECT_EQ(report(strict).exit_code, 1);
  EXPECT_THAT(report(bad).error, HasSubstr("none of its 1 rows"));
  EXPECT_EQ(report(good).state, "sending");
}

TEST_F(ProcessTest, AJobThatCannotBeReadFails) {
  const std::string broken = make_ulid(0);
  std::ofstream(folder_ + "/" + broken + ".job") << "{";
  const std::string lost = submit(kBars);
  fs::remove(inbox().csv_path(lost));
  cycle();
  EXPECT_EQ(report(broken).state, "failed");
  EXPECT_EQ(report(lost).state, "failed");
  EXPECT_THAT(*inbox().jobs(), IsEmpty());
}

TEST_F(ProcessTest, SaysForWhomItWaits) {
  const std::string id = submit(kBars);
  for (int i = 0; i < 8; ++i) cycle();
  EXPECT_THAT(report(id).waiting, HasSubstr("data_loader gives no receipts"));
  EXPECT_FALSE(process_->readiness().ready);
  EXPECT_GT(batches_.size(), 1u) << "it resends meanwhile";
  const std::uint64_t beat = report(id).beat;
  cycle();
  EXPECT_GT(report(id).beat, beat);
}

TEST_F(ProcessTest, SendsNothingIntoABlockedEdge) {
  submit(kBars);
  process_->backlog(runtime::Edge::bars, 1);
  cycle();
  EXPECT_THAT(batches_, IsEmpty());
  process_->backlog(runtime::Edge::bars, 0);
  cycle();
  EXPECT_THAT(batches_, SizeIs(1));
}

TEST_F(ProcessTest, CountsWhatItDid) {
  submit(kBars);
  cycle();
  store(batches_[0]);
  cycle();
  std::vector<wire::Sample> samples;
  process_->samples(samples);
  const auto value = [&](const std::string& name, const std::string& labels = "") {
    for (const wire::Sample& sample : samples) {
      if (sample.name == name && sample.labels == labels) return sample.value;
    }
    return -1.0;
  };
  EXPECT_EQ(value("bars_sent_total"), 3);
  EXPECT_EQ(value("rows_refused_total"), 1);
  EXPECT_EQ(value("jobs_total", "result=\"stored\""), 1);
  EXPECT_EQ(value("batches_unreceipted"), 0);
}

}  // namespace
}  // namespace mendel::ingestor

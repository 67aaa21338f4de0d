#include "stages/ingestor/ingestor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <variant>

#include "shared/wire/codec.hpp"

namespace mendel::ingestor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kStartNs = 1'000 * kNsPerSecond;

class IngestorTest : public testing::Test {
 protected:
  explicit IngestorTest(std::uint64_t window = 3) : core_("abc", window) {}

  void begin(std::size_t bars) {
    Shipment shipment{"csv", "X", "1h", 7, {}};
    for (std::size_t i = 0; i < bars; ++i) {
      shipment.bars.push_back({static_cast<std::int64_t>(i), 1, 1, 1, 1, 0});
    }
    core_.begin(std::move(shipment), now_);
  }

  // Sequences sent by one duty cycle.
  std::vector<std::uint64_t> work(bool blocked = false) {
    runtime::Outbox out;
    core_.work(now_, blocked, out);
    std::vector<std::uint64_t> sequences;
    for (const auto& outgoing : out.messages()) {
      batches_.push_back(std::get<wire::BarBatch>(outgoing.message));
      sequences.push_back(batches_.back().sequence);
    }
    return sequences;
  }

  void receipt(std::uint64_t durable, std::uint64_t stored, std::uint64_t inserted = 0,
               std::uint64_t conflicts = 0) {
    wire::Receipt receipt{"csv", "abc.1", durable, stored, inserted, 0, 0, conflicts};
    core_.receive(receipt, now_);
  }

  void pass(std::int64_t seconds) { now_.monotonic_ns += seconds * kNsPerSecond; }

  Now now_{kStartNs, 0};
  Ingestor core_;
  std::vector<wire::BarBatch> batches_;
};

constexpr std::size_t kBatch = wire::kBarsPerBatchMax;

TEST_F(IngestorTest, CutsAShipmentIntoBatches) {
  begin(2 * kBatch + 5);
  EXPECT_THAT(work(), ElementsAre(1, 2, 3));
  EXPECT_EQ(batches_[0].bars.size(), kBatch);
  EXPECT_EQ(batches_[2].bars.size(), 5u);
  EXPECT_EQ(batches_[2].bars[0].time_ns, static_cast<std::int64_t>(2 * kBatch));
  EXPECT_EQ(batches_[0].source, "csv");
  EXPECT_EQ(batches_[0].symbol, "X");
  EXPECT_EQ(batches_[0].timeframe, "1h");
  EXPECT_EQ(batches_[0].revision, 7);
  EXPECT_EQ(core_.totals().bars_sent, 2 * kBatch + 5);
}

TEST_F(IngestorTest, KeepsNoMoreThanItsWindowWithoutAReceipt) {
  begin(5 * kBatch);
  EXPECT_THAT(work(), ElementsAre(1, 2, 3));
  EXPECT_THAT(work(), IsEmpty());
  receipt(2, 0);
  EXPECT_THAT(work(), ElementsAre(4, 5));
}

TEST_F(IngestorTest, ResendsWhatHasNoDurableReceiptAfterTwoSeconds) {
  begin(3 * kBatch);
  work();
  receipt(1, 0);
  pass(1);
  EXPECT_THAT(work(), IsEmpty());
  pass(1);
  EXPECT_THAT(work(), ElementsAre(2, 3));
  EXPECT_EQ(core_.totals().batches_resent, 2u);
  EXPECT_EQ(core_.totals().bars_sent, 3 * kBatch);
}

TEST_F(IngestorTest, AsksASilentLoaderLessAndLess) {
  begin(1);
  work();
  int resends = 0;
  for (int second = 0; second < 120; ++second) {
    pass(1);
    resends += static_cast<int>(work().size());
  }
  EXPECT_GE(resends, 5);
  EXPECT_LE(resends, 8);
}

TEST_F(IngestorTest, SendsNothingWhileTheEdgeIsBlocked) {
  begin(2 * kBatch);
  EXPECT_THAT(work(/*blocked=*/true), IsEmpty());
  work();
  pass(10);
  EXPECT_THAT(work(/*blocked=*/true), IsEmpty());
}

TEST_F(IngestorTest, IsDoneWhenEverythingIsStored) {
  begin(2 * kBatch);
  work();
  receipt(2, 1, kBatch);
  EXPECT_TRUE(core_.under_way());
  receipt(2, 2, 2 * kBatch - 1, 1);
  EXPECT_FALSE(core_.under_way());
  EXPECT_EQ(core_.shipped().inserted, 2 * kBatch - 1);
  EXPECT_EQ(core_.shipped().conflicts, 1u);
}

TEST_F(IngestorTest, DurableBatchesAreNotResentButTheLastAsksForALostReceipt) {
  begin(3 * kBatch);
  work();
  receipt(3, 0);
  pass(1);
  receipt(3, 0);  // the loader is alive and waits for its database
  pass(1);
  EXPECT_THAT(work(), IsEmpty());
  pass(1);
  EXPECT_THAT(work(), ElementsAre(3));
}

TEST_F(IngestorTest, ARestartedLoaderThatHasNotAskedItsDatabaseTakesNothingBack) {
  begin(3 * kBatch);
  work();
  receipt(2, 1, kBatch);
  receipt(2, 0, 0);
  EXPECT_EQ(core_.shipped().stored, 1u);
  EXPECT_EQ(core_.shipped().inserted, kBatch);
  receipt(3, 3, 3 * kBatch);
  EXPECT_EQ(core_.shipped().inserted, 3 * kBatch);
}

TEST_F(IngestorTest, IgnoresReceiptsThatAreNotItsOwn) {
  begin(1);
  work();
  core_.receive({"csv", "xyz.1", 1, 1, 1, 0, 0, 0}, now_);
  core_.receive({"csv", "abc.2", 1, 1, 1, 0, 0, 0}, now_);
  receipt(9, 9);
  EXPECT_TRUE(core_.under_way());
  EXPECT_EQ(core_.shipped().durable, 0u);
}

TEST_F(IngestorTest, TheNextShipmentHasReceiptsOfItsOwn) {
  begin(1);
  work();
  receipt(1, 1, 1);
  begin(2);
  EXPECT_THAT(work(), ElementsAre(1));
  EXPECT_EQ(batches_.back().incarnation, "abc.2");
  receipt(1, 1, 1);  // late, of the first
  EXPECT_TRUE(core_.under_way());
  EXPECT_EQ(core_.shipped().inserted, 0u);
  EXPECT_TRUE(("receipt." + batches_.back().incarnation + ".").starts_with(core_.receipts_topic()));
}

TEST_F(IngestorTest, SaysHowLongTheLoaderIsSilent) {
  EXPECT_EQ(core_.silent_ns(now_), 0);
  begin(1);
  work();
  pass(6);
  EXPECT_EQ(core_.silent_ns(now_), 6 * kNsPerSecond);
  receipt(1, 0);
  EXPECT_EQ(core_.silent_ns(now_), 0);
}

}  // namespace
}  // namespace mendel::ingestor

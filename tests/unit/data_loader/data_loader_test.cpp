#include "stages/data_loader/data_loader.hpp"

#include <gtest/gtest.h>

#include <variant>

#include "tests/unit/data_loader/bars.hpp"

namespace mendel::data_loader {
namespace {

using runtime::Edge;

const durable_log::Position kEnd{"000000000001-000001.log", 500};

class DataLoaderTest : public testing::Test {
 protected:
  void receive(std::uint64_t sequence) {
    const auto day = static_cast<int>(2 * sequence);
    core_.receive({Edge::bars, "", batch(sequence, daily(day, 2))}, {}, out_);
  }
  std::vector<wire::Receipt> receipts() {
    std::vector<wire::Receipt> all;
    for (const auto& outgoing : std::exchange(out_.messages(), {}))
      all.push_back(std::get<wire::Receipt>(outgoing.message));
    return all;
  }

  DataLoader core_;
  runtime::Outbox out_;
};

TEST_F(DataLoaderTest, SaysNothingOfABatchBeforeItIsFsynced) {
  receive(1);
  receive(2);
  EXPECT_EQ(core_.next_commit().size(), 2U);
  EXPECT_TRUE(receipts().empty());
  core_.committed(kEnd, out_);
  const auto said = receipts();
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].durable_through, 2U);
  EXPECT_EQ(core_.log_end(), kEnd);
  EXPECT_EQ(core_.counters().bars_received, 4U);
  EXPECT_TRUE(core_.next_commit().empty());
}

TEST_F(DataLoaderTest, TakesAgainWhatTheLogCouldNotTake) {
  receive(1);
  core_.not_committed();
  EXPECT_TRUE(core_.next_commit().empty());
  EXPECT_EQ(core_.pending_bytes(), 0U);
  receive(1);
  EXPECT_EQ(core_.next_commit().size(), 1U);
  EXPECT_TRUE(receipts().empty());
}

TEST_F(DataLoaderTest, PassesOnWhatTheDatabaseSays) {
  receive(1);
  core_.committed(kEnd, out_);
  receipts();
  EXPECT_EQ(core_.follow({{"sender", "test", 1, 1, 0, 0, 1}}, out_), 2U);
  EXPECT_EQ(core_.follow({{"sender", "test", 1, 1, 0, 0, 1}}, out_), 0U);
  const auto said = receipts();
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].stored_through, 1U);
  EXPECT_EQ(said[0].conflicts, 1U);
}

TEST_F(DataLoaderTest, TellsAReaderWhoJoinsWhatItKnows) {
  receive(1);
  core_.committed(kEnd, out_);
  receipts();
  core_.joined(Edge::receipts, "receipt.sender.", out_);
  core_.joined(Edge::receipts, "receipt.nobody.", out_);
  core_.joined(Edge::receipts, "receipt.", out_);
  EXPECT_EQ(receipts().size(), 1U);
}

}  // namespace
}  // namespace mendel::data_loader

#include "stages/data_loader/intake.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/data_loader/bars.hpp"

namespace mendel::data_loader {
namespace {

using Decision = Intake::Decision;

TEST(Intake, ReceiptsABatchOnceItIsDurable) {
  Intake intake;
  EXPECT_EQ(intake.receive(batch(1, daily(0, 2))), Decision::log);
  EXPECT_EQ(intake.receipt("sender")->durable_through, 0U);
  const auto receipts = intake.durable();
  ASSERT_EQ(receipts.size(), 1U);
  EXPECT_EQ(receipts[0].durable_through, 1U);
  EXPECT_EQ(receipts[0].stored_through, 0U);
  EXPECT_EQ(receipts[0].source, "test");
  EXPECT_TRUE(intake.durable().empty());
}

TEST(Intake, LogsAResentBatchOnce) {
  Intake intake;
  EXPECT_EQ(intake.receive(batch(1, daily(0, 2))), Decision::log);
  EXPECT_EQ(intake.receive(batch(1, daily(0, 2))), Decision::duplicate);
  intake.durable();
  EXPECT_EQ(intake.receive(batch(1, daily(0, 2))), Decision::duplicate);
  EXPECT_EQ(intake.receive(batch(2, daily(2, 2))), Decision::log);
}

TEST(Intake, DropsWhatComesBeforeItsTurn) {
  Intake intake;
  EXPECT_EQ(intake.receive(batch(2, daily(2, 2))), Decision::early);
  EXPECT_EQ(intake.receive(batch(1, daily(0, 2))), Decision::log);
  EXPECT_EQ(intake.receive(batch(2, daily(2, 2))), Decision::log);
  EXPECT_EQ(intake.durable()[0].durable_through, 2U);
}

TEST(Intake, TakesABatchAgainThatCouldNotBeWritten) {
  Intake intake;
  EXPECT_EQ(intake.receive(batch(1, daily(0, 2))), Decision::log);
  intake.forget();
  EXPECT_TRUE(intake.durable().empty());
  EXPECT_EQ(intake.receive(batch(1, daily(0, 2))), Decision::log);
}

TEST(Intake, KeepsSendersApart) {
  Intake intake;
  EXPECT_EQ(intake.receive(batch(1, daily(0, 2), "a")), Decision::log);
  EXPECT_EQ(intake.receive(batch(1, daily(0, 2), "b")), Decision::log);
  EXPECT_EQ(intake.durable().size(), 2U);
}

TEST(Intake, AnswersKnownSendersAfterARestart) {
  Intake intake;
  intake.recover("sender", "test", 1);
  intake.recover("sender", "test", 2);
  EXPECT_EQ(intake.receipt("sender")->durable_through, 2U);
  EXPECT_EQ(intake.receive(batch(2, daily(2, 2))), Decision::duplicate);
  const auto receipts = intake.stored({{"sender", "test", 1, 10, 1, 2, 3}});
  ASSERT_EQ(receipts.size(), 1U);
  EXPECT_EQ(receipts[0].durable_through, 2U);
  EXPECT_EQ(receipts[0].stored_through, 1U);
  EXPECT_EQ(receipts[0].inserted, 10U);
  EXPECT_EQ(receipts[0].conflicts, 3U);
}

TEST(Intake, GoesOnBehindWhatTheDatabaseHasWhenTheLogForgot) {
  Intake intake;
  intake.stored({{"sender", "test", 7, 70, 0, 0, 0}});
  EXPECT_EQ(intake.receive(batch(7, daily(0, 2))), Decision::duplicate);
  EXPECT_EQ(intake.receive(batch(8, daily(0, 2))), Decision::log);
}

TEST(Intake, RemembersABoundedNumberOfSenders) {
  Intake intake;
  EXPECT_EQ(intake.receive(batch(1, daily(0, 1), "unstored")), Decision::log);
  intake.durable();
  for (std::size_t i = 0; i < kSendersMax + 5; ++i) {
    intake.stored({{"s" + std::to_string(i), "test", 1, 1, 0, 0, 0}});
  }
  EXPECT_FALSE(intake.receipt("s0"));
  EXPECT_TRUE(intake.receipt("unstored")) << "its batch is not stored yet";
}

TEST(BatchFault, NamesWhatIsWrong) {
  EXPECT_EQ(batch_fault(batch(1, daily(0, 3))), "");
  auto wrong = [](auto change) {
    wire::BarBatch one = batch(1, daily(0, 3));
    change(one);
    return batch_fault(one);
  };
  EXPECT_NE(wrong([](auto& b) { b.symbol = ""; }), "");
  EXPECT_NE(wrong([](auto& b) { b.source = std::string(1000, 'x'); }), "");
  EXPECT_NE(wrong([](auto& b) { b.timeframe = "60m"; }), "");
  EXPECT_NE(wrong([](auto& b) { b.bars[1].time_ns = b.bars[0].time_ns; }), "");
  EXPECT_NE(wrong([](auto& b) { b.bars[1].high = b.bars[1].low - 1; }), "");
  EXPECT_NE(wrong([](auto& b) { b.bars[1].close = std::nan(""); }), "");
  EXPECT_NE(wrong([](auto& b) { b.bars[1].low = -1; }), "");
  EXPECT_NE(wrong([](auto& b) { b.bars[1].volume = -1; }), "");
  EXPECT_NE(wrong([](auto& b) { b.bars[1].time_ns += 1; }), "");
}

}  // namespace
}  // namespace mendel::data_loader

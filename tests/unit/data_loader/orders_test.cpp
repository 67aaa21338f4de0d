#include "stages/data_loader/orders.hpp"

#include <gtest/gtest.h>

#include "tests/unit/data_loader/bars.hpp"

namespace mendel::data_loader {
namespace {

const durable_log::Position kNothing{};
const durable_log::Position kFirst{"000000000001-000001.log", 100};
const durable_log::Position kSecond{"000000000001-000001.log", 200};

Now at(std::int64_t seconds) { return {seconds * kNsPerSecond, 0}; }

TEST(Orders, WaitForWhatWasDurableWhenTheyCame) {
  Orders orders;
  EXPECT_FALSE(orders.receive(order(0, 10), kSecond, at(0)));
  EXPECT_FALSE(orders.next(kNothing));
  EXPECT_FALSE(orders.next(kFirst));
  EXPECT_TRUE(orders.next(kSecond));
  EXPECT_FALSE(orders.next(kSecond)) << "it is being cut";
}

TEST(Orders, OfAnEmptyLogWaitForNothing) {
  Orders orders;
  orders.receive(order(0, 10), kNothing, at(0));
  EXPECT_TRUE(orders.next(kNothing));
}

TEST(Orders, AreOneOrderHoweverOftenTheyCome) {
  Orders orders;
  orders.receive(order(0, 10), kFirst, at(0));
  orders.receive(order(0, 10), kSecond, at(1));
  EXPECT_EQ(orders.waiting(), 1U);
  EXPECT_TRUE(orders.next(kFirst)) << "a repetition does not wait for more";
}

TEST(Orders, RepeatTheirAnswerForAWhileAndAreThenCutAnew) {
  Orders orders;
  orders.receive(order(0, 10), kNothing, at(0));
  ASSERT_TRUE(orders.next(kNothing));
  wire::Dataset dataset;
  dataset.order_id = "run";
  dataset.error = "nothing there";
  orders.answered(dataset, at(1));
  const auto again = orders.receive(order(0, 10), kNothing, at(2));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->error, "nothing there");
  EXPECT_FALSE(orders.receive(order(0, 10), kNothing, at(60)));
  EXPECT_TRUE(orders.next(kNothing));
}

TEST(Orders, ThatCannotBeCutAreAnsweredAtOnce) {
  Orders orders;
  auto wrong = [&](auto change) {
    wire::DatasetOrder one = order(0, 10);
    change(one);
    const auto answer = orders.receive(one, kNothing, at(0));
    return answer && !answer->error.empty();
  };
  EXPECT_TRUE(wrong([](auto& o) { o.symbols.clear(); }));
  EXPECT_TRUE(wrong([](auto& o) { o.symbols = {"A", "A"}; }));
  EXPECT_TRUE(wrong([](auto& o) { o.timeframe = "soon"; }));
  EXPECT_TRUE(wrong([](auto& o) { o.to_ns = o.from_ns; }));
  EXPECT_TRUE(wrong([](auto& o) { o.warm_up_bars = -1; }));
  EXPECT_EQ(orders.waiting(), 0U);
}

TEST(Orders, AreBounded) {
  Orders orders;
  for (std::size_t i = 0; i < kOrdersWaitingMax + 10; ++i) {
    wire::DatasetOrder one = order(0, 10);
    one.order_id = std::to_string(i);
    orders.receive(one, kNothing, at(0));
  }
  EXPECT_EQ(orders.waiting(), kOrdersWaitingMax);
}

}  // namespace
}  // namespace mendel::data_loader

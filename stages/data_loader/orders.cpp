#include "stages/data_loader/orders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "shared/market/timeframe.hpp"

namespace mendel::data_loader {
namespace {

constexpr std::size_t kOrderIdBytesMax = 128;
constexpr std::int64_t kWarmUpBarsMax = 10'000'000;

}  // namespace

std::string order_fault(const wire::DatasetOrder& order) {
  const auto timeframe = market::parse_timeframe(order.timeframe);
  if (!timeframe) return timeframe.error().message;
  if (order.symbols.empty() || order.symbols.size() > kSymbolsMax) {
    return fmt::format("an order names 1 to {} symbols", kSymbolsMax);
  }
  if (std::set(order.symbols.begin(), order.symbols.end()).size() != order.symbols.size()) {
    return "a symbol is named twice";
  }
  if (order.from_ns >= order.to_ns) return "the range is empty";
  if (order.warm_up_bars < 0 || order.warm_up_bars > kWarmUpBarsMax) {
    return fmt::format("a warm-up has 0 to {} bars", kWarmUpBarsMax);
  }
  return "";
}

std::optional<wire::Dataset> Orders::receive(const wire::DatasetOrder& order,
                                             const durable_log::Position& durable_end, Now now) {
  if (order.order_id.empty() || order.order_id.size() > kOrderIdBytesMax) return std::nullopt;
  wire::Dataset answer;
  answer.order_id = order.order_id;
  answer.error = order_fault(order);
  if (!answer.error.empty()) return answer;
  const auto known = answers_.find(order.order_id);
  if (known != answers_.end() && now.monotonic_ns - known->second.at_ns < kAnswerFreshNs) {
    return known->second.dataset;
  }
  // Full: the order will come again.
  if (waiting_.size() >= kOrdersWaitingMax) return std::nullopt;
  waiting_.try_emplace(order.order_id, Waiting{order, durable_end, false});
  return std::nullopt;
}

std::optional<wire::DatasetOrder> Orders::next(const durable_log::Position& stored) {
  for (auto& [id, one] : waiting_) {
    if (one.being_cut || stored < one.barrier) continue;
    one.being_cut = true;
    return one.order;
  }
  return std::nullopt;
}

void Orders::answered(const wire::Dataset& dataset, Now now) {
  waiting_.erase(dataset.order_id);
  const bool fresh =
      answers_.insert_or_assign(dataset.order_id, Answer{dataset, now.monotonic_ns}).second;
  if (fresh) answered_order_.push_back(dataset.order_id);
  if (answered_order_.size() <= kAnswersKept) return;
  answers_.erase(answered_order_.front());
  answered_order_.pop_front();
}

std::optional<wire::Dataset> Orders::answer(const std::string& order_id) const {
  const auto found = answers_.find(order_id);
  return found == answers_.end() ? std::nullopt : std::optional(found->second.dataset);
}

}  // namespace mendel::data_loader

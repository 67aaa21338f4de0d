// Orders: dataset orders from arrival to answer. An order is cut only after everything that was
// durable when it arrived is stored, and is the same order however often it comes.
// Threads: one thread; pure.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/time.hpp"
#include "shared/durable_log/segment.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::data_loader {

inline constexpr std::size_t kOrdersWaitingMax = 1000;
inline constexpr std::size_t kAnswersKept = 1000;
// A repeated order within this time is told the same answer; a later one is cut anew: what was
// missing may have been ingested meanwhile.
inline constexpr std::int64_t kAnswerFreshNs = 5 * kNsPerSecond;
inline constexpr std::size_t kSymbolsMax = 10'000;

class Orders {
 public:
  // `durable_end`: behind the last durable record. Returns an answer that is known already, or
  // says what is wrong with the order.
  std::optional<wire::Dataset> receive(const wire::DatasetOrder& order,
                                       const durable_log::Position& durable_end, Now now);

  // The next order to cut, given what is stored; it counts as being cut from then on.
  std::optional<wire::DatasetOrder> next(const durable_log::Position& stored);
  void answered(const wire::Dataset& dataset, Now now);

  std::size_t waiting() const { return waiting_.size(); }
  std::optional<wire::Dataset> answer(const std::string& order_id) const;

 private:
  struct Waiting {
    wire::DatasetOrder order;
    durable_log::Position barrier;
    bool being_cut = false;
  };
  struct Answer {
    wire::Dataset dataset;
    std::int64_t at_ns = 0;
  };

  std::map<std::string, Waiting> waiting_;
  std::map<std::string, Answer> answers_;
  std::deque<std::string> answered_order_;
};

// "" or what is wrong with an order.
std::string order_fault(const wire::DatasetOrder& order);

}  // namespace mendel::data_loader

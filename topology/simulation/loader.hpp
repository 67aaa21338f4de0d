// Loader: stands for data_loader: it answers an order with a dataset, some milliseconds later.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "topology/simulation/process.hpp"

namespace mendel::simulation {

class Loader : public Process {
 public:
  explicit Loader(std::int64_t cut_ns) : cut_ns_(cut_ns) {}

  void receive(runtime::Delivery delivery, Now now, runtime::Outbox&) override {
    if (const auto* order = std::get_if<wire::DatasetOrder>(&delivery.message))
      orders_.emplace_back(now.monotonic_ns + cut_ns_, *order);
  }

  int work(Now now, runtime::Outbox& out) override {
    if (orders_.empty() || orders_.front().first > now.monotonic_ns) return 0;
    const wire::DatasetOrder order = std::move(orders_.front().second);
    orders_.pop_front();
    wire::Dataset dataset;
    dataset.order_id = order.order_id;
    dataset.dataset_id = sha256("bars of " + order.symbols.front());
    dataset.file = "datasets/" + dataset.dataset_id.hex() + ".bars";
    dataset.quality = "{}";
    out.publish(runtime::Edge::datasets, "dataset." + order.order_id + ".", std::move(dataset));
    return 1;
  }

  std::optional<std::int64_t> wakes_at_ns() const override {
    return orders_.empty() ? std::nullopt : std::optional(orders_.front().first);
  }

 private:
  std::int64_t cut_ns_;
  std::deque<std::pair<std::int64_t, wire::DatasetOrder>> orders_;
};

}  // namespace mendel::simulation

#include "stages/data_loader/data_loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "shared/wire/codec.hpp"

namespace mendel::data_loader {
namespace {

using wiring::Edge;

constexpr std::size_t kComplaintsMax = 100;  // between two emptyings

void publish(const wire::Receipt& receipt, runtime::Outbox& out) {
  out.publish(Edge::receipts, fmt::format("receipt.{}.", receipt.incarnation), receipt);
}

void publish(const wire::Dataset& dataset, runtime::Outbox& out) {
  out.publish(Edge::datasets, fmt::format("dataset.{}.", dataset.order_id), dataset);
}

// The name in a topic `<prefix><name>.`; "" when there is none.
std::string name_in(const std::string& topic, std::string_view prefix) {
  const bool whole =
      topic.starts_with(prefix) && topic.ends_with('.') && topic.size() > prefix.size();
  return whole ? topic.substr(prefix.size(), topic.size() - prefix.size() - 1) : std::string();
}

}  // namespace

Counters& Counters::operator+=(const Counters& other) {
  bars_received += other.bars_received;
  bars_inserted += other.bars_inserted;
  conflicts += other.conflicts;
  refused_batches += other.refused_batches;
  return *this;
}

void DataLoader::restore(const durable_log::Entry& entry) {
  const Result<wire::Message> message = wire::decode(entry.record.payload);
  const auto* batch = message ? std::get_if<wire::BarBatch>(&*message) : nullptr;
  if (batch != nullptr) intake_.recover(batch->incarnation, batch->source, batch->sequence);
  log_end_ = entry.end;
  ++restored_;
}

void DataLoader::receive(runtime::Delivery delivery, Now now, runtime::Outbox& out) {
  if (auto* batch = std::get_if<wire::BarBatch>(&delivery.message)) {
    receive_bars(std::move(*batch), out);
  } else if (const auto* order = std::get_if<wire::DatasetOrder>(&delivery.message)) {
    const auto answer = orders_.receive(*order, log_end_, now);
    if (answer) publish(*answer, out);
  }
}

void DataLoader::receive_bars(wire::BarBatch batch, runtime::Outbox& out) {
  switch (intake_.receive(batch)) {
    case Intake::Decision::log: {
      pending_bars_ += batch.bars.size();
      std::string frame = wire::encode(std::move(batch));
      pending_bytes_ += frame.size();
      pending_.push_back({static_cast<std::uint8_t>(wire::Kind::bar_batch), std::move(frame)});
      return;
    }
    case Intake::Decision::duplicate: {
      const auto receipt = intake_.receipt(batch.incarnation);
      if (receipt) publish(*receipt, out);
      return;
    }
    case Intake::Decision::refused:
      ++counters_.refused_batches;
      if (complaints_.size() < kComplaintsMax) {
        complaints_.push_back(fmt::format("bars of {} {} {} batch {} refused: {}", batch.source,
                                          batch.symbol, batch.timeframe, batch.sequence,
                                          batch_fault(batch)));
      }
      return;
    case Intake::Decision::early:
      return;
  }
}

void DataLoader::joined(Edge edge, const std::string& topic, runtime::Outbox& out) const {
  if (edge == Edge::receipts) {
    const auto receipt = intake_.receipt(name_in(topic, "receipt."));
    if (receipt) publish(*receipt, out);
  } else if (edge == Edge::datasets) {
    const auto answer = orders_.answer(name_in(topic, "dataset."));
    if (answer) publish(*answer, out);
  }
}

void DataLoader::committed(const durable_log::Position& end, runtime::Outbox& out) {
  log_end_ = end;
  counters_.bars_received += pending_bars_;
  drop_pending();
  for (const wire::Receipt& receipt : intake_.durable()) publish(receipt, out);
}

void DataLoader::not_committed() {
  drop_pending();
  intake_.forget();
}

void DataLoader::drop_pending() {
  pending_.clear();
  pending_bytes_ = pending_bars_ = 0;
}

std::uint64_t DataLoader::follow(const std::vector<StoredCounts>& counts, runtime::Outbox& out) {
  const std::uint64_t before = counters_.bars_inserted + counters_.conflicts;
  for (const StoredCounts& one : counts) {
    if (const auto known = intake_.receipt(one.incarnation)) {
      counters_.bars_inserted += one.inserted - std::min(one.inserted, known->inserted);
      counters_.conflicts += one.conflicts - std::min(one.conflicts, known->conflicts);
      for (const wire::Receipt& receipt : intake_.stored({one})) publish(receipt, out);
    }
  }
  return counters_.bars_inserted + counters_.conflicts - before;
}

void DataLoader::answered(const wire::Dataset& dataset, Now now, runtime::Outbox& out) {
  orders_.answered(dataset, now);
  publish(dataset, out);
}

std::vector<std::string> DataLoader::take_complaints() { return std::exchange(complaints_, {}); }

}  // namespace mendel::data_loader

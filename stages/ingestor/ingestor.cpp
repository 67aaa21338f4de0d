#include "stages/ingestor/ingestor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "shared/base/check.hpp"
#include "shared/wire/codec.hpp"

namespace mendel::ingestor {
Ingestor::Ingestor(std::string incarnation, std::uint64_t window_batches, std::size_t batch_bars)
    : incarnation_(std::move(incarnation)),
      window_batches_(window_batches),
      batch_bars_(batch_bars) {
  check(batch_bars_ > 0 && batch_bars_ <= wire::kBarsPerBatchMax, "a batch fits into a frame");
  check(window_batches_ > 0, "a window holds at least one batch");
}

void Ingestor::begin(Shipment shipment, Now now) {
  check(!under_way(), "one shipment at a time");
  check(!shipment.bars.empty(), "a shipment has bars");
  shipment_ = std::move(shipment);
  shipment_incarnation_ = fmt::format("{}.{}", incarnation_, ++shipments_);
  const std::size_t bars = shipment_.bars.size();
  shipped_ = {};
  shipped_.batches = (bars + batch_bars_ - 1) / batch_bars_;
  waiting_since_ns_ = heard_ns_ = now.monotonic_ns;
  resend_after_ns_ = kResendAfterNs;
}

void Ingestor::receive(const wire::Receipt& receipt, Now now) {
  if (!under_way() || receipt.incarnation != shipment_incarnation_) return;
  // More than was sent is a receipt that nobody can have written for this shipment.
  if (std::max(receipt.durable_through, receipt.stored_through) > shipped_.sent) return;
  heard_ns_ = now.monotonic_ns;
  const std::uint64_t durable = std::max(receipt.durable_through, receipt.stored_through);
  if (durable > shipped_.durable || receipt.stored_through > shipped_.stored) {
    waiting_since_ns_ = now.monotonic_ns;
    resend_after_ns_ = kResendAfterNs;
  }
  shipped_.durable = std::max(shipped_.durable, durable);
  // A loader that has just restarted knows what is durable before it has asked the database for
  // the rest: its smaller numbers say nothing.
  if (receipt.stored_through < shipped_.stored) return;
  shipped_.stored = receipt.stored_through;
  shipped_.inserted = receipt.inserted;
  shipped_.equal = receipt.equal;
  shipped_.replaced = receipt.replaced;
  shipped_.conflicts = receipt.conflicts;
  if (!under_way()) shipment_.bars = {};
}

int Ingestor::work(Now now, bool blocked, runtime::Outbox& out) {
  if (!under_way() || blocked) return 0;
  return send_new(now, out) + resend(now, out);
}

int Ingestor::send_new(Now now, runtime::Outbox& out) {
  int count = 0;
  while (shipped_.sent < shipped_.batches && shipped_.sent - shipped_.durable < window_batches_) {
    if (shipped_.sent == shipped_.durable) waiting_since_ns_ = heard_ns_ = now.monotonic_ns;
    wire::BarBatch next = batch(++shipped_.sent);
    totals_.bars_sent += next.bars.size();
    out.send(wiring::Edge::bars, std::move(next));
    ++count;
  }
  return count;
}

int Ingestor::resend(Now now, runtime::Outbox& out) {
  const bool all_durable = shipped_.durable == shipped_.sent;
  // A durable batch needs no resend; the last one only asks again for a receipt that was lost.
  const std::int64_t since_ns =
      all_durable ? std::max(heard_ns_, waiting_since_ns_) : waiting_since_ns_;
  if (now.monotonic_ns - since_ns < resend_after_ns_) return 0;
  const std::uint64_t first = all_durable ? shipped_.sent : shipped_.durable + 1;
  for (std::uint64_t sequence = first; sequence <= shipped_.sent; ++sequence) {
    out.send(wiring::Edge::bars, batch(sequence));
    ++totals_.batches_resent;
  }
  waiting_since_ns_ = now.monotonic_ns;
  resend_after_ns_ = std::min(2 * resend_after_ns_, kResendAfterMaxNs);
  return static_cast<int>(shipped_.sent - first + 1);
}

wire::BarBatch Ingestor::batch(std::uint64_t sequence) const {
  const std::size_t begin = (sequence - 1) * batch_bars_;
  const std::size_t end = std::min(begin + batch_bars_, shipment_.bars.size());
  wire::BarBatch batch;
  batch.source = shipment_.source;
  batch.incarnation = shipment_incarnation_;
  batch.sequence = sequence;
  batch.symbol = shipment_.symbol;
  batch.timeframe = shipment_.timeframe;
  batch.revision = shipment_.revision;
  batch.bars.assign(shipment_.bars.begin() + static_cast<std::ptrdiff_t>(begin),
                    shipment_.bars.begin() + static_cast<std::ptrdiff_t>(end));
  return batch;
}

std::int64_t Ingestor::silent_ns(Now now) const {
  return under_way() ? now.monotonic_ns - heard_ns_ : 0;
}

}  // namespace mendel::ingestor

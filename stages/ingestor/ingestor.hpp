// Ingestor: the core that gets one shipment of bars into data_loader: a window of batches without
// a durable receipt, resends of what is overdue, done when everything is stored. Delivery is proved
// by receipts, never inferred from sending.
// Threads: one thread; pure (message + now in, messages out).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "shared/base/time.hpp"
#include "shared/market/bar.hpp"
#include "shared/runtime/stage.hpp"
#include "shared/wire/codec.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::ingestor {

// A receipt takes an fsync and a round trip, some milliseconds: two seconds of silence are a loss.
inline constexpr std::int64_t kResendAfterNs = 2 * kNsPerSecond;
// A loader that is down for long is asked less and less often.
inline constexpr std::int64_t kResendAfterMaxNs = 30 * kNsPerSecond;
inline constexpr std::int64_t kWindowBatchesMax = 1024;

// What one job sends.
struct Shipment {
  std::string source;
  std::string symbol;
  std::string timeframe;
  std::int64_t revision = 0;
  std::vector<market::Bar> bars;  // ascending; at least one
};

// How far the shipment is.
struct Shipped {
  std::uint64_t batches = 0;
  std::uint64_t sent = 0;     // batches sent at least once
  std::uint64_t durable = 0;  // fsynced by the loader
  std::uint64_t stored = 0;   // committed to the database
  std::uint64_t inserted = 0, equal = 0, replaced = 0, conflicts = 0;
};

struct Totals {
  std::uint64_t bars_sent = 0;  // without resends
  std::uint64_t batches_resent = 0;
};

class Ingestor {
 public:
  // `incarnation` names this life of the process; shipment n travels as "<incarnation>.<n>" with
  // sequences from 1, so that its receipts are its own whatever was shipped before.
  Ingestor(std::string incarnation, std::uint64_t window_batches,
           std::size_t batch_bars = wire::kBarsPerBatchMax);

  // The topic under which the receipts of all shipments come.
  std::string receipts_topic() const { return "receipt." + incarnation_ + "."; }

  // Requires that nothing is under way, and bars.
  void begin(Shipment shipment, Now now);
  bool under_way() const { return !shipment_.bars.empty() && shipped_.stored < shipped_.batches; }

  void receive(const wire::Receipt& receipt, Now now);
  // Sends what the window allows and resends what is overdue; nothing while `blocked` (the runtime
  // still holds what was sent before). Returns the number of batches sent.
  int work(Now now, bool blocked, runtime::Outbox& out);

  const Shipped& shipped() const { return shipped_; }
  const Totals& totals() const { return totals_; }
  // Since when the loader has said nothing while something waits for it; 0 = it answers.
  std::int64_t silent_ns(Now now) const;

 private:
  wire::BarBatch batch(std::uint64_t sequence) const;
  int send_new(Now now, runtime::Outbox& out);
  int resend(Now now, runtime::Outbox& out);

  std::string incarnation_;
  std::uint64_t window_batches_;
  std::size_t batch_bars_;
  std::uint64_t shipments_ = 0;
  std::string shipment_incarnation_;
  Shipment shipment_;
  Shipped shipped_;
  Totals totals_;
  std::int64_t waiting_since_ns_ = 0;  // last progress towards durable, or first send after it
  std::int64_t heard_ns_ = 0;          // last receipt of this shipment
  std::int64_t resend_after_ns_ = kResendAfterNs;
};

}  // namespace mendel::ingestor

// DataLoader: the core of the stage. Takes bar batches in turn and dataset orders; says "durable"
// only of what was fsynced and "stored" only of what the database committed. It reads and writes
// nothing: its owner (process.cpp, the simulator) does, between the calls.
//
//   receive()*  ->  next_commit() -> append + fsync -> committed() | not_committed()
//               ->  follow()      <- what the drain has stored
//               ->  next_order()  -> cut -> answered()
//
// Threads: one thread; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "shared/base/time.hpp"
#include "shared/durable_log/log.hpp"
#include "shared/runtime/stage.hpp"
#include "stages/data_loader/intake.hpp"
#include "stages/data_loader/orders.hpp"

namespace mendel::data_loader {

struct Counters {
  std::uint64_t bars_received = 0;  // durable
  std::uint64_t bars_inserted = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t refused_batches = 0;

  Counters& operator+=(const Counters& other);
};

class DataLoader {
 public:
  // A record that is in the log already, in the order of the log; at start only.
  void restore(const durable_log::Entry& entry);

  // A BarBatch or DatasetOrder; others are ignored.
  void receive(runtime::Delivery delivery, Now now, runtime::Outbox& out);
  // A reader of receipts or datasets joined: what is known for it is said again.
  void joined(runtime::Edge edge, const std::string& topic, runtime::Outbox& out) const;

  // What one append is to make durable; stays the same until it is answered.
  std::span<const durable_log::Record> next_commit() const { return pending_; }
  void committed(const durable_log::Position& end, runtime::Outbox& out);
  // The log took nothing of it: the senders will send it again.
  void not_committed();
  std::size_t pending_bytes() const { return pending_bytes_; }

  // What the database says of senders. Returns the number of rows and conflicts that are new.
  std::uint64_t follow(const std::vector<StoredCounts>& counts, runtime::Outbox& out);

  // The next order to cut, given what is stored.
  std::optional<wire::DatasetOrder> next_order(const durable_log::Position& stored) {
    return orders_.next(stored);
  }
  void answered(const wire::Dataset& dataset, Now now, runtime::Outbox& out);
  std::size_t orders_waiting() const { return orders_.waiting(); }

  // Behind the last durable record, {} = there is none.
  const durable_log::Position& log_end() const { return log_end_; }
  std::uint64_t restored() const { return restored_; }
  const Counters& counters() const { return counters_; }
  // Lines for the log that an operator must see, emptied.
  std::vector<std::string> take_complaints();

 private:
  void receive_bars(wire::BarBatch batch, runtime::Outbox& out);
  void drop_pending();

  Intake intake_;
  Orders orders_;
  durable_log::Position log_end_;
  std::vector<durable_log::Record> pending_;  // accepted, not yet in the log
  std::size_t pending_bytes_ = 0;
  std::uint64_t pending_bars_ = 0;
  std::uint64_t restored_ = 0;
  Counters counters_;
  std::vector<std::string> complaints_;
};

}  // namespace mendel::data_loader

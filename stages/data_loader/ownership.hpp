// Ownership: everything of data_loader that lives and dies with one epoch: the log it writes, what
// it recovered, and the two threads that use the database.
// Threads: the loop thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/database/pool.hpp"
#include "shared/durable_log/log.hpp"
#include "shared/store/epoch.hpp"
#include "shared/store/store.hpp"
#include "stages/data_loader/cutter.hpp"
#include "stages/data_loader/drain.hpp"
#include "stages/data_loader/intake.hpp"
#include "stages/data_loader/market_tables.hpp"
#include "stages/data_loader/orders.hpp"
#include "stages/data_loader/wake.hpp"

namespace mendel::data_loader {

class Ownership {
 public:
  // Takes the role's epoch, opens a new log segment, reads what earlier lives logged, and starts
  // the threads. Errors: transient = a living owner (named); else of the store.
  static Result<std::unique_ptr<Ownership>> take(const store::Store& store, database::Pool& pool,
                                                 const Wake& wake, Now now);

  store::Epoch epoch;
  Intake intake;
  Orders orders;
  durable_log::Position log_end;  // behind the last durable record, {} = there is none

  // Appends the frames with one fsync and lets the drain have them. Errors: as Writer::append.
  Status append(std::vector<durable_log::Record> records);

  Drain& drain() { return *drain_; }
  Cutter& cutter() { return *cutter_; }
  std::uint64_t recovered_records() const { return recovered_records_; }

  void stop() {  // returns at once
    drain_->stop();
    cutter_->stop();
  }
  bool stopped() const { return drain_->stopped() && cutter_->stopped(); }

 private:
  Ownership(store::Epoch taken, durable_log::Writer writer, database::Pool& pool);
  Status recover(const std::string& folder, const std::string& store_id);

  durable_log::Writer writer_;
  std::uint64_t recovered_records_ = 0;
  MarketTables drain_tables_;
  MarketTables cutter_tables_;
  std::unique_ptr<Drain> drain_;
  std::unique_ptr<Cutter> cutter_;
};

}  // namespace mendel::data_loader

// Ownership: everything of data_loader that lives and dies with one epoch: the log it writes, what
// it recovered, and the two threads that use the database.
// Threads: the loop thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/database/pool.hpp"
#include "shared/durable_log/appends.hpp"
#include "shared/durable_log/log.hpp"
#include "shared/durable_log/quarantine.hpp"
#include "shared/store/epoch.hpp"
#include "shared/store/store.hpp"
#include "stages/data_loader/cutter.hpp"
#include "stages/data_loader/data_loader.hpp"
#include "stages/data_loader/drain.hpp"
#include "stages/data_loader/market_tables.hpp"
#include "stages/data_loader/wake.hpp"

namespace mendel::data_loader {

class Ownership {
 public:
  // Takes the role's epoch, opens a new log segment, reads what earlier lives logged, and starts
  // the threads. Errors: transient = a living owner (named); else of the store.
  static Result<std::unique_ptr<Ownership>> take(const store::Store& store, database::Pool& pool,
                                                 const Wake& wake, Now now);

  store::Epoch epoch;
  DataLoader core;

  // Appends what the core has, with one fsync, tells it, and lets the drain have it. Errors: as
  // Writer::append; then nothing of it was written, and the core still has it.
  Status commit(runtime::Outbox& out);

  durable_log::Position log_end() const { return writer_.position(); }
  // Damage of the log that a reader has met: quarantined and told.
  void tell(const std::vector<durable_log::Stretch>& damages, std::int64_t wall_ns);
  const durable_log::Quarantine& quarantine() const { return quarantine_; }

  const durable_log::Appends& appends() const { return appends_; }

  Drain& drain() { return *drain_; }
  Cutter& cutter() { return *cutter_; }

  void stop() {  // returns at once
    drain_->stop();
    cutter_->stop();
  }
  bool stopped() const { return drain_->stopped() && cutter_->stopped(); }

 private:
  Ownership(const store::Store& store, store::Epoch taken, durable_log::Writer writer,
            database::Pool& pool);
  Status recover(const std::string& folder, const std::string& store_id);

  const store::Store store_;
  durable_log::Writer writer_;
  durable_log::Quarantine quarantine_;
  durable_log::Appends appends_;
  MarketTables drain_tables_;
  MarketTables cutter_tables_;
  std::unique_ptr<Drain> drain_;
  std::unique_ptr<Cutter> cutter_;
};

}  // namespace mendel::data_loader

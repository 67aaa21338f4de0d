// Ownership: everything that exists while this process owns the epoch of its role: the epoch, its
// segment of the log, the core with its index, and the drain.
// Threads: the loop thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/durable_log/appends.hpp"
#include "shared/durable_log/log.hpp"
#include "shared/durable_log/quarantine.hpp"
#include "shared/store/epoch.hpp"
#include "shared/store/store.hpp"
#include "stages/results_writer/census.hpp"
#include "stages/results_writer/drain.hpp"
#include "stages/results_writer/results_writer.hpp"

namespace mendel::results_writer {

class Ownership {
 public:
  // Takes the epoch and begins its segment, which seals all older ones.
  static Result<std::unique_ptr<Ownership>> take(const store::Store& store, Now now);
  // Waits for the drain, then lets a successor start at once (unless there is one).
  ~Ownership();

  // Reads at most `most` records of the log into the index; true when it has reached the end.
  Result<bool> recover(std::size_t most);
  void start_drain(std::unique_ptr<ResultSink> sink, std::function<void()> on_change,
                   const ArchivePolicy& archive = {});

  // Appends what is pending, in a bounded number of group commits; returns how many records.
  Result<std::size_t> commit();
  // Reads back what was asked for, bounded; returns how many.
  std::size_t look_up();

  // Bytes of the log that are not known to be in the database.
  std::uint64_t undrained_bytes() const;
  durable_log::Position log_end() const { return log_.position(); }
  bool recovered() const { return drain_ != nullptr; }
  Drain::State drained() const { return drain_ ? drain_->state() : Drain::State{}; }
  SinkGauges gauges() const { return drain_ ? drain_->gauges() : SinkGauges{}; }
  // Damage of the log that the drain has met: quarantined and told.
  void follow_damage(Now now);
  const durable_log::Quarantine& quarantine() const { return quarantine_; }
  const durable_log::Appends& appends() const { return appends_; }

  // Another process has a later epoch: stops what would disturb it, returns at once.
  void give_up();
  bool idle() const { return !drain_ || drain_->stopped(); }

  store::Epoch& epoch() { return epoch_; }
  ResultsWriter& core() { return core_; }
  const ResultsWriter& core() const { return core_; }

 private:
  Ownership(const store::Store& store, store::Epoch epoch, durable_log::Writer log);
  void report_recovery();
  void tell(const std::vector<durable_log::Stretch>& damages, std::int64_t wall_ns);

  const store::Store store_;
  std::string folder_;
  std::string archive_folder_;
  std::string store_id_;
  store::Epoch epoch_;
  durable_log::Writer log_;
  durable_log::Position born_;  // the end of the log when this epoch began
  ResultsWriter core_;
  std::optional<durable_log::Reader> scan_;
  Census census_;
  Selection selection_;
  durable_log::Quarantine quarantine_;
  std::unique_ptr<Drain> drain_;
  durable_log::Appends appends_;
  bool given_up_ = false;
};

}  // namespace mendel::results_writer

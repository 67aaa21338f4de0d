// Drain: moves the bar log into the database in a thread of its own, so that the database may be
// slow or away while bars are received.
//
// DrainCycle is one turn after another without a thread or a clock, for the thread and for tests.
// Threads: a DrainCycle belongs to one thread; every function of Drain may be called on any.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/database/backoff.hpp"
#include "shared/durable_log/log.hpp"
#include "shared/durable_log/source.hpp"
#include "stages/data_loader/market_tables.hpp"
#include "stages/data_loader/wake.hpp"

namespace mendel::data_loader {

// Limits of one transaction.
inline constexpr std::size_t kDrainRowsMax = 100'000;
inline constexpr std::size_t kDrainBatchesMax = 512;
// Of bar times, beyond the first batch: TimescaleDB locks every chunk (7 days) that a transaction
// touches, and the server's lock table holds some thousands.
inline constexpr std::int64_t kDrainSpanNsMax = 5 * 366 * kNsPerDay;

struct DrainState {
  bool begun = false;                         // the database answered; `stored` is true
  durable_log::Position stored;               // committed
  std::string away;                           // why the database is away, "" = it is not
  std::optional<Error> failure;               // the stage cannot go on
  std::vector<StoredCounts> counts;           // of senders, since it was last taken
  std::vector<durable_log::Stretch> damages;  // of the log
};

class DrainCycle {
 public:
  DrainCycle(std::unique_ptr<durable_log::Source> log, std::string store_id, std::uint64_t epoch,
             MarketSink& sink);
  DrainCycle(const std::string& folder, const std::string& store_id, std::uint64_t epoch,
             MarketSink& sink);

  enum class Next { again, wait_for_records, wait_for_database, stop };
  // Begins, or stores at most one transaction, never beyond `durable_end`.
  Next turn(const durable_log::Position& durable_end);

  const DrainState& state() const { return state_; }
  std::vector<StoredCounts> take_counts() { return std::exchange(state_.counts, {}); }
  std::int64_t backoff_ms() { return backoff_.next_ms(); }

 private:
  Next begin(const durable_log::Position& durable_end);
  Next fail(const Error& error);
  Next stop(Error error);
  Status read_batches(const durable_log::Position& durable_end);

  std::unique_ptr<durable_log::Source> log_;
  const std::string store_id_;
  const std::uint64_t epoch_;
  MarketSink& sink_;
  database::Backoff backoff_;
  std::unique_ptr<durable_log::Cursor> cursor_;  // behind state_.stored while begun
  std::optional<durable_log::Entry> held_;       // read, and not fitting into the batch before
  std::vector<wire::BarBatch> batches_;          // of the next transaction
  durable_log::Position end_;                    // behind them
  bool reached_ = false;                         // the database has answered in this life
  DrainState state_;
};

class Drain {
 public:
  // Starts the thread. `wake` is rung when the state has changed.
  Drain(DrainCycle cycle, durable_log::Position durable_end, const Wake& wake);
  // Waits for the statement under way.
  ~Drain();
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;

  void advance(const durable_log::Position& durable_end);
  void stop();  // no further turn begins; returns at once
  bool stopped() const;
  DrainState take_state();  // and forgets the counts in it

 private:
  void run();
  void publish();

  DrainCycle cycle_;
  const Wake& wake_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  durable_log::Position durable_end_;
  bool stopping_ = false;
  bool stopped_ = false;
  DrainState state_;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace mendel::data_loader

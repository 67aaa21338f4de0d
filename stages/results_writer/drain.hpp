// Drain: moves the score log into the sink, batch by batch, in a thread of its own, so that the
// database may be slow or away while recording goes on.
//
// DrainCycle is one turn after another without a thread or a clock, for the thread and for tests.
// Threads: a DrainCycle belongs to one thread; every function of Drain may be called on any.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
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
#include "stages/results_writer/archivist.hpp"
#include "stages/results_writer/census.hpp"
#include "stages/results_writer/selection.hpp"
#include "stages/results_writer/tables.hpp"

namespace mendel::results_writer {

class DrainCycle {
 public:
  // `census` counts what the log held before this life, `selection` has noted it.
  DrainCycle(std::unique_ptr<durable_log::Source> log, LogOwner owner, Census census,
             ResultSink& sink, Selection selection = {});
  DrainCycle(const std::string& log_folder, const LogOwner& owner, Census census, ResultSink& sink,
             Selection selection = {});

  // What to do after a turn.
  enum class Next { again, wait_for_records, wait_for_database, stop };
  // Begins, or stores at most one batch, never beyond `durable_end`.
  Next turn(const durable_log::Position& durable_end);

  bool reached() const { return reached_; }  // the sink has answered: stored() is known
  const durable_log::Position& stored() const { return stored_; }
  std::uint64_t stored_total() const { return stored_total_; }
  std::int64_t backoff_ms() { return backoff_.next_ms(); }  // for wait_for_database
  const std::string& away() const { return away_; }  // why the database is away, "" = it is not
  const std::optional<Error>& failure() const { return failure_; }  // for stop
  // What the log's reader met since begin().
  const std::vector<durable_log::Stretch>& damages() const { return damages_; }
  Selection& selection() { return selection_; }

 private:
  Next begin(const durable_log::Position& durable_end);
  Next fail(const Error& error);
  Next stop(Error error);
  Result<std::uint64_t> count_through(const durable_log::Position& position);
  Result<std::vector<durable_log::Entry>> next_batch(const durable_log::Position& durable_end);

  std::unique_ptr<durable_log::Source> log_;
  LogOwner owner_;
  Census census_;
  ResultSink& sink_;
  Selection selection_;

  std::unique_ptr<durable_log::Cursor> cursor_;  // behind stored_ while begun_
  std::optional<durable_log::Entry> held_;       // read, and too large for the batch before
  bool begun_ = false;
  bool reached_ = false;  // the sink has answered at least once in this life
  durable_log::Position stored_;
  std::uint64_t stored_total_ = 0;
  database::Backoff backoff_;
  std::string away_;
  std::optional<Error> failure_;
  std::vector<durable_log::Stretch> damages_;
};

class Drain {
 public:
  struct State {
    bool reached = false;  // stored is known, though the database may be away now
    durable_log::Position stored;
    std::uint64_t stored_total = 0;
    std::vector<durable_log::Stretch> damages;  // of the log
    std::string away;
    std::optional<Error> failure;
  };

  struct Options {
    std::string log_folder;
    LogOwner owner;
    Census census;                      // what the log held before this life
    durable_log::Position durable_end;  // what may be drained at first
    std::function<void()> on_change;    // called on the drain thread when the state changed
    Selection selection = {};           // has noted what the log held
    std::unique_ptr<Archivist> archivist = nullptr;  // tends the log when nothing is to be stored
  };

  // Starts the thread.
  Drain(Options options, std::unique_ptr<ResultSink> sink);
  // Stops and waits for the statement under way.
  ~Drain();
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;

  // More is durable now.
  void advance(const durable_log::Position& durable_end);
  // No further turn begins; returns at once.
  void stop();
  bool stopped() const;  // the thread has ended
  State state() const;
  SinkGauges gauges() const { return sink_->gauges(); }

 private:
  void run();
  void publish();
  bool tend(Now now);

  std::unique_ptr<ResultSink> sink_;
  std::function<void()> on_change_;
  DrainCycle cycle_;                      // the thread's
  std::unique_ptr<Archivist> archivist_;  // likewise
  std::int64_t tended_at_ns_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  durable_log::Position durable_end_;
  bool stopping_ = false;
  bool stopped_ = false;
  State state_;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace mendel::results_writer

// Evaluator: the core. It holds a few batches of candidates, deals them out as pieces of work,
// gathers what came back, and says with every hello how it stands. It decides nothing: what is lost
// here, the dispatcher hands out again.
// Threads: one thread; no clock, socket or file inside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/time.hpp"
#include "shared/runtime/stage.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::evaluator {

// One batch is computed while the next waits: enough to never idle over a round trip, and little is
// lost with a dead evaluator.
inline constexpr std::size_t kBatchesHeldMax = 2;
// Score batches that may wait in the runtime before nothing more is computed.
inline constexpr std::size_t kScoresBacklogMax = 4;
inline constexpr std::int64_t kHelloNs = 200 * kNsPerMs;
// A file that is not visible yet is looked for again after that.
inline constexpr std::int64_t kRetryNs = 500 * kNsPerMs;
// Candidates in one piece of work: beyond that they have little more in common.
inline constexpr std::size_t kWorkCandidatesMax = 1024;
// Compute threads that have work and do not move for so long hang: the process is unhealthy; and
// after so long it ends, so that its supervisor starts another (a candidate may hang them).
inline constexpr std::int64_t kHangsNs = 30 * kNsPerSecond;
inline constexpr std::int64_t kGivesUpNs = 60 * kNsPerSecond;
// Metric rows in one ScoreBatch: some 160 bytes each, far below a frame's limit.
inline constexpr std::size_t kScoreRowsMax = 65'536;

// What this process is; part of every hello.
struct Identity {
  std::string incarnation;
  std::string host;
  std::int64_t pid = 0;
  std::uint32_t engine_version = 0;
  std::string self_test_digest;
  std::size_t threads = 1;
};

// Candidates [first, first + count) of a batch.
struct Work {
  std::uint64_t ticket = 0;
  std::shared_ptr<const wire::CandidateBatch> batch;
  std::size_t first = 0;
  std::size_t count = 0;
};

// What came of a piece of work.
struct Done {
  std::uint64_t ticket = 0;
  std::size_t first = 0;
  std::size_t count = 0;
  std::vector<wire::Score> scores;  // fewer than count when candidates were refused
  std::string not_ready;            // why it could not be computed yet; it is tried again
  std::int64_t elapsed_ns = 0;
};

class Evaluator {
 public:
  explicit Evaluator(Identity identity) : identity_(std::move(identity)) {}

  // Takes a batch; "" or why it was dropped. One that is held already is dropped silently.
  std::string receive(wire::CandidateBatch batch);

  // The next piece of work, oldest batch first; nullopt while there is none or nothing may be done.
  std::optional<Work> next_work(Now now);
  // Results of work whose batch is no longer held are ignored.
  void finished(Done done, Now now, runtime::Outbox& out);

  // Candidates finished by the compute threads so far.
  void progress(std::uint64_t candidates) { progress_ = candidates; }
  // Anything at all that the compute threads have done: they are alive.
  void moved(std::uint64_t steps, Now now);
  // What hangs; "" = nothing does.
  std::string stalled(Now now) const;
  bool gives_up(Now now) const { return hung_ns(now) >= kGivesUpNs; }
  // Score batches that wait in the runtime.
  void backlog(std::size_t messages) { backlog_ = messages; }
  // Why nothing can be computed whatever arrives ("the store is not there yet"); "" = it can.
  void hinder(std::string reason) { hindered_ = std::move(reason); }

  // Sends the hello when it is due. Returns the number of messages.
  int hello(Now now, runtime::Outbox& out);

  // Drops what is held and says good-bye: capacity 0.
  void stop(Now now, runtime::Outbox& out);

  std::size_t held() const { return held_.size(); }
  double candidate_ms() const { return candidate_ms_; }
  double detailed_ms() const { return detailed_ms_; }
  std::uint64_t evaluated() const { return evaluated_; }
  std::uint64_t invalid() const { return invalid_; }
  std::uint64_t dropped_batches() const { return dropped_; }
  std::string blocked(Now now) const;

 private:
  struct Piece {
    std::size_t first = 0;
    std::size_t count = 0;
  };
  struct Held {
    std::uint64_t ticket = 0;
    std::shared_ptr<const wire::CandidateBatch> batch;
    std::deque<Piece> pieces;                                              // not handed out
    std::size_t running = 0;                                               // pieces handed out
    std::vector<std::pair<std::size_t, std::vector<wire::Score>>> scores;  // by first candidate
    std::int64_t retry_at_ns = 0;
    std::string not_ready;
  };

  std::string refusal(const wire::CandidateBatch& batch) const;
  void deal(Held& held) const;
  std::int64_t hung_ns(Now now) const;
  void measure(const wire::CandidateBatch& batch, const Done& done);
  void publish(Held& held, runtime::Outbox& out);
  void send_hello(Now now, runtime::Outbox& out);

  Identity identity_;
  std::vector<Held> held_;  // in the order of arrival
  std::uint64_t next_ticket_ = 1;
  std::uint64_t received_through_ = 0;
  std::uint64_t progress_ = 0;
  std::uint64_t steps_ = 0;
  std::int64_t moved_ns_ = 0;
  std::uint64_t evaluated_ = 0;
  std::uint64_t invalid_ = 0;
  std::uint64_t dropped_ = 0;
  std::size_t backlog_ = 0;
  std::string hindered_;
  std::string said_blocked_;
  double candidate_ms_ = 0;
  double detailed_ms_ = 0;  // of a batch with a detail: it takes another way, many times as slow
  bool hello_due_ = true;
  bool stopped_ = false;
  std::int64_t hello_at_ns_ = 0;
};

}  // namespace mendel::evaluator

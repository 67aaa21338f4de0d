// Outstanding: the evaluations one run waits for, from "wanted" to "recorded". Only a recorded
// score ends one; whatever else happens to a batch only decides when it is handed out again, and
// in what company (docs/dispatch.md).
//
//   add ──► pending ──take──► out ──settled──► settling ──500 ms──► asked ──missing──► pending
//    └─(may be recorded already)──────────────────────────────────►──┘
//            lost, returned: out ──► pending        overdue, late: out ──► asked
//            lost alone three times: ──► quarantined        complete: ──► gone
// Threads: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/base/time.hpp"
#include "shared/strategy/genes.hpp"
#include "shared/wire/messages.hpp"
#include "stages/ga_dispatcher/places.hpp"

namespace mendel::ga_dispatcher {

// A finished batch's scores are recorded within this, or asked for: a group commit takes a few
// milliseconds, and a needless question costs little.
inline constexpr std::int64_t kSettleNs = 500 * kNsPerMs;
// An unanswered question is asked again; so is a quarantine told again that is not recorded.
inline constexpr std::int64_t kAskAgainNs = 1 * kNsPerSecond;
// A lost batch comes back in halves: most deaths have nothing to do with what was computed. What
// is lost again comes back in sixteenths, so that even one of 4,096 is alone after four deaths and
// out of the way after seven: a supervisor gives an evaluator up after ten.
inline constexpr std::size_t kFirstCut = 2;
inline constexpr std::size_t kNextCut = 16;
// So many evaluators have died of a candidate, or hung, with nothing else in hand.
inline constexpr std::size_t kDeathsAloneMax = 3;
// Recorded as the score's reason: one text for all, so that every reader of the log, every resumed
// dispatcher and every later run sees the same.
inline constexpr const char* kQuarantined =
    "quarantined: three evaluators died or hung while each computed it alone";

// An evaluation that a run needs.
struct Wanted {
  Digest key;
  strategy::Genome genome;
  std::uint8_t windows = 0;
  Digest experiment;  // a published variant of the run's; zero = the run's own
  std::uint8_t detail = wire::kDetailNone;
  std::uint32_t place = 0;  // where the one who wants it keeps it
};

// When the wanted came to be: travels with it into every row.
struct Birth {
  std::int64_t generation = 0;
  std::int64_t born_at_ns = 0;

  bool operator==(const Birth&) const = default;
};

class Outstanding {
 public:
  // `ask_first`: it may have been recorded in an earlier life; ask before handing it out.
  void add(Wanted wanted, Birth birth, bool ask_first);
  // The score is recorded. The place of the wanted; nullopt when nobody waits for it.
  std::optional<std::uint32_t> complete(const Digest& key);
  void clear();

  // Whether the next that take() gives are to be reported in detail; false when there is none.
  bool is_next_detailed();

  struct HandOut {
    Birth birth;
    std::uint8_t windows = 0;
    Digest experiment;  // as in Wanted
    std::uint8_t detail = wire::kDetailNone;
    std::vector<wire::Candidate> candidates;
    std::uint64_t again = 0;  // of these handed out before, and not held by anyone any more

    bool is_detailed() const { return detail != wire::kDetailNone; }
  };
  // Up to `most` pending evaluations of one birth, window set, detail and experiment. Those of a
  // lost batch come back first, in ever smaller parts and among themselves.
  HandOut take(std::size_t most, Now now);
  // The next of those that must be computed alone; empty when there is none.
  HandOut take_alone(Now now);
  // A second copy for another evaluator: those of `keys`, at most `most`, that one evaluator holds
  // and that no evaluator has died with.
  HandOut take_again(const std::vector<Digest>& keys, std::size_t most, Now now);

  // What became of a batch: computed; never arrived; given back by an evaluator that stops; taking
  // longer than it should (it is still held); died or hung with its evaluator.
  void settled(const std::vector<Digest>& keys, Now now);
  void overdue(const std::vector<Digest>& keys);
  void returned(const std::vector<Digest>& keys);
  void late(const std::vector<Digest>& keys);
  // `alone`: the evaluator had nothing else.
  void lost(const std::vector<Digest>& keys, const std::string& evaluator, bool alone);
  // The answer to a question: not recorded.
  void missing(const Digest& key);

  // Whether some have come that were never asked for; see due().
  bool asks_at_once() const;
  // The keys to ask for now.
  std::vector<Digest> due(Now now);
  // Everything that is not pending: what to ask for after a gap.
  std::vector<Digest> in_flight() const;

  struct Quarantined {
    Digest key;
    strategy::Genome genome;
    Birth birth;
    bool is_new = false;  // told for the first time
  };
  // What is to be recorded as quarantined, again and again until it is.
  std::vector<Quarantined> quarantined(Now now);

  std::size_t pending() const { return pending_count_; }  // for take()
  std::size_t alone() const { return alone_count_; }      // for take_alone()
  std::size_t size() const { return places_.size(); }
  // Completed without having been handed out: recorded before, by an earlier run or life.
  std::uint64_t hits() const { return hits_; }
  bool empty() const { return size() == 0; }

 private:
  enum class State : std::uint8_t { none, pending, alone, out, settling, asked, quarantined };
  struct Task {
    Digest key;
    strategy::Genome genome;
    Birth birth;
    std::int64_t since_ns = 0;  // settling: since; asked, quarantined: last said
    State state = State::none;
    std::uint8_t windows = 0;
    std::uint8_t detail = wire::kDetailNone;
    std::uint8_t experiment = 0;  // index into experiments_
    std::uint32_t place = 0;      // as in Wanted
    std::uint32_t ticket = 0;     // of its last entry in a queue: older entries count for nothing
    std::uint32_t holders = 0;    // batches that hold it
    std::uint32_t hand_outs = 0;
    std::uint32_t losses = 0;             // evaluators that died with it
    std::uint32_t batch_max = 0;          // 0 = any
    std::vector<std::string> died_alone;  // incarnations
  };
  struct Entry {
    std::uint32_t place = 0;
    std::uint32_t ticket = 0;
  };
  using Queue = std::deque<Entry>;

  std::uint8_t index_of(const Digest& experiment);
  // Whether it may join the batch that `out` has begun.
  bool fits(const Task& task, const HandOut& out) const;
  std::optional<Places::Place> place_of(const Digest& key) const;
  Task* find(const Digest& key);
  Task* release(const Digest& key);
  Task* next(Queue& queue, State state);
  void enter(Task& task, State state);
  void make_pending(Task& task);
  void hand(Task& task, HandOut& out);

  // Tasks lie in a row, so that looking through all of them is cheap, and keep their places.
  std::vector<Task> tasks_;
  std::vector<std::uint32_t> unused_;
  Places places_;                    // of tasks_, by key
  std::vector<Digest> experiments_;  // the run's own (zero) and its few variants
  Queue pending_;
  Queue alone_;
  std::size_t pending_count_ = 0;
  std::size_t alone_count_ = 0;
  std::size_t doubtful_count_ = 0;  // settling or asked
  std::size_t quarantined_count_ = 0;
  std::int64_t due_ns_ = 0;  // before that nothing is due
  std::uint32_t tickets_ = 0;
  std::uint64_t hits_ = 0;
};

}  // namespace mendel::ga_dispatcher

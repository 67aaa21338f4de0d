// Outstanding: the evaluations one run waits for, from "wanted" to "recorded". Only a recorded
// score ends one; whatever else happens to a batch only decides when it is handed out again.
//
//   add ──► pending ──take──► out ──settled──► settling ──500 ms──► asked ──missing──► pending
//    └─(may be recorded already)──────────────────────────────────►──┘
//            lost: out ──► pending        overdue: out ──► asked        complete: ──► gone
// Threads: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/base/time.hpp"
#include "shared/strategy/genes.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::ga_dispatcher {

// A finished batch's scores are recorded within this, or asked for: a group commit takes a few
// milliseconds, and a needless question costs little.
inline constexpr std::int64_t kSettleNs = 500 * kNsPerMs;
// An unanswered question is asked again.
inline constexpr std::int64_t kAskAgainNs = 1 * kNsPerSecond;
// The last evaluations of a generation are handed to a second evaluator after this.
inline constexpr std::int64_t kTailNs = 1 * kNsPerSecond;

// An evaluation that a run needs.
struct Wanted {
  Digest key;
  strategy::Genome genome;
  std::uint8_t windows = 0;
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
  void add(const Wanted& wanted, Birth birth, bool ask_first);
  // The score is recorded. False when nobody waits for it.
  bool complete(const Digest& key);
  void clear();

  struct HandOut {
    Birth birth;
    std::uint8_t windows = 0;
    std::vector<wire::Candidate> candidates;
    std::uint64_t again = 0;  // of these handed out before
  };
  // Up to `most` pending evaluations of one birth and window set; those of a lost batch come back
  // in halves, so that a candidate that kills its evaluator is alone in the end.
  HandOut take(std::size_t most, const std::string& evaluator, Now now);
  // With nothing pending: up to `most` that another evaluator has held for kTailNs, once each.
  HandOut take_tail(std::size_t most, const std::string& evaluator, Now now);

  // What became of a batch: computed; died with its evaluator; or nothing is heard of it.
  void settled(const std::vector<Digest>& keys, Now now);
  void lost(const std::vector<Digest>& keys);
  void overdue(const std::vector<Digest>& keys);
  // The answer to a question: not recorded.
  void missing(const Digest& key);

  // The keys to ask for now.
  std::vector<Digest> due(Now now);
  // Everything that is not pending: what to ask for after a gap.
  std::vector<Digest> in_flight() const;

  std::size_t pending() const { return pending_count_; }
  std::size_t size() const { return tasks_.size(); }
  bool empty() const { return tasks_.empty(); }

 private:
  enum class State : std::uint8_t { pending, out, settling, asked };
  struct Task {
    strategy::Genome genome;
    Birth birth;
    std::uint8_t windows = 0;
    State state = State::pending;
    std::uint32_t holders = 0;  // batches that hold it
    std::uint32_t hand_outs = 0;
    std::size_t batch_max = 0;  // 0 = any
    std::int64_t since_ns = 0;  // out: sent; settling: since; asked: last asked
    std::string holder;         // the last evaluator
  };
  using Tasks = std::map<Digest, Task>;

  Task* release(const Digest& key);
  void make_pending(const Digest& key, Task& task);
  void hand(Tasks::value_type& entry, const std::string& evaluator, Now now, HandOut& out);

  Tasks tasks_;
  std::deque<Digest> pending_;  // may name keys that are no longer pending
  std::size_t pending_count_ = 0;
};

}  // namespace mendel::ga_dispatcher

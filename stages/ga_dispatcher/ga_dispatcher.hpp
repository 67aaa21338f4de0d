// The core of ga_dispatcher: messages and the present in, actions out, in order. It hands out
// candidates by credit, hears what is recorded, hands out again what is overdue, and leads every
// run from its request to its report. The dispatcher is the only one in the pipeline who retries
// an evaluation.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/runtime/stage.hpp"
#include "shared/wire/messages.hpp"
#include "stages/ga_dispatcher/actions.hpp"
#include "stages/ga_dispatcher/evaluators.hpp"
#include "stages/ga_dispatcher/examination.hpp"
#include "stages/ga_dispatcher/looks.hpp"
#include "stages/ga_dispatcher/questions.hpp"
#include "stages/ga_dispatcher/run.hpp"

namespace mendel::ga_dispatcher {

// Runs that have not ended; more are refused until one ends.
inline constexpr std::size_t kRunsActiveMax = 64;
// Entries of a reply to `list`, the latest runs.
inline constexpr std::size_t kListedMax = 1000;
// A batch is at most this much work: long against a hop (60-180 us) and what preparing a kernel's
// pass costs, short against a lease. Shares of a generation's end may be less, but not so little
// that hops outweigh it.
inline constexpr double kBatchMsMax = 20;
inline constexpr double kBatchMsMin = 0.5;
// Candidates that are slow for their many bars have columns in common, which a batch computes once:
// a run that has the evaluators to itself hands out so many, while they are no more work than this.
inline constexpr std::size_t kSharersMax = 1024;
inline constexpr double kSharersMsMax = 500;
// An evaluator with room gets a quarter of what it could: the rest of a generation is spread over
// all while it shrinks, so that all finish together.
inline constexpr std::size_t kShares = 4;
// How often leases, silence and overdue scores are looked at.
inline constexpr std::int64_t kLookNs = 20 * kNsPerMs;
// How often, at most, idle evaluators are offered what others are slow with.
inline constexpr std::int64_t kTailLookNs = 5 * kNsPerMs;
inline constexpr std::size_t kRequestIdBytesMax = 128;

class Core {
 public:
  struct Settings {
    std::string incarnation;  // of this process: part of its query ids
    Evaluators::Settings evaluators;
    std::int64_t report_best_max = 10;
    Examine examine;                          // empty: nothing is examined
    std::size_t verdict_sample = kSampleMax;  // genomes in a verdict's uniform sample
  };
  explicit Core(Settings settings);

  // A run found in the store at the start. Error (operator needed): its checkpoint is corrupt.
  Status restore(std::string_view checkpoint_bytes, Now now, Actions& out);

  void receive(const runtime::Delivery& delivery, Now now, Actions& out);
  void subscription(wiring::Edge edge, std::string_view topic, bool joined, Now now);
  // Returns the work done.
  int work(Now now, Actions& out);

  void samples(std::vector<wire::Sample>& out) const;
  // One line for the log: "1 runs go on, 01J… (running) after generation 17; 5 have ended".
  std::string recovered() const;
  std::size_t active_runs() const;

 private:
  RunContext context();
  std::int64_t trials(const Run& of) const;
  void answer(const wire::Request& request, Now now, Actions& out);
  Result<config::Value> submit(const wire::Request& request, Now now, Actions& out);
  Result<config::Value> cancel(const std::string& id, Now now, Actions& out);
  Result<config::Value> list() const;
  Result<Run*> find(const std::string& run) const;
  void recorded(const wire::Recorded& recorded);
  void release(const std::vector<Released>& released, Now now);
  bool look(Now now, Actions& out);
  void ask(Now now, Actions& out);
  int hand_out(Now now, Actions& out);
  bool hand_one(const Evaluators::Free& evaluator, Now now, Actions& out);
  bool hand_alone(const Evaluators::Free& evaluator, Now now, Actions& out);
  int hand_tail(Now now, Actions& out);
  void send(Run& run, const Evaluators::Free& evaluator, Outstanding::HandOut taken, bool alone,
            Now now, Actions& out);
  std::size_t batch_size(const Evaluators::Free& evaluator, std::size_t pending,
                         bool detailed) const;
  void quarantine(Now now, Actions& out);
  std::string hindrance(Now now) const;

  Settings settings_;
  Evaluators evaluators_;
  Questions questions_;
  Looks looks_;
  std::set<std::pair<Digest, Digest>> scored_;
  std::map<std::string, std::unique_ptr<Run>> runs_;
  std::string last_served_;  // runs take turns
  std::uint32_t free_credits_ = 0;
  bool one_searches_ = false;  // no more than one run needs evaluators
  std::uint64_t redispatched_ = 0;
  std::uint64_t copied_ = 0;  // held by two: no failure
  std::uint64_t handed_out_ = 0;
  std::uint64_t quarantined_ = 0;
  std::int64_t looked_ns_;
  std::int64_t tail_ns_;
  std::int64_t heard_ns_;  // results_writer
};

}  // namespace mendel::ga_dispatcher

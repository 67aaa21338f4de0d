// Run: one submitted experiment on its way from a request to a report. Its states:
//
//   waiting (for its dataset) ──► running (generations) ──► reporting ──► finished
//        └──────────── failed, cancelled ◄──────────┘
//
// Whatever it says to others is said only after a checkpoint from which it would say it again.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/config/value.hpp"
#include "shared/wire/messages.hpp"
#include "stages/ga_dispatcher/actions.hpp"
#include "stages/ga_dispatcher/checkpoint.hpp"
#include "stages/ga_dispatcher/evidence.hpp"
#include "stages/ga_dispatcher/examination.hpp"
#include "stages/ga_dispatcher/looks.hpp"
#include "stages/ga_dispatcher/outstanding.hpp"
#include "stages/ga_dispatcher/pace.hpp"
#include "stages/ga_dispatcher/records.hpp"
#include "stages/ga_dispatcher/report.hpp"
#include "stages/ga_dispatcher/search.hpp"

namespace mendel::ga_dispatcher {

// Between checkpoints: what a killed dispatcher breeds again costs at most this much.
inline constexpr std::int64_t kCheckpointNs = 250 * kNsPerMs;
// A large checkpoint is saved less often, so that saving takes a small share of the time.
inline constexpr std::int64_t kCheckpointBytesPerSecond = 16 << 20;
// The checkpoint holds every distinct genome and its scoring; the store reads back 512 MiB.
inline constexpr std::int64_t kScoredBytesMax = 400 << 20;
// A generation's record of one island stays well below a frame.
inline constexpr std::int64_t kIslandBytesMax = 16 << 20;
// Genomes that a fork starts from: as many as [search] start takes.
inline constexpr std::size_t kForkedMax = 1000;
inline constexpr std::int64_t kOrderAgainNs = 1 * kNsPerSecond;
inline constexpr std::int64_t kProgressNs = 1 * kNsPerSecond;
// The last progress is repeated for those whose subscription came late.
inline constexpr std::int64_t kFarewellNs = 5 * kNsPerSecond;

// How often a run asks for recorded scores again, in generations, once it found none.
inline constexpr std::int64_t kAskGenerations = 10;

enum class RunState : std::uint8_t { waiting, running, reporting, finished, failed, cancelled };
std::string_view state_name(RunState state);

class Run;

// What every run of a dispatcher shares.
struct RunContext {
  Looks* looks = nullptr;  // outlives the runs
  std::int64_t report_best_max = 10;
  std::uint32_t engine_version = 0;
  Examine examine;
  std::size_t verdict_sample = kSampleMax;  // genomes in the verdict's uniform sample
  // Distinct genomes that all known runs have tried on this run's data, its own included.
  std::function<std::int64_t(const Run&)> trials;
  // (dataset, semantics) of the store's runs: a run with one of these may find its scores recorded.
  std::set<std::pair<Digest, Digest>>* scored = nullptr;  // outlives the runs
};

class Run {
 public:
  // A new run; it is durable once the checkpoint among the actions is. Error (configuration): what
  // is wrong with the experiment.
  static Result<std::unique_ptr<Run>> submit(const wire::Request& request, RunContext context,
                                             Now now, Actions& out);
  // The run of a checkpoint, as it was. Error (operator needed).
  static Result<std::unique_ptr<Run>> resume(Checkpoint checkpoint, RunContext context, Now now,
                                             Actions& out);

  void receive(const wire::Dataset& dataset, Now now, Actions& out);
  void accept(const std::vector<wire::Score>& scores);
  void cancel(Now now, Actions& out);
  // Orders, closes and opens generations, records, tells. Returns the work done.
  int work(Now now, Actions& out);

  const std::string& id() const { return run_; }
  const strategy::Experiment& experiment() const { return *experiment_; }
  RunState state() const { return state_; }
  bool ended() const { return state_ >= RunState::finished; }
  // Ended, and everything about it is recorded and told.
  bool quiet() const { return ended() && records_.empty() && farewell_over_; }
  Outstanding& outstanding() { return outstanding_; }
  const Outstanding& outstanding() const { return outstanding_; }
  Records& records() { return records_; }
  const Digest& dataset_id() const { return dataset_id_; }
  // Distinct genomes of its search so far.
  std::uint64_t evaluations() const;

  // What it waits for, as the core sees it ("no evaluators"); "" = nothing.
  void set_hindrance(std::string text) { hindrance_ = std::move(text); }
  void set_evaluators(std::uint32_t count) { evaluators_ = count; }
  void count_redispatched(std::uint64_t count) { redispatched_ += count; }

  std::uint64_t evaluations_of_this_life() const { return evaluations_now_; }
  std::uint64_t cache_hits_of_this_life() const { return hits_now_; }
  std::uint64_t duplicates_of_this_life() const { return duplicates_now_; }
  wire::Progress progress(Now now) const;
  config::Value summary() const;  // for list and replies
  config::Value details() const;  // the same for show, with the experiment as it was submitted
  // The genomes that a fork starts from, as tables of gene and value; only while it has not ended.
  config::Value genomes() const;

 private:
  Run(RunContext context, std::shared_ptr<const strategy::Experiment> experiment);

  Checkpoint checkpoint() const;
  void save(Now now, Actions& out);
  std::int64_t born_at(std::int64_t generation) const;
  void order(Now now, Actions& out);
  void open_generation(Now now, bool ask_first, Actions& out);
  void close_generation(Now now, Actions& out);
  void breed_ahead();
  void open_report(Actions& out);
  void finish(Now now, Actions& out);
  void end(RunState state, std::string detail, Now now, Actions& out);
  void tell(Now now, Actions& out);
  wire::RunRecord record(RunState state, std::int64_t at_ns) const;
  std::int64_t searched_ns(Now now) const;
  void begin_search(Now now);
  bool asks_first() const;
  double hit_share() const;
  double duplicate_share() const;
  std::string found_again() const;
  std::string judging() const;
  void examine();
  config::Value notes() const;
  config::Value verdict() const;
  config::Value objectives() const;
  config::Value nearest() const;
  config::Value report_value() const;

  RunContext context_;
  std::shared_ptr<const strategy::Experiment> experiment_;
  std::string run_;
  std::string name_;
  RunState state_ = RunState::waiting;
  std::string detail_;
  std::int64_t created_ns_ = 0;
  Digest dataset_id_;
  std::string dataset_file_;
  std::string quality_;
  std::int64_t dataset_rows_ = 0;
  // A generation bred again is born at the same time: that of this one, and a microsecond for each
  // generation after it.
  Birth birth_;
  std::uint64_t redispatched_ = 0;
  std::uint64_t evaluations_before_ = 0;  // of a run that had ended
  std::uint64_t evaluations_now_ = 0;     // recorded in this life
  std::uint64_t hits_now_ = 0;            // of its search, those that the score log had
  std::uint64_t duplicates_now_ = 0;      // slots of this life whose genome the run had before
  // Over the lives before this one, and when the search began in this one.
  std::int64_t searched_before_ns_ = 0;
  std::int64_t searching_since_ns_ = 0;
  std::int64_t look_ = 0;
  std::string stopped_by_;
  bool may_be_recorded_ = false;   // another run asked for scores of this kind
  std::uint64_t hits_before_ = 0;  // when the open generation was opened
  std::uint64_t search_hits_ = 0;  // of the search, once it is over
  std::size_t samples_ = 0;        // evaluations that report and verdict need
  // What the engine says of the data; an error until it was asked.
  Result<Examination> examined_ = transient_error("not examined");

  std::optional<Search> search_;
  std::optional<Report> report_;
  std::optional<Evidence> evidence_;          // none without a pick, or where there is no verdict
  std::vector<HistoryEntry> history_before_;  // of a run that had ended
  Outstanding outstanding_;
  Records records_;
  Pace pace_;
  std::string hindrance_;
  std::uint32_t evaluators_ = 0;

  std::int64_t ordered_ns_;
  std::int64_t saved_ns_;
  std::int64_t save_every_ns_ = kCheckpointNs;
  std::int64_t told_ns_;
  std::optional<std::int64_t> ended_ns_;  // monotonic, in this life
  bool records_saved_ = true;             // the checkpoint knows that nothing is unrecorded
  bool farewell_over_ = false;
};

}  // namespace mendel::ga_dispatcher

// Report: what is evaluated once, after the last generation (the pick and a few others out of
// sample, buy-and-hold everywhere), and the document that comes of it.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "shared/config/value.hpp"
#include "shared/genetics/scoring.hpp"
#include "shared/wire/messages.hpp"
#include "stages/ga_dispatcher/outstanding.hpp"

namespace mendel::ga_dispatcher {

class Report {
 public:
  // `finalists`: the pick first; none when no genome is feasible.
  Report(std::shared_ptr<const strategy::Experiment> experiment, Digest dataset_id,
         std::vector<genetics::Member> finalists);

  // In-sample scores of the finalists are recorded already and only asked for.
  std::vector<Wanted> wanted() const;
  bool accept(const wire::Score& score);
  bool is_complete() const { return waiting_.empty(); }
  bool has_pick() const { return !finalists_.empty(); }
  const strategy::Genome& pick() const { return finalists_.front().genome; }  // requires has_pick()

  // Of the pick's portfolio; nullopt when undefined, or there is no such window.
  std::optional<double> out_of_sample_sharpe() const;

  // Require is_complete().
  config::Value best() const;         // null when there is none
  config::Value leaderboard() const;  // rank 1 = the pick, then in in-sample order
  // With its key as `strategy_id`: the score may be stored under an earlier run.
  config::Value buy_and_hold() const;
  std::vector<wire::ReportedCandidate> reported() const;

 private:
  struct Keys {
    Digest in_sample;
    Digest out_of_sample;  // zero when there is no such window
  };
  config::Value candidate(std::size_t i) const;
  config::Value metrics(const Digest& key, market::Window window) const;

  std::shared_ptr<const strategy::Experiment> experiment_;
  std::vector<genetics::Member> finalists_;
  std::vector<bool> on_front_;  // of finalists_; empty with one objective
  std::vector<Keys> finalist_keys_;
  Digest buy_and_hold_key_;
  std::set<Digest> waiting_;
  std::map<Digest, wire::Score> scores_;
};

}  // namespace mendel::ga_dispatcher

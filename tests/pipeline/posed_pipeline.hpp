// PosedPipeline: the real dispatcher, results_writer (its database away) and sockets, with
// evaluators that only pose (posing_evaluator.cpp), so that candidates take the time and have the
// effects a test wants. data_loader is played by a thread. It ends with the object.
// Threads: one, beside that.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "shared/runtime/client.hpp"
#include "shared/wiring/topology.hpp"
#include "tests/support/scratch_folder.hpp"

namespace mendel::testing {

struct Pose {
  bool real = false;  // the product's evaluator, with one thread
  double candidate_ms = 1;
  double lethal = 1e300;  // it dies of genomes whose first gene is at least that
  bool unruly = false;    // its scores get lost, double, and overtake each other
};

class PosedPipeline {
 public:
  // `dataset`: the bytes of the one that every order gets; "" = one that nobody looks into.
  explicit PosedPipeline(const std::vector<Pose>& evaluators, const std::string& dataset = "");
  ~PosedPipeline();
  PosedPipeline(const PosedPipeline&) = delete;
  PosedPipeline& operator=(const PosedPipeline&) = delete;

  // A run of so many genomes of two real genes in [0, 1), all distinct in practice.
  void submit(std::int64_t population, std::int64_t generations);
  void submit(const std::string& experiment);
  // The next progress message of the run within `timeout_ms`.
  std::optional<wire::Progress> progress(std::int64_t timeout_ms);

  pid_t results_writer() const { return stages_[0]; }
  pid_t ga_dispatcher() const { return stages_[1]; }
  pid_t evaluator(std::size_t i) const { return evaluators_[i].pid; }
  void signal_evaluator(std::size_t i, int signal);
  // Starts those that have ended again; returns how many.
  int restart_ended();
  // The report of the finished run, as text; "" when there is none.
  std::string report() const;
  std::string audit() const;  // the store's audit log

 private:
  struct Posing {
    Pose pose;
    pid_t pid = -1;
  };
  pid_t start(const std::string& binary,
              const std::vector<std::pair<std::string, std::string>>& extra);
  void start(Posing& posing);
  void play_data_loader();

  ScratchFolder folder_;
  std::optional<wiring::Topology> topology_;
  std::vector<pid_t> stages_;
  std::vector<Posing> evaluators_;
  Digest dataset_id_;
  std::atomic<bool> over_{false};
  std::thread data_loader_;
  std::optional<runtime::Client> client_;
  std::string run_;
};

}  // namespace mendel::testing

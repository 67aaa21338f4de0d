// SimulatedEvaluator: the simulated process of evaluator: its core, and threads that take virtual
// time for a candidate.
// Threads: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stages/evaluator/evaluator.hpp"
#include "topology/simulation/disk.hpp"
#include "topology/simulation/engine.hpp"
#include "topology/simulation/process.hpp"

namespace mendel::simulation {

struct EvaluatorTraits {
  double candidate_ms = 1;
  std::int64_t file_lag_ns = 0;  // until it sees what was published
  bool foreign = false;          // its scores are wrong, and nobody must ask for them
};

class SimulatedEvaluator : public Process {
 public:
  SimulatedEvaluator(evaluator::Identity identity, EvaluatorTraits traits, Engines& engines,
                     Disk& disk);

  void receive(runtime::Delivery delivery, Now now, runtime::Outbox& out) override;
  int work(Now now, runtime::Outbox& out) override;
  void backlog(runtime::Edge edge, std::size_t messages) override;
  std::vector<std::string> topics(runtime::Edge edge) const override;
  void stop(Now now, runtime::Outbox& out) override;
  std::optional<std::int64_t> wakes_at_ns() const override;
  bool crashed() const override { return gave_up_; }
  void stood_still(std::int64_t ns) override;

  // Its threads hang, while it goes on talking; wedged, they hang for good.
  void stall(Now now);
  void unstall(Now now);
  void wedge(Now now);
  bool hangs() const { return stalled_at_ns_.has_value(); }
  bool wedged() const { return wedged_; }
  bool busy() const { return !running_.empty(); }
  void slow_down();
  bool slowed() const { return slowness_ > 1; }

 private:
  struct Running {
    evaluator::Done done;
    std::int64_t ends_ns = 0;
  };
  int collect(Now now, runtime::Outbox& out);
  int submit(Now now);
  evaluator::Done compute(const evaluator::Work& work, Now now);

  EvaluatorTraits traits_;
  std::string topic_;
  std::size_t threads_;
  Engines& engines_;
  Disk& disk_;
  evaluator::Evaluator core_;
  std::vector<Running> running_;
  std::uint64_t candidates_ = 0;
  std::uint64_t steps_ = 0;
  bool gave_up_ = false;
  std::optional<std::int64_t> stalled_at_ns_;
  bool wedged_ = false;
  double slowness_ = 1;
};

}  // namespace mendel::simulation

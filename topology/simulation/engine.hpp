// Engine: what simulated evaluators score candidates with: a cheap pure function of the genome that
// also knows invalid, ruined and undefined, or the real kernel on a small random market.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/base/result.hpp"
#include "shared/market/bar.hpp"
#include "shared/strategy/experiment.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::simulation {

class Engine {
 public:
  explicit Engine(strategy::Experiment experiment) : experiment_(std::move(experiment)) {}
  virtual ~Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const strategy::Experiment& experiment() const { return experiment_; }
  // Whether the candidate's key is what its content says.
  bool key_matches(const wire::CandidateBatch& batch, const wire::Candidate& candidate) const;
  virtual std::vector<wire::Score> scores(const wire::CandidateBatch& batch,
                                          std::span<const wire::Candidate> candidates) const = 0;

 private:
  strategy::Experiment experiment_;
};

// The engines of all experiments seen, prepared once.
class Engines {
 public:
  enum class Kind { synthetic, kernel };
  // Which kind scores an experiment is part of what it is: of its name. nullptr when the text is
  // no experiment.
  const Engine* get(const Digest& experiment_digest, const std::string& text);

 private:
  std::map<Digest, std::unique_ptr<Engine>> engines_;
};

// Experiments of this name prefix are scored by the real kernel.
inline constexpr const char* kKernelName = "kernel";

// Daily bars of a symbol over all that the experiment asks for.
market::Series random_walk(const std::string& symbol, std::uint16_t number,
                           const strategy::Experiment& experiment);

Result<std::unique_ptr<Engine>> make_synthetic_engine(strategy::Experiment experiment);
Result<std::unique_ptr<Engine>> make_kernel_engine(const strategy::Experiment& experiment);

}  // namespace mendel::simulation

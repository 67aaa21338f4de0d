// Engines: the few prepared engines that candidates are scored with, by dataset and experiment.
// Threads: any; preparing one makes others wait for it.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "shared/backtest/engine.hpp"
#include "shared/base/hash.hpp"
#include "shared/kernel/kernel.hpp"
#include "shared/store/dataset_file.hpp"
#include "shared/store/store.hpp"

namespace mendel::evaluator {

// Runs at once on one pipeline are few; more are prepared anew when their turn comes.
inline constexpr std::size_t kEnginesMax = 4;

// An engine, the mapped bars it reads, and the kernel that is faster. Threads share them; each
// piece of work borrows a workspace, which keeps what populations have in common.
class Prepared {
 public:
  Prepared(store::MappedDataset dataset, backtest::Engine engine);

  const backtest::Engine& engine() const { return engine_; }
  // One outcome per genome; any thread.
  std::vector<backtest::Outcome> evaluate(std::span<const strategy::Genome> genomes,
                                          std::uint8_t windows) const;
  // The same with daily returns; the plain loop's bits.
  std::vector<backtest::Outcome> evaluate_daily(std::span<const strategy::Genome> genomes,
                                                std::uint8_t windows) const;

 private:
  using Workspace = std::shared_ptr<kernel::Kernel::Workspace>;
  Workspace borrow() const;
  void give_back(Workspace workspace) const;

  store::MappedDataset dataset_;
  backtest::Engine engine_;
  kernel::Kernel kernel_;
  mutable std::mutex mutex_;
  mutable std::vector<Workspace> idle_;
};

// Exactly one is set.
struct Preparation {
  std::shared_ptr<const Prepared> prepared;
  std::string invalid;    // the experiment cannot run on this dataset, here or anywhere
  std::string not_ready;  // a file is not visible or not readable now
};

class Engines {
 public:
  explicit Engines(store::Store store) : store_(std::move(store)) {}

  Preparation get(const Digest& dataset_id, const Digest& experiment_digest);

 private:
  struct Entry {
    Digest dataset_id;
    Digest experiment_digest;
    Preparation preparation;
  };

  Preparation prepare(const Digest& dataset_id, const Digest& experiment_digest) const;

  store::Store store_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // the one used last in front
};

}  // namespace mendel::evaluator

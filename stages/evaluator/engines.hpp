// Engines: the few prepared engines that candidates are scored with, by dataset and experiment.
// Threads: any; preparing one makes others wait for it.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "shared/backtest/engine.hpp"
#include "shared/base/hash.hpp"
#include "shared/store/dataset_file.hpp"
#include "shared/store/store.hpp"

namespace mendel::evaluator {

// Runs at once on one pipeline are few; more are prepared anew when their turn comes.
inline constexpr std::size_t kEnginesMax = 4;

// An engine and the mapped bars it reads.
struct Prepared {
  store::MappedDataset dataset;
  backtest::Engine engine;
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

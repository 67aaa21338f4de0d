// Compute: the worker threads. Work goes in by a queue, results come back by another, and an
// eventfd wakes the loop. Threads: the loop thread calls; workers run `job`.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "stages/evaluator/evaluator.hpp"

namespace mendel::evaluator {

class Compute {
 public:
  // What a job may look at and tell while it runs.
  struct Signs {
    std::atomic<bool> stop{false};             // give up what is not begun
    std::atomic<std::uint64_t> candidates{0};  // finished so far
    std::atomic<std::uint64_t> steps{0};       // anything at all
  };
  using Job = std::function<Done(const Work&, Signs&)>;

  Compute(std::size_t threads, Job job);
  ~Compute();  // waits for the candidates that are being computed
  Compute(const Compute&) = delete;
  Compute& operator=(const Compute&) = delete;

  // Threads that have nothing to do: more work than that would only wait here.
  std::size_t idle() const;
  std::size_t busy() const { return threads_.size() - std::min(threads_.size(), idle()); }
  void submit(Work work);
  // Everything finished since the last call; clears the wake descriptor.
  std::vector<Done> collect();
  std::uint64_t candidates() const { return signs_.candidates.load(std::memory_order_relaxed); }
  std::uint64_t steps() const { return signs_.steps.load(std::memory_order_relaxed); }
  int wake_descriptor() const { return wake_; }
  // Workers give up at the next candidate.
  void stop();

 private:
  void run();

  Job job_;
  Signs signs_;
  int wake_ = -1;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> queue_;
  std::vector<Done> done_;
  std::size_t working_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace mendel::evaluator

#include "stages/evaluator/compute.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "shared/base/check.hpp"

namespace mendel::evaluator {

Compute::Compute(std::size_t threads, Job job) : job_(std::move(job)) {
  wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  check(wake_ >= 0, "an eventfd for the compute threads");
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Compute::~Compute() {
  stop();
  for (std::thread& thread : threads_) thread.join();
  close(wake_);
}

void Compute::stop() {
  {
    const std::lock_guard lock(mutex_);
    signs_.stop.store(true);
    queue_.clear();
  }
  changed_.notify_all();
}

std::size_t Compute::idle() const {
  const std::lock_guard lock(mutex_);
  const std::size_t taken = working_ + queue_.size();
  return taken >= threads_.size() ? 0 : threads_.size() - taken;
}

void Compute::submit(Work work) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  changed_.notify_one();
}

std::vector<Done> Compute::collect() {
  std::uint64_t count = 0;
  // Nothing to read only means that nothing was finished.
  [[maybe_unused]] const ssize_t cleared = read(wake_, &count, sizeof count);
  const std::lock_guard lock(mutex_);
  return std::exchange(done_, {});
}

void Compute::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return signs_.stop.load() || !queue_.empty(); });
    if (signs_.stop.load()) return;
    const Work work = std::move(queue_.front());
    queue_.pop_front();
    ++working_;
    lock.unlock();
    Done done = job_(work, signs_);
    lock.lock();
    --working_;
    done_.push_back(std::move(done));
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t woken = write(wake_, &one, sizeof one);
  }
}

}  // namespace mendel::evaluator

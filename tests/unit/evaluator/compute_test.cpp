#include "stages/evaluator/compute.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <set>

namespace mendel::evaluator {
namespace {

std::vector<Done> wait_for(Compute& compute, std::size_t count) {
  std::vector<Done> all;
  while (all.size() < count) {
    pollfd wake{compute.wake_descriptor(), POLLIN, 0};
    if (poll(&wake, 1, 30'000) != 1) break;
    for (Done& done : compute.collect()) all.push_back(std::move(done));
  }
  return all;
}

TEST(Compute, RunsAllWorkAndWakesTheLoop) {
  Compute compute(3, [](const Work& work, Compute::Signs& signs) {
    ++signs.candidates;
    return Done{work.ticket, work.first, work.count, {}, "", 1};
  });
  for (std::uint64_t ticket = 1; ticket <= 100; ++ticket) compute.submit({ticket, nullptr, 0, 1});
  std::set<std::uint64_t> tickets;
  for (const Done& done : wait_for(compute, 100)) tickets.insert(done.ticket);
  EXPECT_EQ(tickets.size(), 100u);
  EXPECT_EQ(compute.candidates(), 100u);
  EXPECT_EQ(compute.idle(), 3u);
}

TEST(Compute, CountsWaitingWorkAsBusyThreads) {
  std::atomic<bool> release{false};
  Compute compute(2, [&](const Work& work, Compute::Signs&) {
    release.wait(false);
    return Done{work.ticket, 0, 1, {}, "", 1};
  });
  EXPECT_EQ(compute.idle(), 2u);
  for (std::uint64_t ticket = 1; ticket <= 3; ++ticket) compute.submit({ticket, nullptr, 0, 1});
  EXPECT_EQ(compute.idle(), 0u);
  EXPECT_EQ(compute.busy(), 2u);
  release = true;
  release.notify_all();
  EXPECT_EQ(wait_for(compute, 3).size(), 3u);
}

TEST(Compute, EndsWithoutBeginningWhatWaits) {
  std::atomic<int> begun{0};
  std::atomic<bool> release{false};
  {
    Compute compute(1, [&](const Work& work, Compute::Signs&) {
      ++begun;
      begun.notify_all();
      release.wait(false);
      return Done{work.ticket, 0, 1, {}, "", 1};
    });
    compute.submit({1, nullptr, 0, 1});
    compute.submit({2, nullptr, 0, 1});
    begun.wait(0);
    compute.stop();
    release = true;
    release.notify_all();
  }
  EXPECT_EQ(begun, 1);
}

}  // namespace
}  // namespace mendel::evaluator

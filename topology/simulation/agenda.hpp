// Agenda: virtual time. What is to happen is ordered by (time, counter), so that the same plan is
// the same history.
// Threads: one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "shared/base/check.hpp"
#include "shared/base/time.hpp"

namespace mendel::simulation {

class Agenda {
 public:
  explicit Agenda(Now begin) : begin_(begin), now_ns_(begin.monotonic_ns) {}

  Now now() const { return {now_ns_, begin_.wall_ns + (now_ns_ - begin_.monotonic_ns)}; }
  std::int64_t elapsed_ns() const { return now_ns_ - begin_.monotonic_ns; }
  std::uint64_t happened() const { return happened_; }

  // Not before the present: what is late happens next.
  void at(std::int64_t monotonic_ns, std::function<void()> what) {
    heap_.push_back({std::max(monotonic_ns, now_ns_), next_++, std::move(what)});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  void after(std::int64_t ns, std::function<void()> what) { at(now_ns_ + ns, std::move(what)); }

  // The next event. Requires that there is one: processes tick for ever.
  void step() {
    check(!heap_.empty(), "a world without a tick stands still");
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Entry entry = std::move(heap_.back());
    heap_.pop_back();
    now_ns_ = entry.at_ns;
    ++happened_;
    entry.what();
  }

 private:
  struct Entry {
    std::int64_t at_ns;
    std::uint64_t number;
    std::function<void()> what;
  };
  static bool later(const Entry& a, const Entry& b) {
    return a.at_ns != b.at_ns ? a.at_ns > b.at_ns : a.number > b.number;
  }

  Now begin_;
  std::int64_t now_ns_;
  std::uint64_t next_ = 0;
  std::uint64_t happened_ = 0;
  std::vector<Entry> heap_;
};

}  // namespace mendel::simulation

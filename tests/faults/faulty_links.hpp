// FaultyLinks: a TCP proxy that stands between the two ends of some edges on this machine and, when
// told to, cuts their connections, holds what they carry, or delivers it late.
// Threads: one of its own does the work; every function may be called on any.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace mendel::faults {

// Ports of 127.0.0.1 on which nobody listens now, below those that the system gives to clients: a
// client that tries such a port again and again can end up connected to itself.
std::vector<int> free_ports(std::size_t count);

class FaultyLinks {
 public:
  struct Link {
    int from = 0;  // listened on
    int to = 0;    // connected to, once somebody comes
  };
  explicit FaultyLinks(const std::vector<Link>& links);
  ~FaultyLinks();
  FaultyLinks(const FaultyLinks&) = delete;
  FaultyLinks& operator=(const FaultyLinks&) = delete;

  void cut() { ++cuts_; }                          // every connection of every link, now
  void hold(bool held) { held_ = held; }           // nothing is carried, nothing is closed
  void delay(std::int64_t ms) { delay_ms_ = ms; }  // of everything from now on; 0 = none
  std::uint64_t carried_bytes() const { return carried_bytes_; }

 private:
  struct Chunk {
    std::int64_t due_ns = 0;
    std::string bytes;
  };
  struct Way {  // one direction of a connection
    std::deque<Chunk> chunks;
    std::size_t bytes = 0;
  };
  struct Pair {
    int ends[2] = {-1, -1};
    Way ways[2];  // ways[i] leads from ends[i] to the other
    bool broken = false;
  };

  void run();
  void accept(std::size_t listener);
  void read(Pair& pair, int end) const;
  void write(Pair& pair, int end);
  void close(Pair& pair);

  std::vector<Link> links_;
  std::vector<int> listeners_;
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::atomic<int> cuts_{0};
  std::atomic<bool> held_{false};
  std::atomic<std::int64_t> delay_ms_{0};
  std::atomic<std::uint64_t> carried_bytes_{0};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace mendel::faults

// Disk: what outlives a process: the store's runs and experiments, the epochs, the logs of bars and
// scores with their durable ends, and what the oracle noted.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/base/time.hpp"
#include "shared/durable_log/log.hpp"
#include "shared/durable_log/source.hpp"

namespace mendel::simulation {

// Silence after which a successor that cannot see the owner's process takes its epoch. The real 30
// s are shortened so that a history has time for it.
inline constexpr std::int64_t kSilentNs = 2 * kNsPerSecond;

// The epochs of the roles that have one owner.
class Epochs {
 public:
  // The next epoch of the role; nullopt while its owner lives.
  std::optional<std::uint64_t> take(const std::string& role, Now now);
  // How often an owner that was still there was replaced.
  std::uint64_t takeovers() const { return takeovers_; }
  // Heartbeat of an owner; false: a later one lives.
  bool beat(const std::string& role, std::uint64_t epoch, Now now);
  // The process that held it is gone: everybody can see that.
  void gone(const std::string& role, std::uint64_t epoch);

 private:
  struct Role {
    std::uint64_t epoch = 0;
    std::int64_t beaten_ns = 0;
    bool gone = true;
  };
  std::map<std::string, Role> roles_;
  std::uint64_t takeovers_ = 0;
};

// A durable log in memory: what is written is durable once sync() has been called; a crash before
// that keeps the first records of what was written, as many as the disk happened to have.
class MemoryLog {
 public:
  explicit MemoryLog(std::string place) : place_(std::move(place)) {}

  // A new segment, which seals the older ones: what is in them is there to stay. Of what a silent
  // owner is still writing, that share is seen; the rest comes behind everybody's back.
  void begin(std::uint64_t epoch, double seen);
  // Appends without making durable; returns the position behind the last.
  durable_log::Position write(std::uint64_t epoch, std::span<const durable_log::Record> records);
  void sync(std::uint64_t epoch);
  // `kept`: a share of what was not durable.
  void crash(std::uint64_t epoch, double kept);

  // The record that begins there, if it is durable.
  const durable_log::Record* read_at(const durable_log::Position& begin) const;
  std::span<const durable_log::Entry> durable() const { return {entries_.data(), durable_}; }
  // Behind the last durable record; {} = there is none.
  durable_log::Position durable_end() const;
  // Records that came from an epoch that was over.
  std::uint64_t late_writes() const { return late_writes_; }
  // For a drain. The log outlives it.
  std::unique_ptr<durable_log::Source> source() const;

 private:
  std::string place_;
  std::uint64_t epoch_ = 0;
  std::string segment_;
  std::uint64_t end_ = 0;
  std::uint64_t sequence_ = 0;
  std::size_t durable_ = 0;
  std::uint64_t late_writes_ = 0;
  std::vector<durable_log::Entry> entries_;
  std::map<durable_log::Position, std::size_t> places_;  // begin -> index
};

struct Disk {
  struct Experiment {
    std::string text;
    std::int64_t published_ns = 0;  // monotonic
  };
  std::map<std::string, std::map<std::string, std::string>> runs;  // run -> file -> bytes
  std::map<Digest, Experiment> experiments;
  Epochs epochs;
  MemoryLog scores{"scores"};
  MemoryLog bars{"bars"};
  bool full = false;  // the logs take nothing, and nothing else when the reserve is used up
  std::uint64_t refused_appends = 0;
  bool no_inodes = false;  // no file can be made
  int reserve_files = 0;   // that the reserve has room for
  std::uint64_t refused_files = 0;
  // A small file is written: with what is left of the reserve on a full disk. False: it is not.
  bool takes_file();

  // Ingestor's inbox: jobs done, in their order.
  std::size_t jobs_done = 0;

  // What somebody was told to be safe: batches by sender, and keys of scores and records.
  std::map<std::string, std::uint64_t> receipted;
  std::set<Digest> told_scores;
  std::set<std::string> told_records;

  // Candidates that evaluators were given alone; evaluators that were struck; and how many of them
  // had a candidate alone.
  std::map<std::string, std::set<Digest>> alone;
  std::set<std::string> struck;
  std::map<Digest, int> deaths;

  // Promises that a process saw broken.
  std::vector<std::string> complaints;
  std::uint64_t computed = 0;    // candidates, by all evaluators
  std::uint64_t late_files = 0;  // times that an evaluator did not see one

 private:
  int reserve_left_ = 0;
};

}  // namespace mendel::simulation

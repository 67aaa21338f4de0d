// Quarantine: what is damaged in one log. Every damaged stretch is copied to
// <log>/quarantine/<segment>.<begin>-<end>, so that it can be looked at when the segment is gone,
// and is told once, whoever reads the log how often. Nothing is ever cut out of a segment.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "shared/durable_log/log.hpp"

namespace mendel::durable_log {

class Quarantine {
 public:
  // `name`: of the log, for what is told ("scores").
  Quarantine(std::string folder, std::string name);

  // What a scan found. Returns a line of JSON for the store's audit log for each place that no
  // process has told of. What cannot be copied now is told all the same.
  std::vector<std::string> add(const std::vector<Stretch>& damages, std::int64_t wall_ns);

  // Lost in all places, at least.
  std::uint64_t records() const { return records_; }
  std::size_t places() const { return known_.size(); }
  // "" or one line for the operator.
  std::string note() const;

 private:
  std::string folder_;
  std::string name_;
  std::set<std::pair<std::string, std::uint64_t>> known_;  // segment, begin
  std::uint64_t records_ = 0;
};

}  // namespace mendel::durable_log

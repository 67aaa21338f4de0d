// Source: a durable log as those see it who read it from a position on: a folder of segments, or
// what the simulator keeps in memory.
// Threads: a Source may be shared; a Cursor belongs to one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "shared/base/result.hpp"
#include "shared/durable_log/log.hpp"

namespace mendel::durable_log {

// One way through a log; as Reader.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual Result<std::optional<Entry>> next(const Position* limit) = 0;
  virtual const ScanReport& report() const = 0;
};

class Source {
 public:
  virtual ~Source() = default;
  // As Reader::open.
  virtual Result<std::unique_ptr<Cursor>> open(const Position& from) const = 0;
  // Where it is, for messages.
  virtual const std::string& place() const = 0;
};

// The segments in `folder`, of this store.
std::unique_ptr<Source> folder_source(std::string folder, std::string store_id);

}  // namespace mendel::durable_log

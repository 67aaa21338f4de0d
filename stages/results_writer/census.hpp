// Census: how many records of the log lie before a position, so that "stored" can be told as a
// count although the database keeps a position only.
// Threads: a plain value.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "shared/durable_log/segment.hpp"

namespace mendel::results_writer {

class Census {
 public:
  // Adds the record that ends at `end`; positions ascend.
  void add(const durable_log::Position& end);
  // Records that end at or before `position`.
  std::uint64_t through(const durable_log::Position& position) const;
  // The end of the last record; {} = none was added.
  durable_log::Position end() const;

 private:
  // Four bytes a record: a segment is far below 4 GiB.
  std::vector<std::pair<std::string, std::vector<std::uint32_t>>> segments_;
};

}  // namespace mendel::results_writer

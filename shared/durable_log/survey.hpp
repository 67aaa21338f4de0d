// Survey: what a log holds, segment by segment, with every checksum compared. It changes nothing
// and may go on while a writer appends.
// Threads: safe everywhere.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/durable_log/log.hpp"

namespace mendel::durable_log {

struct SegmentSurvey {
  std::string name;
  std::uint64_t epoch = 0;
  std::uint64_t bytes = 0;          // of the file
  std::int64_t created_at_ns = 0;   // 0 = its header is damaged
  std::int64_t modified_at_ns = 0;  // by the file system's clock
  std::uint64_t records = 0;
  std::uint64_t torn_bytes = 0;  // a write that was cut off, or is under way
  std::uint64_t corrupt_records = 0;
  bool is_newest = false;   // may still grow
  bool is_renamed = false;  // its header names another segment
};

// A place in the order of an epoch's segments where some are missing.
struct Hole {
  std::string behind;  // the segment before it; "" = the first ones of the epoch are missing
  std::string before;
};

struct Survey {
  std::vector<SegmentSurvey> segments;  // ascending
  std::vector<Stretch> damages;         // the first kStretchesMax
  std::uint64_t corrupt_records = 0;
};

// Where segments are missing between others: of an epoch they are numbered from 1. What was pruned
// or archived, the oldest, is not missed.
std::vector<Hole> holes(const std::vector<SegmentSurvey>& segments);

// `on_entry` is told each good record, in order; an error of it ends the survey.
Result<Survey> survey(const std::string& folder, const std::string& store_id,
                      const std::function<Status(const Entry&)>& on_entry = {});

}  // namespace mendel::durable_log

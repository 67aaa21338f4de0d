// Archivist: moves what is no longer needed of the score log into the archive, segment by segment
// from the oldest, and keeps the archive within its bounds. A segment goes when the database has
// all of it, a newer one is there, and every run in it ended long enough ago:
//
//   archive/<run>/<segment>.zst    the segment, compressed; <run> is the youngest in it
//   archive/<run>/<segment>.runs   whose records are in it, an id a line; written first
//
// The keys in it are known no more: a later run evaluates them again.
// Threads: one thread, that of the drain.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/durable_log/segment.hpp"
#include "stages/results_writer/selection.hpp"

namespace mendel::results_writer {

struct ArchivePolicy {
  std::int64_t after_ns = 24 * 3600 * kNsPerSecond;      // behind the end of a run
  std::int64_t keep_ns = 30 * 24 * 3600 * kNsPerSecond;  // in the archive
  std::uint64_t keep_bytes = 50'000'000'000;
};

class Archivist {
 public:
  Archivist(std::string log_folder, std::string archive_folder, std::string store_id,
            ArchivePolicy policy);

  // Moves at most one segment; `stored` is how far the database has the log. true: there may be
  // another. What fails is logged and tried again with the next call.
  bool tend(const durable_log::Position& stored, Selection& selection, std::int64_t wall_ns);

 private:
  Result<bool> move_oldest(const durable_log::Position& stored, Selection& selection,
                           std::int64_t wall_ns);
  Result<std::set<std::string>> runs_in(const std::string& segment) const;
  Status archive(const std::string& segment, const std::set<std::string>& runs) const;
  Status remove_old(std::int64_t wall_ns) const;

  std::string log_folder_;
  std::string archive_folder_;
  std::string store_id_;
  ArchivePolicy policy_;
  std::string looked_at_;       // the segment whose runs are known
  std::set<std::string> runs_;  // in it
};

}  // namespace mendel::results_writer

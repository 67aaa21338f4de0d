// Garbage: what in a store nothing refers to any more. The database is the catalogue: a run that
// has ended, whose records are all in the database, and which is in `mendel.runs` no more, is
// referred to by nothing, and neither is what only such runs used. Threads: one thread.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/store/store.hpp"

namespace mendel::cli {

// What is younger may be on its way to the run that wants it.
inline constexpr std::int64_t kYoungNs = 3600 * kNsPerSecond;

struct Garbage {
  enum class Kind : std::uint8_t { dataset, experiment, archive, run };
  Kind kind = Kind::dataset;
  std::string path;  // relative to the store
  std::uint64_t bytes = 0;
};
inline constexpr std::string_view kGarbageNames[] = {"dataset", "experiment", "archive", "run"};

struct Catalogue {
  std::set<std::string> runs;  // in the database
  bool is_drained = false;     // the database has all that the log has
};

struct GarbageFound {
  std::vector<Garbage> all;
  std::vector<std::string> kept;  // why something was not looked at, a line each
};

Result<GarbageFound> find_garbage(const store::Store& store, const Catalogue& catalogue,
                                  std::int64_t wall_ns);

std::string garbage_text(const GarbageFound& found);

// Removes them; the error names the first that cannot be.
Status remove_garbage(const store::Store& store, const std::vector<Garbage>& garbage);

}  // namespace mendel::cli

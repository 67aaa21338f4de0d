// BarColumns: which column of a bar file is what, from its header: names in any case and order,
// with the synonyms people use, behind at most a few lines of comment.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"

namespace mendel::market {

// A header is looked for in this many records: exports put a link or a title above it.
inline constexpr int kHeaderRecordsMax = 20;

struct BarColumns {
  std::int64_t line = 0;  // of the header
  char delimiter = ',';
  std::vector<std::string> names;  // as written
  std::size_t time = 0;
  std::optional<std::size_t> clock;  // `time` beside a `date`: both together are the time
  std::size_t open = 0, high = 0, low = 0, close = 0;
  std::optional<std::size_t> volume;  // absent: bars have volume 0
  std::optional<std::size_t> symbol;
};

// Finds the header of `text`. `volume` chooses among several volume columns ("" = there may be one
// at most) and may name any column. Errors name `file` and what to do; kind configuration.
Result<BarColumns> find_bar_columns(std::string_view text, const std::string& file,
                                    std::string_view volume);

}  // namespace mendel::market

// Timeframe: the length of a bar ("1m", "5m", "15m", "1h", "4h", "1d", "1w").
// Threads: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/result.hpp"

namespace mendel::market {

struct Timeframe {
  std::string name;  // canonical: "1h", never "60m"
  std::int64_t length_ns = 0;

  bool operator==(const Timeframe&) const = default;
};

// <count><s|m|h|d|w>, count >= 1, at most one week; "60m" becomes "1h". Error: configuration.
Result<Timeframe> parse_timeframe(std::string_view text);

// The timeframe of that length: whole seconds, at most one week; nullopt for anything else.
std::optional<Timeframe> timeframe_of(std::int64_t length_ns);

}  // namespace mendel::market

// BarReport: what was in a bar file, what was refused and why, and where bars are missing.
// Threads: plain values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/market/bar.hpp"
#include "shared/market/holes.hpp"
#include "shared/market/timeframe.hpp"

namespace mendel::market {

// Why a row is refused. The names are part of reports: append only.
enum class BarRule : std::uint8_t {
  malformed_line,
  wrong_field_count,
  unreadable_time,
  time_out_of_range,
  time_skipped_by_clock,
  unreadable_number,
  not_finite,
  price_not_positive,
  negative_volume,
  high_below_low,
  open_outside_low_high,
  close_outside_low_high,
  duplicate_time,
  time_too_fine,       // below a microsecond: the database could not tell two bars apart
  price_out_of_range,  // outside [kPriceMin, kPriceMax]
};
inline constexpr std::size_t kBarRuleCount = 15;
inline constexpr std::array<std::string_view, kBarRuleCount> kBarRuleNames = {
    "malformed_line",    "wrong_field_count",     "unreadable_time",
    "time_out_of_range", "time_skipped_by_clock", "unreadable_number",
    "not_finite",        "price_not_positive",    "negative_volume",
    "high_below_low",    "open_outside_low_high", "close_outside_low_high",
    "duplicate_time",    "time_too_fine",         "price_out_of_range"};

// No currency of no market needs more room; outside, sums and products of a backtest would lose
// their meaning long before they overflow.
inline constexpr double kPriceMin = 1e-12;
inline constexpr double kPriceMax = 1e15;

// Whether a bar may be stored: every price finite, positive and within [kPriceMin, kPriceMax],
// volume finite and >= 0, high >= low, open and close within [low, high]. nullopt = it may; the
// time is not looked at.
struct BarFault {
  BarRule rule;
  std::string_view field;
  double value;
};
std::optional<BarFault> find_fault(const Bar& bar);

// What a report keeps of refusals beside their counts.
inline constexpr std::size_t kRefusalsKept = 20;
inline constexpr std::size_t kRefusalsInShort = 3;

struct Refusal {
  std::int64_t line = 0;
  std::string field;
  BarRule rule = BarRule::malformed_line;
  std::string value;

  // "BARS.csv:7: high: high_below_low (1.5)"
  std::string text(std::string_view file) const;
};

struct BarReport {
  std::string file;
  Timeframe timeframe;  // empty name: nothing was accepted and none was given
  bool timeframe_inferred = false;
  bool newest_first = false;
  std::string time_column;    // "date", "date + time"
  std::string volume_column;  // "" = there is none, volumes are 0
  std::string symbol;         // the one value of the symbol column, or ""
  std::int64_t rows = 0;      // data lines read
  std::int64_t accepted = 0;
  std::int64_t other_symbols = 0;  // good rows that belong to other symbols than the asked one
  std::array<std::int64_t, kBarRuleCount> refused{};
  std::vector<Refusal> first_refusals;    // by line, at most kRefusalsKept
  std::int64_t duplicates_identical = 0;  // of the duplicate_time refusals
  std::int64_t duplicates_differing = 0;
  std::int64_t first_ns = 0, last_ns = 0;  // span of what was accepted
  Holes holes;

  std::int64_t refused_total() const;
  // "2 high_below_low, 1 duplicate_time"; "" when nothing was refused.
  std::string refused_by_rule() const;
  // For an error's one line: "3 of 4 rows refused (2 high_below_low, 1 not_finite), first F:2: …;
  // F:3: …"; "" when nothing was refused.
  std::string refused_in_short() const;
  // That no row was a good bar, and why, as an error's line.
  std::string nothing_accepted() const;
};

}  // namespace mendel::market

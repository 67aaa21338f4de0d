#include "shared/market/timeframe.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "shared/base/time.hpp"

namespace mendel::market {
namespace {

struct Unit {
  char letter;
  std::int64_t length_ns;
};

constexpr std::int64_t kWeekNs = 7 * kNsPerDay;
constexpr std::array<Unit, 5> kUnits = {{{'w', kWeekNs},
                                         {'d', kNsPerDay},
                                         {'h', 3600 * kNsPerSecond},
                                         {'m', 60 * kNsPerSecond},
                                         {'s', kNsPerSecond}}};

std::int64_t unit_length_ns(char letter) {
  for (const Unit& unit : kUnits) {
    if (unit.letter == letter) return unit.length_ns;
  }
  return 0;
}

}  // namespace

std::optional<Timeframe> timeframe_of(std::int64_t length_ns) {
  if (length_ns <= 0 || length_ns > kWeekNs) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (length_ns % unit.length_ns == 0) {
      return Timeframe{fmt::format("{}{}", length_ns / unit.length_ns, unit.letter), length_ns};
    }
  }
  return std::nullopt;
}

Result<Timeframe> parse_timeframe(std::string_view text) {
  const auto refuse = [text] {
    return configuration_error(fmt::format(
        "'{}' is no timeframe: write a count and s, m, h, d or w, at most one week, as in 15m, 1h "
        "or 1d",
        text.substr(0, 40)));
  };
  if (text.size() < 2 || text[0] < '0' || text[0] > '9') return refuse();
  std::int64_t count = 0;
  const char* unit_at = text.data() + text.size() - 1;
  const auto [end, error] = std::from_chars(text.data(), unit_at, count);
  const std::int64_t unit_ns = unit_length_ns(*unit_at);
  if (error != std::errc() || end != unit_at || unit_ns == 0) return refuse();
  if (count < 1 || count > kWeekNs / unit_ns) return refuse();
  return *timeframe_of(count * unit_ns);
}

}  // namespace mendel::market

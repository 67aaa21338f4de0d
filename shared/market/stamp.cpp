#include "shared/market/stamp.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "shared/base/time.hpp"
#include "shared/market/csv.hpp"

namespace mendel::market {
namespace {

constexpr Stamp kUnreadable{0, StampFault::unreadable};
constexpr Stamp kOutOfRange{0, StampFault::out_of_range};

// A column whose ends are both shorter holds years or row numbers, not seconds since 1970.
constexpr std::size_t kEpochDigitsMin = 8;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

// `least` to `most` digits.
std::optional<int> take_number(std::string_view& text, int least, int most) {
  int value = 0;
  int digits = 0;
  while (digits < most && !text.empty() && is_digit(text.front())) {
    value = value * 10 + (text.front() - '0');
    text.remove_prefix(1);
    ++digits;
  }
  return digits < least ? std::nullopt : std::optional(value);
}

// A number cell: sign, digits, an optional fraction.
struct Epoch {
  bool negative = false;
  std::string_view digits;
  std::string_view fraction;
};

std::optional<Epoch> split_epoch(std::string_view text) {
  Epoch epoch;
  epoch.negative = take(text, '-');
  const std::size_t point = std::min(text.find('.'), text.size());
  epoch.digits = text.substr(0, point);
  if (point < text.size()) epoch.fraction = text.substr(point + 1);
  const bool numeric = std::all_of(epoch.digits.begin(), epoch.digits.end(), is_digit) &&
                       std::all_of(epoch.fraction.begin(), epoch.fraction.end(), is_digit);
  if (!numeric || epoch.digits.empty() || epoch.digits.size() > 19) return std::nullopt;
  return epoch;
}

std::int64_t unit_ns(std::string_view text) {
  const auto epoch = split_epoch(text);
  if (!epoch || epoch->digits.size() < kEpochDigitsMin) return INT64_MAX;
  if (epoch->digits.size() <= 11) return kNsPerSecond;
  if (epoch->digits.size() <= 14) return kNsPerMs;
  return epoch->digits.size() <= 17 ? 1000 : 1;
}

Stamp in_range(std::int64_t time_ns) {
  static const std::int64_t kFirst = days_from_date({kFirstYear, 1, 1}) * kNsPerDay;
  static const std::int64_t kEnd = days_from_date({kLastYear + 1, 1, 1}) * kNsPerDay;
  if (time_ns < kFirst || time_ns >= kEnd) return kOutOfRange;
  return {time_ns, StampFault::none};
}

Stamp from_epoch(const Epoch& epoch, std::int64_t unit) {
  // |time| of the accepted years is below 2^63; stop counting above.
  constexpr std::int64_t kNsMax = INT64_MAX / 2;
  std::int64_t units = 0;
  for (const char c : epoch.digits) {
    if (units > kNsMax / unit / 10) return kOutOfRange;
    units = units * 10 + (c - '0');
  }
  std::int64_t time_ns = units * unit;
  for (const char c : epoch.fraction) {
    unit /= 10;
    time_ns += (c - '0') * unit;
  }
  return in_range(epoch.negative ? -time_ns : time_ns);
}

bool is_year(int year) { return year >= kFirstYear && year <= kLastYear; }

Stamp from_compact_date(std::string_view text) {
  if (text.size() != 8) return kUnreadable;
  const auto year = take_number(text, 4, 4);
  const auto month = take_number(text, 2, 2);
  const auto day = take_number(text, 2, 2);
  if (!year || !month || !day) return kUnreadable;
  const Date date{*year, *month, *day};
  if (!is_valid(date)) return kUnreadable;
  if (!is_year(*year)) return kOutOfRange;
  return {days_from_date(date) * kNsPerDay, StampFault::none};
}

// 1 = AM, 2 = PM, 0 = neither is there.
int take_half_day(std::string_view& text) {
  std::string_view rest = text;
  while (take(rest, ' ')) {
  }
  take(rest, '-');
  if (rest.size() < 2 || (rest[1] != 'M' && rest[1] != 'm')) return 0;
  const int half = rest[0] == 'A' || rest[0] == 'a' ? 1 : rest[0] == 'P' || rest[0] == 'p' ? 2 : 0;
  if (half != 0) text = rest.substr(2);
  return half;
}

// Nanoseconds since midnight of "09:30", "09:30:00.250", "09-AM", "9:30 PM".
std::optional<std::int64_t> take_clock(std::string_view& text) {
  auto hour = take_number(text, 1, 2);
  if (!hour) return std::nullopt;
  std::int64_t past_hour_ns = 0;
  const bool has_minutes = take(text, ':');
  if (has_minutes) {
    const auto minute = take_number(text, 2, 2);
    const bool has_seconds = minute && take(text, ':');
    const auto second = has_seconds ? take_number(text, 2, 2) : std::optional(0);
    if (!minute || !second || *minute > 59 || *second > 59) return std::nullopt;
    past_hour_ns = (*minute * 60LL + *second) * kNsPerSecond;
    if (has_seconds && !text.empty() && (text.front() == '.' || text.front() == ',')) {
      text.remove_prefix(1);
      if (text.empty() || !is_digit(text.front())) return std::nullopt;
      for (std::int64_t unit = kNsPerSecond / 10; !text.empty() && is_digit(text.front());
           unit /= 10) {
        past_hour_ns += (text.front() - '0') * unit;
        text.remove_prefix(1);
      }
    }
  }
  if (const int half = take_half_day(text); half != 0) {
    if (*hour < 1 || *hour > 12) return std::nullopt;
    hour = *hour % 12 + (half == 2 ? 12 : 0);
  } else if (!has_minutes) {
    return std::nullopt;
  }
  if (*hour > 23) return std::nullopt;
  return *hour * 3600 * kNsPerSecond + past_hour_ns;
}

Stamp to_utc(std::int64_t wall_ns, const TimeZone& zone) {
  const std::int64_t seconds = wall_ns / kNsPerSecond - (wall_ns % kNsPerSecond < 0 ? 1 : 0);
  const auto utc = zone.to_utc(seconds);
  if (!utc) return {0, StampFault::skipped};
  return in_range(*utc * kNsPerSecond + (wall_ns - seconds * kNsPerSecond));
}

Stamp from_text(std::string_view text, const TimeZone& zone) {
  const auto year = take_number(text, 4, 4);
  const char separator = text.empty() ? '\0' : text.front();
  if (!year || (separator != '-' && separator != '/' && separator != '.')) return kUnreadable;
  text.remove_prefix(1);
  const auto month = take_number(text, 1, 2);
  if (!month || !take(text, separator)) return kUnreadable;
  const auto day = take_number(text, 1, 2);
  const Date date{*year, *month, day.value_or(0)};
  if (!is_valid(date)) return kUnreadable;
  if (!is_year(*year)) return kOutOfRange;
  const std::int64_t midnight_ns = days_from_date(date) * kNsPerDay;
  if (text.empty()) return to_utc(midnight_ns, zone);
  if (!take(text, 'T') && !take(text, 't') && text.front() != ' ') return kUnreadable;
  while (take(text, ' ')) {
  }
  const auto clock_ns = take_clock(text);
  if (!clock_ns) return kUnreadable;
  const std::int64_t wall_ns = midnight_ns + *clock_ns;
  // What follows the clock: nothing (the column's zone), Z, UTC, GMT or an offset.
  const std::string_view rest = trimmed(text);
  if (rest.empty()) return to_utc(wall_ns, zone);
  if (rest == "Z" || rest == "UTC" || rest == "GMT") return in_range(wall_ns);
  const auto own_zone = TimeZone::fixed(rest);
  return own_zone ? to_utc(wall_ns, *own_zone) : kUnreadable;
}

}  // namespace

StampFormat stamp_format(std::string_view first, std::string_view last, TimeZone zone) {
  StampFormat format;
  format.zone = std::move(zone);
  const auto is_compact = [](std::string_view text) {
    return from_compact_date(text).fault == StampFault::none;
  };
  format.compact_date = is_compact(first) && is_compact(last);
  const std::int64_t unit = std::min(unit_ns(first), unit_ns(last));
  format.epoch_unit_ns = unit == INT64_MAX ? 0 : unit;
  return format;
}

Stamp parse_stamp(std::string_view text, const StampFormat& format) {
  if (format.compact_date) {
    const Stamp date = from_compact_date(text);
    if (date.fault == StampFault::none) return to_utc(date.time_ns, format.zone);
    if (date.fault == StampFault::out_of_range) return date;
  } else if (format.epoch_unit_ns > 0) {
    if (const auto epoch = split_epoch(text)) return from_epoch(*epoch, format.epoch_unit_ns);
  }
  return from_text(text, format.zone);
}

}  // namespace mendel::market

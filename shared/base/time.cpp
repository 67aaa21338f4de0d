#include "shared/base/time.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace mendel {
namespace {

// Reads exactly `digits` decimal digits from the front of `text`; nullopt otherwise.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take_char(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> take_fraction(std::string_view& text) {
  if (!take_char(text, '.')) return 0;
  std::int64_t value = 0;
  int digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9' && digits < 9) {
    value = value * 10 + (text.front() - '0');
    text.remove_prefix(1);
    ++digits;
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 9; ++digits) value *= 10;
  return value;
}

std::optional<std::int64_t> take_date(std::string_view& text) {
  const auto year = take_digits(text, 4);
  if (!year || !take_char(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take_char(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day) return std::nullopt;
  const Date date{*year, *month, *day};
  if (!is_valid(date)) return std::nullopt;
  return days_from_date(date) * kNsPerDay;
}

}  // namespace

Now read_clocks() {
  using std::chrono::duration_cast;
  using std::chrono::nanoseconds;
  const auto steady = std::chrono::steady_clock::now().time_since_epoch();
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {duration_cast<nanoseconds>(steady).count(), duration_cast<nanoseconds>(wall).count()};
}

std::int64_t days_from_date(Date date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

Date date_from_days(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month = (5 * day_of_year + 2) / 153;
  Date date;
  date.day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
  date.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  date.year = static_cast<int>(year_of_era + era * 400 + (date.month <= 2 ? 1 : 0));
  return date;
}

bool is_valid(Date date) {
  if (date.year < 1 || date.year > 9999 || date.month < 1 || date.month > 12) return false;
  if (date.day < 1 || date.day > 31) return false;
  if (date.day <= 28) return true;
  const Date again = date_from_days(days_from_date(date));
  return again.month == date.month && again.day == date.day;
}

std::int64_t day_of(std::int64_t time_ns) {
  const std::int64_t day = time_ns / kNsPerDay;
  return time_ns % kNsPerDay < 0 ? day - 1 : day;
}

std::string format_date(std::int64_t time_ns) {
  const Date date = date_from_days(day_of(time_ns));
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

std::string format_time(std::int64_t time_ns) {
  const std::int64_t in_day = time_ns - day_of(time_ns) * kNsPerDay;
  const std::int64_t seconds = in_day / kNsPerSecond;
  std::string text = fmt::format("{}T{:02}:{:02}:{:02}", format_date(time_ns), seconds / 3600,
                                 seconds / 60 % 60, seconds % 60);
  if (const std::int64_t fraction = in_day % kNsPerSecond; fraction != 0) {
    text += fmt::format(".{:09}", fraction);
    while (text.back() == '0') text.pop_back();
  }
  return text + "Z";
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  auto time = take_date(text);
  if (!time || text.empty()) return time;
  if (!take_char(text, 'T')) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take_char(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59 || !take_char(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second || *second > 59) return std::nullopt;
  const auto fraction = take_fraction(text);
  if (!fraction || text != "Z") return std::nullopt;
  return *time + (*hour * 3600LL + *minute * 60LL + *second) * kNsPerSecond + *fraction;
}

}  // namespace mendel

#include "shared/market/time_zone.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "shared/base/time.hpp"

namespace mendel::market {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::int64_t kOffsetSecondsMax = 26 * 3600;  // RFC 8536: below 26 hours

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// One to `digits_max` digits.
std::optional<int> take_number(std::string_view& text, int digits_max) {
  int value = 0;
  int digits = 0;
  while (digits < digits_max && !text.empty() && is_digit(text.front())) {
    value = value * 10 + (text.front() - '0');
    text.remove_prefix(1);
    ++digits;
  }
  return digits == 0 ? std::nullopt : std::optional(value);
}

// [+-]h[h[h]][:mm[:ss]]
std::optional<std::int64_t> take_clock(std::string_view& text) {
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  const auto hours = take_number(text, 3);
  if (!hours || *hours > 167) return std::nullopt;
  std::int64_t seconds = *hours * 3600LL;
  for (const std::int64_t unit : {60, 1}) {
    if (!take(text, ':')) break;
    const auto number = take_number(text, 2);
    if (!number || *number > 59) return std::nullopt;
    seconds += *number * unit;
  }
  return negative ? -seconds : seconds;
}

// Big-endian numbers of a TZif file; a read past the end makes ok() false.
class TzifReader {
 public:
  explicit TzifReader(std::string_view bytes) : bytes_(bytes) {}

  std::int64_t number(std::size_t size) {
    const std::string_view raw = skip(size);
    std::uint64_t value = !raw.empty() && (raw[0] & 0x80) ? ~std::uint64_t{0} : 0;
    for (const char c : raw) value = value << 8 | static_cast<unsigned char>(c);
    return static_cast<std::int64_t>(value);
  }
  std::string_view skip(std::size_t size) {
    ok_ = ok_ && size <= bytes_.size();
    if (!ok_) return {};
    const std::string_view raw = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return raw;
  }
  std::string_view rest() const { return bytes_; }
  bool ok() const { return ok_; }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

struct TzifHeader {
  char version = 0;
  std::size_t ut = 0, standard = 0, leap = 0, times = 0, types = 0, letters = 0;

  std::size_t body_bytes(std::size_t time_bytes) const {
    return times * (time_bytes + 1) + types * 6 + letters + leap * (time_bytes + 4) + standard + ut;
  }
};

std::optional<TzifHeader> read_header(TzifReader& reader) {
  if (reader.skip(4) != "TZif") return std::nullopt;
  TzifHeader header;
  header.version = static_cast<char>(reader.number(1));
  reader.skip(15);
  for (std::size_t* count : {&header.ut, &header.standard, &header.leap, &header.times,
                             &header.types, &header.letters}) {
    const std::int64_t value = reader.number(4);
    if (value < 0 || value > static_cast<std::int64_t>(kTzifBytesMax)) return std::nullopt;
    *count = static_cast<std::size_t>(value);
  }
  if (!reader.ok() || header.types == 0) return std::nullopt;
  return header;
}

}  // namespace

// The POSIX TZ string at the end of a TZif file: "CET-1CEST,M3.5.0,M10.5.0/3".
class TimeZone::RuleReader {
 public:
  static std::optional<Rule> read(std::string_view text) {
    Rule rule;
    if (!take_name(text)) return std::nullopt;
    const auto west = take_clock(text);
    if (!west) return std::nullopt;
    rule.standard_offset = -*west;
    if (text.empty()) return rule;
    if (!take_name(text)) return std::nullopt;
    rule.summer_offset = rule.standard_offset + 3600;
    if (!text.empty() && text.front() != ',') {
      const auto summer_west = take_clock(text);
      if (!summer_west) return std::nullopt;
      rule.summer_offset = -*summer_west;
    }
    rule.begin = take_change(text);
    if (rule.begin) rule.end = take_change(text);
    return rule.end && text.empty() ? std::optional(rule) : std::nullopt;
  }

 private:
  static bool take_name(std::string_view& text) {
    std::size_t size = 0;
    if (take(text, '<')) {
      size = text.find('>');
      if (size == std::string_view::npos) return false;
      text.remove_prefix(size + 1);
      return size >= 3;
    }
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    while (size < text.size() && is_letter(text[size])) ++size;
    text.remove_prefix(size);
    return size >= 3;
  }

  static std::optional<Change> take_change(std::string_view& text) {
    if (!take(text, ',')) return std::nullopt;
    Change change;
    if (take(text, 'M')) {
      change.month = take_number(text, 2).value_or(0);
      change.week = take(text, '.') ? take_number(text, 1).value_or(0) : 0;
      change.day = take(text, '.') ? take_number(text, 1).value_or(7) : 7;
      if (change.month < 1 || change.month > 12 || change.week < 1 || change.week > 5 ||
          change.day > 6) {
        return std::nullopt;
      }
    } else {
      change.form = take(text, 'J') ? 'J' : 'D';
      const auto day = take_number(text, 3);
      if (!day || *day > 365 || (change.form == 'J' && *day < 1)) return std::nullopt;
      change.day = *day;
    }
    if (take(text, '/')) {
      const auto seconds = take_clock(text);
      if (!seconds) return std::nullopt;
      change.seconds = *seconds;
    }
    return change;
  }
};

std::int64_t TimeZone::moment(const Change& change, int year) {
  std::int64_t day = days_from_date({year, 1, 1});
  if (change.form == 'D') {
    day += change.day;
  } else if (change.form == 'J') {
    const bool leap = days_from_date({year + 1, 1, 1}) - day == 366;
    day += change.day - 1 + (leap && change.day >= 60 ? 1 : 0);
  } else {
    day = days_from_date({year, change.month, 1});
    const std::int64_t weekday = ((day + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
    day += (change.day - weekday + 7) % 7 + (change.week - 1) * 7;
    const std::int64_t next_month = change.month == 12
                                        ? days_from_date({year + 1, 1, 1})
                                        : days_from_date({year, change.month + 1, 1});
    while (day >= next_month) day -= 7;  // week 5 means the last
  }
  return day * kDaySeconds + change.seconds;
}

std::optional<TimeZone> TimeZone::fixed(std::string_view text) {
  TimeZone zone;
  if (text.empty() || text == "UTC" || text == "utc" || text == "Z" || text == "z") return zone;
  if (text.front() != '+' && text.front() != '-') return std::nullopt;
  const bool negative = text.front() == '-';
  std::string_view rest = text.substr(1);
  const auto hours = take_number(rest, 2);
  if (!hours) return std::nullopt;
  std::optional<int> minutes = 0;
  if (!rest.empty()) {
    take(rest, ':');
    if (rest.size() != 2) return std::nullopt;
    minutes = take_number(rest, 2);
  }
  if (!minutes || !rest.empty() || *hours > 15 || *minutes > 59) return std::nullopt;
  const std::int64_t offset = *hours * 3600LL + *minutes * 60LL;
  zone.first_offset_ = negative ? -offset : offset;
  zone.name_ = fmt::format("{}{:02}:{:02}", text.front(), *hours, *minutes);
  return zone;
}

bool TimeZone::is_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '/' || name.back() == '/') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           c == '+' || c == '-' || c == '/';
  });
}

Result<TimeZone> TimeZone::from_tzif(std::string name, std::string_view bytes) {
  TimeZone zone;
  if (bytes.size() > kTzifBytesMax || !zone.read_tzif(bytes)) {
    return configuration_error(
        fmt::format("time zone {}: its file is no TZif file; reinstall tzdata or give an offset "
                    "like --tz +02:00",
                    name));
  }
  zone.name_ = std::move(name);
  return zone;
}

bool TimeZone::read_tzif(std::string_view bytes) {
  TzifReader reader(bytes);
  auto header = read_header(reader);
  if (!header) return false;
  const std::size_t time_bytes = header->version >= '2' ? 8 : 4;
  if (time_bytes == 8) {  // the 32-bit body comes first, for old readers
    reader.skip(header->body_bytes(4));
    header = read_header(reader);
  }
  if (!header || header->body_bytes(time_bytes) > reader.rest().size()) return false;
  std::string_view footer = reader.rest().substr(header->body_bytes(time_bytes));
  if (!read_transitions(reader.rest(), header->times, header->types, time_bytes)) return false;
  if (time_bytes == 4 || !take(footer, '\n')) return true;
  footer = footer.substr(0, footer.find('\n'));
  if (!footer.empty()) rule_ = RuleReader::read(footer);
  return footer.empty() || rule_;
}

bool TimeZone::read_transitions(std::string_view body, std::size_t times, std::size_t types,
                                std::size_t time_bytes) {
  TzifReader reader(body);
  for (std::size_t i = 0; i < times; ++i) transitions_.push_back({reader.number(time_bytes), 0});
  const std::string_view type_of = reader.skip(times);
  std::vector<std::int64_t> offsets(types);
  for (std::int64_t& offset : offsets) {
    offset = reader.number(4);
    reader.skip(2);
    if (offset < -kOffsetSecondsMax || offset > kOffsetSecondsMax) return false;
  }
  for (std::size_t i = 0; i < times; ++i) {
    const std::size_t type = static_cast<unsigned char>(type_of[i]);
    if (type >= types || (i > 0 && transitions_[i].at <= transitions_[i - 1].at)) return false;
    transitions_[i].offset = offsets[type];
  }
  first_offset_ = offsets[0];
  return reader.ok();
}

std::int64_t TimeZone::rule_offset(std::int64_t utc_seconds) const {
  const Rule& rule = *rule_;
  if (!rule.begin) return rule.standard_offset;
  const std::int64_t wall = utc_seconds + rule.standard_offset;
  const std::int64_t day = wall / kDaySeconds - (wall % kDaySeconds < 0 ? 1 : 0);
  const int year = date_from_days(day).year;
  const std::int64_t begin = moment(*rule.begin, year) - rule.standard_offset;
  const std::int64_t end = moment(*rule.end, year) - rule.summer_offset;
  const bool summer = begin < end ? utc_seconds >= begin && utc_seconds < end
                                  : utc_seconds >= begin || utc_seconds < end;
  return summer ? rule.summer_offset : rule.standard_offset;
}

std::int64_t TimeZone::offset_at(std::int64_t utc_seconds) const {
  const auto after = std::upper_bound(
      transitions_.begin(), transitions_.end(), utc_seconds,
      [](std::int64_t at, const Transition& transition) { return at < transition.at; });
  if (after == transitions_.end() && rule_) return rule_offset(utc_seconds);
  return after == transitions_.begin() ? first_offset_ : std::prev(after)->offset;
}

std::optional<std::int64_t> TimeZone::to_utc(std::int64_t wall_seconds) const {
  if (transitions_.empty() && !rule_) return wall_seconds - first_offset_;
  // The offset in force is one of those around the wall time; a valid one maps back to itself.
  // The larger offset gives the earlier moment.
  std::array<std::int64_t, 3> offsets = {offset_at(wall_seconds - kDaySeconds),
                                         offset_at(wall_seconds),
                                         offset_at(wall_seconds + kDaySeconds)};
  std::stable_sort(offsets.begin(), offsets.end(), std::greater<>());
  for (const std::int64_t offset : offsets) {
    if (offset_at(wall_seconds - offset) == offset) return wall_seconds - offset;
  }
  return std::nullopt;
}

}  // namespace mendel::market

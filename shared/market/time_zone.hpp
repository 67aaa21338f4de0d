// TimeZone: how a wall-clock time without an offset becomes UTC: a fixed offset, or the rules of a
// TZif file (RFC 8536), which the caller has read: nothing here touches a disk.
// Threads: a plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"

namespace mendel::market {

inline constexpr std::size_t kTzifBytesMax = 256 << 10;  // the largest of tzdata has 4 KiB

class TimeZone {
 public:
  TimeZone() = default;  // UTC

  // "", "UTC", "Z" or an offset like "+02:00", "-0530", "+2"; nullopt when `text` is none of them.
  static std::optional<TimeZone> fixed(std::string_view text);
  // Whether `name` has the form of an IANA name ("Europe/Paris"); then it is also a safe relative
  // path below a zoneinfo folder.
  static bool is_name(std::string_view name);
  // From the bytes of a TZif file. Error: configuration.
  static Result<TimeZone> from_tzif(std::string name, std::string_view bytes);

  // UTC seconds of a wall-clock time given as if it were UTC; of the two moments that a clock set
  // back shows alike, the earlier. nullopt for a time that the clock skips.
  std::optional<std::int64_t> to_utc(std::int64_t wall_seconds) const;

  const std::string& name() const { return name_; }

 private:
  // A day of the year as POSIX TZ strings name it, and the wall time of the change.
  struct Change {
    char form = 'M';  // 'M' month.week.day, 'J' 1..365 without 29 February, 'D' 0..365
    int month = 0, week = 0, day = 0;
    std::int64_t seconds = 7200;
  };
  struct Rule {
    std::int64_t standard_offset = 0;
    std::int64_t summer_offset = 0;
    std::optional<Change> begin, end;  // of summer time
  };
  struct Transition {
    std::int64_t at = 0;
    std::int64_t offset = 0;
  };
  class RuleReader;

  bool read_tzif(std::string_view bytes);
  bool read_transitions(std::string_view body, std::size_t times, std::size_t types,
                        std::size_t time_bytes);
  static std::int64_t moment(const Change& change, int year);  // as if UTC
  std::int64_t offset_at(std::int64_t utc_seconds) const;
  std::int64_t rule_offset(std::int64_t utc_seconds) const;

  std::string name_ = "UTC";
  std::int64_t first_offset_ = 0;        // before the first transition
  std::vector<Transition> transitions_;  // ascending
  std::optional<Rule> rule_;             // after the last transition
};

}  // namespace mendel::market

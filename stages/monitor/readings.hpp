// Readings: the last hour of what processes said, as far as alerts ask for it: one point per ten
// seconds, counters that began anew handled as Prometheus does.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/base/time.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::monitor {

inline constexpr std::int64_t kPointEveryNs = 10 * kNsPerSecond;
inline constexpr std::int64_t kReadingsKeptNs = 3700 * kNsPerSecond;
inline constexpr std::size_t kSeriesKeptMax = 20'000;

class Readings {
 public:
  struct Latest {
    std::string stage;
    std::string instance;
    double value = 0;
  };

  // Keeps series of these names only.
  explicit Readings(std::vector<std::string> names) : names_(std::move(names)) {}

  // One value of a process; the labels of its samples are summed up.
  void add(const std::string& stage, const std::string& instance, const std::string& name,
           double value, Now now);
  void hear(const wire::Stat& stat, Now now);
  void prune(Now now);

  // Of every process that said it within the last ten seconds and a half minute.
  std::vector<Latest> latest(std::string_view name, Now now) const;
  std::optional<double> latest_of(std::string_view name, const std::string& instance,
                                  Now now) const;
  // How much a counter grew in the window, all its processes together; 0 when nobody says it.
  double increase(std::string_view name, std::int64_t window_ns, Now now) const;
  // By stage, of a name that several stages say.
  std::map<std::string, double> increase_by_stage(std::string_view name, std::int64_t window_ns,
                                                  Now now) const;
  // Last minus first value in the window, by process; only of those heard in its first fifth.
  std::vector<Latest> change(std::string_view name, std::int64_t window_ns, Now now) const;
  // How often a value differs from the one before it in the window.
  int changes(std::string_view name, std::string_view stage, std::int64_t window_ns, Now now) const;

 private:
  struct Point {
    std::int64_t at_ns = 0;
    double value = 0;
  };
  struct Series {
    std::string stage;
    std::string instance;
    std::deque<Point> points;  // the last may be newer than ten seconds after the one before
  };
  using Name = std::map<std::string, Series, std::less<>>;  // by stage/instance

  const Name* find(std::string_view name) const;

  std::vector<std::string> names_;
  std::map<std::string, Name, std::less<>> series_;
  std::size_t count_ = 0;
};

}  // namespace mendel::monitor

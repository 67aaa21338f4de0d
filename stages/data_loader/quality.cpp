#include "stages/data_loader/quality.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "shared/base/time.hpp"

namespace mendel::data_loader {
namespace {

constexpr std::int64_t kNsPerWeek = 7 * kNsPerDay;

std::int64_t floor_mod(std::int64_t value, std::int64_t by) {
  const std::int64_t rest = value % by;
  return rest < 0 ? rest + by : rest;
}

// The slots of a week at which bars exist.
class Calendar {
 public:
  Calendar(const market::Series& series, std::int64_t length_ns)
      : length_ns_(length_ns), open_(static_cast<std::size_t>(kNsPerWeek / length_ns) + 1, false) {
    for (const std::int64_t time_ns : series.time_ns) open_[slot(time_ns)] = true;
  }
  // Bars that are missing between two that follow each other.
  std::int64_t missing(std::int64_t before_ns, std::int64_t after_ns) const {
    std::int64_t count = 0;
    for (std::int64_t at = before_ns + length_ns_; at < after_ns; at += length_ns_) {
      if (open_[slot(at)]) ++count;
    }
    return count;
  }

 private:
  std::size_t slot(std::int64_t time_ns) const {
    return static_cast<std::size_t>(floor_mod(time_ns, kNsPerWeek) / length_ns_);
  }

  std::int64_t length_ns_;
  std::vector<bool> open_;
};

struct YearOpens {
  std::int64_t bars = 0;
  std::int64_t equal = 0;
  double share() const { return static_cast<double>(equal) / static_cast<double>(bars); }
};

std::map<int, YearOpens> opens_by_year(const market::Series& series) {
  std::map<int, YearOpens> years;
  for (std::size_t i = 1; i < series.time_ns.size(); ++i) {
    YearOpens& year = years[date_from_days(day_of(series.time_ns[i])).year];
    ++year.bars;
    if (series.open[i] == series.close[i - 1]) ++year.equal;
  }
  return years;
}

}  // namespace

config::Value quality_of(const market::Series& series, const market::Timeframe& timeframe) {
  const Calendar calendar(series, timeframe.length_ns);
  std::int64_t gaps = 0;
  std::int64_t longest = 0;
  std::int64_t duplicates = 0;
  for (std::size_t i = 1; i < series.time_ns.size(); ++i) {
    if (series.time_ns[i] == series.time_ns[i - 1]) ++duplicates;
    const std::int64_t missing = calendar.missing(series.time_ns[i - 1], series.time_ns[i]);
    if (missing > 0) ++gaps;
    longest = std::max(longest, missing);
  }
  config::Value report = config::Value::table();
  report.set("rows", static_cast<std::int64_t>(series.time_ns.size()));
  if (!series.time_ns.empty()) {
    report.set("first", format_time(series.time_ns.front()));
    report.set("last", format_time(series.time_ns.back()));
  }
  report.set("gaps", gaps);
  report.set("longest_gap_bars", longest);
  report.set("duplicates", duplicates);
  config::Value shares = config::Value::table();
  config::Value warnings = config::Value::array();
  for (const auto& [year, opens] : opens_by_year(series)) {
    shares.set(fmt::format("{}", year), opens.share());
    if (opens.share() > kSyntheticOpensShare) {
      warnings.push(fmt::format("opens look synthetic: {}: {:.0f} % equal the previous close", year,
                                100 * opens.share()));
    }
  }
  report.set("open_equals_previous_close", std::move(shares));
  report.set("warnings", std::move(warnings));
  return report;
}

std::string quality_report(const std::vector<market::Series>& series,
                           const market::Timeframe& timeframe) {
  config::Value symbols = config::Value::table();
  for (const market::Series& one : series) symbols.set(one.symbol, quality_of(one, timeframe));
  config::Value report = config::Value::table();
  report.set("symbols", std::move(symbols));
  return config::to_json(report);
}

}  // namespace mendel::data_loader

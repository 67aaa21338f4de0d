#include "stages/data_loader/quality.hpp"

#include <fmt/format.h>

#include <map>

#include "shared/base/time.hpp"
#include "shared/market/holes.hpp"

namespace mendel::data_loader {
namespace {

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
  const market::Holes holes = market::find_holes(series.time_ns, timeframe);
  std::int64_t duplicates = 0;
  for (std::size_t i = 1; i < series.time_ns.size(); ++i) {
    if (series.time_ns[i] == series.time_ns[i - 1]) ++duplicates;
  }
  config::Value report = config::Value::table();
  report.set("rows", static_cast<std::int64_t>(series.time_ns.size()));
  if (!series.time_ns.empty()) {
    report.set("first", format_time(series.time_ns.front()));
    report.set("last", format_time(series.time_ns.back()));
  }
  report.set("gaps", holes.count);
  report.set("longest_gap_bars", holes.longest.missing);
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

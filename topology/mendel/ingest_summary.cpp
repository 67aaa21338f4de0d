#include "topology/mendel/ingest_summary.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "shared/base/time.hpp"

namespace mendel::cli {
namespace {

constexpr std::size_t kRefusalsShown = 5;

std::string line(std::string_view heading, std::string_view text) {
  return fmt::format("{:<9}{}\n", heading, text);
}

std::string time_text(std::int64_t time_ns) {
  return time_ns % kNsPerDay == 0 ? format_date(time_ns) : format_time(time_ns);
}

std::string rows_text(const market::BarReport& report) {
  std::string text = fmt::format("{} read, {} accepted, {} refused", report.rows, report.accepted,
                                 report.refused_total());
  if (report.other_symbols > 0) {
    text += fmt::format(", {} of other symbols", report.other_symbols);
  }
  return text + (report.newest_first ? " (newest first)" : "");
}

std::string gaps_text(const market::Holes& holes) {
  if (holes.count == 0) return "none";
  return fmt::format("{}, {} bars missing; the longest {} bars after {}", holes.count,
                     holes.missing, holes.longest.missing, time_text(holes.longest.after_ns));
}

std::string refused_text(const market::BarReport& report) {
  std::string text = report.refused_by_rule();
  if (report.duplicates_identical + report.duplicates_differing > 0) {
    text += fmt::format(" (duplicates: {} with the same values, {} with others)",
                        report.duplicates_identical, report.duplicates_differing);
  }
  return text;
}

}  // namespace

std::string summary_of_file(const market::BarReport& report, const ingestor::Job& job) {
  std::string bars = job.symbol.empty() ? "of no symbol" : job.symbol;
  if (!report.timeframe.name.empty()) bars += " " + report.timeframe.name;
  if (report.timeframe_inferred) bars += " (inferred)";
  std::string text =
      line("bars", fmt::format("{}, source {}, from {}", bars, job.source, job.file));
  text += line("rows", rows_text(report));
  if (report.accepted > 0) {
    text += line("span",
                 fmt::format("{} to {}", time_text(report.first_ns), time_text(report.last_ns)));
    text += line("gaps", gaps_text(report.holes));
    text += line("volume", report.volume_column.empty() ? "no such column: 0 in every bar"
                                                        : report.volume_column);
  }
  if (report.refused_total() == 0) return text;
  text += line("refused", refused_text(report));
  const std::size_t shown = std::min(report.first_refusals.size(), kRefusalsShown);
  for (std::size_t i = 0; i < shown; ++i) {
    text += line("", report.first_refusals[i].text(report.file));
  }
  if (const auto more = report.refused_total() - static_cast<std::int64_t>(shown); more > 0) {
    text += line("", fmt::format("and {} more", more));
  }
  return text;
}

std::string summary_of_rows(const ingestor::Shipped& shipped) {
  return line("stored",
              fmt::format("{} new, {} there already, {} replaced, {} conflicts", shipped.inserted,
                          shipped.equal, shipped.replaced, shipped.conflicts));
}

}  // namespace mendel::cli

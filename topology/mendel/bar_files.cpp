#include "topology/mendel/bar_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "shared/base/time.hpp"
#include "shared/config/value.hpp"
#include "shared/market/bar_csv.hpp"
#include "stages/ingestor/job.hpp"
#include "stages/ingestor/zone.hpp"

namespace mendel::cli {
namespace {

using strategy::Experiment;

Result<market::BarCsv> read_one(const Experiment& experiment, const BarFile& file,
                                ingestor::Job job) {
  job.file = file.path;
  job.symbol = file.symbol;
  job.volume = file.volume;
  job.timeframe = experiment.data.timeframe.name;
  auto options = ingestor::csv_options(job);
  if (!options) return options.error();
  auto text = config::read_text_file(file.path, market::kBarCsvBytesMax);
  if (!text) return text.error();
  return market::parse_bar_csv(*text, *options);
}

void note_report(const std::string& symbol, const market::BarReport& report,
                 std::vector<std::string>& notes) {
  if (report.refused_total() > 0) {
    notes.push_back(fmt::format("{}: {}", symbol, report.refused_in_short()));
  }
  if (report.holes.count > 0) {
    notes.push_back(fmt::format("{}: {} bars are missing in {} holes", symbol, report.holes.missing,
                                report.holes.count));
  }
}

// Whether two names may mean one symbol: BTC-USD is written btcusd, BTC/USD, BTC_USD.
bool same_symbol(std::string_view a, std::string_view b) {
  const auto plain = [](std::string_view name) {
    std::string text;
    for (const char c : name) {
      if (c >= 'a' && c <= 'z') {
        text += static_cast<char>(c - 'a' + 'A');
      } else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
        text += c;
      }
    }
    return text;
  };
  return plain(a) == plain(b);
}

// A file whose symbol column names another symbol of the experiment is an exchanged one; a name of
// its own may be what this source calls it.
Status check_symbol(const Experiment& experiment, const BarFile& file,
                    const market::BarReport& report, std::vector<std::string>& notes) {
  if (report.symbol.empty() || same_symbol(report.symbol, file.symbol)) return {};
  for (const std::string& other : experiment.data.symbols) {
    if (!same_symbol(report.symbol, other)) continue;
    return configuration_error(fmt::format(
        "{}: its symbol column says {}, and it is given for {}; give the --csv in the order of the "
        "symbols",
        file.path, report.symbol, file.symbol));
  }
  notes.push_back(
      fmt::format("{}: the symbol column of {} says {}; make sure that they are the same",
                  file.symbol, file.path, report.symbol));
  return {};
}

// A window that the file does not reach is said in terms of the file, not of what the cut leaves.
Status check_reach(const Experiment& experiment, const BarFile& file,
                   const std::vector<market::Bar>& bars) {
  for (const market::Window window : {market::Window::in_sample, market::Window::out_of_sample}) {
    if ((experiment.windows() >> static_cast<int>(window) & 1) == 0) continue;
    const strategy::TimeRange& range = experiment.range(window);
    const auto inside = [&](const market::Bar& bar) {
      return bar.time_ns >= range.from_ns && bar.time_ns < range.to_ns;
    };
    if (std::any_of(bars.begin(), bars.end(), inside)) continue;
    return configuration_error(
        fmt::format("{}: no bars of {} in {} [{}, {}): the file has {} from {} to {}; move the "
                    "window in the experiment, or name another file",
                    file.path, file.symbol, market::window_name(window), format_date(range.from_ns),
                    format_date(range.to_ns), bars.size(), format_time(bars.front().time_ns),
                    format_time(bars.back().time_ns)));
  }
  return {};
}

}  // namespace

market::Series cut_series(const Experiment& experiment, std::string symbol,
                          const std::vector<market::Bar>& bars) {
  std::int64_t from = experiment.data.in_sample.from_ns;
  std::int64_t to = experiment.data.in_sample.to_ns;
  if (const auto& later = experiment.data.out_of_sample) {
    from = std::min(from, later->from_ns);
    to = std::max(to, later->to_ns);
  }
  const auto before = [](const market::Bar& bar, std::int64_t time) { return bar.time_ns < time; };
  const auto window = std::lower_bound(bars.begin(), bars.end(), from, before);
  const auto end = std::lower_bound(window, bars.end(), to, before);
  const auto warm_up = std::min<std::int64_t>(experiment.look_back, window - bars.begin());
  market::Series series;
  series.symbol = std::move(symbol);
  for (auto bar = window - warm_up; bar != end; ++bar) series.push(*bar);
  market::find_ticks(series);
  return series;
}

Result<BarFiles> read_bar_files(const Experiment& experiment, const std::vector<BarFile>& files,
                                const BarFileOptions& options) {
  ingestor::Job job;
  job.tz = options.tz;
  if (!options.stamp.empty()) job.stamp = options.stamp;
  if (job.stamp != "open" && job.stamp != "close") {
    return configuration_error(fmt::format("--stamp '{}': must be open or close", job.stamp));
  }
  auto zone = ingestor::read_zone(job.tz);
  if (!zone) return zone.error();
  job.tz_file = std::move(*zone);
  BarFiles result;
  for (const BarFile& file : files) {
    auto csv = read_one(experiment, file, job);
    if (!csv) return csv.error();
    if (csv->bars.empty()) return transient_error(csv->report.nothing_accepted());
    if (Status reach = check_reach(experiment, file, csv->bars); !reach) return reach.error();
    if (Status own = check_symbol(experiment, file, csv->report, result.notes); !own) {
      return own.error();
    }
    note_report(file.symbol, csv->report, result.notes);
    result.series.push_back(cut_series(experiment, file.symbol, csv->bars));
  }
  return result;
}

}  // namespace mendel::cli

#include "topology/mendel/log_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "shared/base/time.hpp"
#include "shared/config/value.hpp"
#include "shared/market/metrics.hpp"
#include "shared/wire/codec.hpp"

namespace mendel::cli {
namespace {

std::string cell(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char letter : text) quoted += letter == '"' ? "\"\"" : std::string(1, letter);
  return quoted + '"';
}

std::string bar_lines(const wire::BarBatch& batch) {
  const std::string series =
      fmt::format("{},{},{}", cell(batch.source), cell(batch.symbol), cell(batch.timeframe));
  std::string text;
  for (const market::Bar& bar : batch.bars) {
    text += fmt::format("{},{},{},{},{},{},{},{}\n", series, format_time(bar.time_ns), bar.open,
                        bar.high, bar.low, bar.close, bar.volume, batch.revision);
  }
  return text;
}

std::string score_lines(const wire::Score& score) {
  const std::string head =
      fmt::format("{},{},{},{},{},{}", score.key.hex(), cell(score.run), score.generation,
                  format_time(score.born_at_ns), score.ruined ? "yes" : "no", cell(score.invalid));
  const std::string nothing(market::kMetricCount, ',');
  if (score.rows.empty()) return fmt::format("{},,{}\n", head, nothing);
  std::string text;
  for (const wire::ScoreRow& row : score.rows) {
    text += fmt::format("{},{},{}", head, market::window_name(row.window), cell(row.symbol));
    for (std::size_t i = 0; i < market::kMetricCount; ++i) {
      const auto value = row.metrics.get(static_cast<market::Metric>(i));
      text += value ? fmt::format(",{}", *value) : ",";
    }
    text += '\n';
  }
  return text;
}

// Whether the message tells of `run`; of a batch of scores, only those that do are kept.
bool belongs_to(wire::Message& message, const std::string& run) {
  if (auto* batch = std::get_if<wire::ScoreBatch>(&message)) {
    std::erase_if(batch->scores, [&](const wire::Score& score) { return score.run != run; });
    return !batch->scores.empty();
  }
  if (const auto* record = std::get_if<wire::RunRecord>(&message)) return record->run == run;
  if (const auto* one = std::get_if<wire::GenerationRecord>(&message)) return one->run == run;
  if (const auto* verdict = std::get_if<wire::Verdict>(&message)) return verdict->run == run;
  return false;
}

std::string csv_lines(const wire::Message& message) {
  if (const auto* bars = std::get_if<wire::BarBatch>(&message)) return bar_lines(*bars);
  std::string text;
  if (const auto* batch = std::get_if<wire::ScoreBatch>(&message)) {
    for (const wire::Score& score : batch->scores) text += score_lines(score);
  }
  return text;
}

}  // namespace

LogLines::LogLines(std::string log, LineFormat format, std::string run)
    : log_(std::move(log)), format_(format), run_(std::move(run)) {}

std::string LogLines::heading() const {
  if (format_ == LineFormat::jsonl) return "";
  if (log_ == "bars") {
    return "source,symbol,timeframe,time,open,high,low,close,volume,revision\n";
  }
  std::string text = "strategy_id,run,generation,born_at,ruined,invalid,window,symbol";
  for (const std::string_view name : market::kMetricNames) text += fmt::format(",{}", name);
  return text + "\n";
}

std::string LogLines::lines(const durable_log::Entry& entry) {
  Result<wire::Message> message = wire::decode(entry.record.payload);
  if (!message) {
    ++unreadable_;
    return "";
  }
  if (!run_.empty() && !belongs_to(*message, run_)) return "";
  if (format_ == LineFormat::csv) return csv_lines(*message);
  config::Value line = config::Value::table();
  line.set("segment", entry.begin.segment);
  line.set("offset", entry.begin.offset);
  line.set("sequence", entry.sequence);
  std::string text = config::to_json(line);
  text.pop_back();  // one object: the place, then the message's own fields
  return text + "," + wire::to_json(*message).substr(1) + "\n";
}

}  // namespace mendel::cli

#include "stages/results_writer/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "shared/config/value.hpp"
#include "shared/database/values.hpp"
#include "shared/wire/codec.hpp"

namespace mendel::results_writer {
namespace {

bool is_name(const std::string& text) { return !text.empty() && text.size() <= kNameBytesMax; }

bool fits_integer(std::int64_t value) {
  return value >= 0 && value <= std::numeric_limits<std::int32_t>::max();
}

config::Value cleaned(const config::Value& value) {
  if (value.is_text()) return config::Value(database::clean_text(value.as_text()));
  if (value.is_array()) {
    config::Value out = config::Value::array();
    for (const config::Value& item : value.items()) out.push(cleaned(item));
    return out;
  }
  if (value.is_table()) {
    config::Value out = config::Value::table();
    for (const auto& [key, item] : value.entries()) {
      out.set(database::clean_text(key), cleaned(item));
    }
    return out;
  }
  return value;
}

std::string genes_json(const std::vector<std::string>& names, const std::vector<double>& genome) {
  config::Value genes = config::Value::table();
  for (std::size_t i = 0; i < std::min(names.size(), genome.size()); ++i) {
    const double value = genome[i];
    const auto whole = value > -1e15 && value < 1e15 ? static_cast<std::int64_t>(value) : 0;
    genes.set(database::clean_text(names[i]),
              static_cast<double>(whole) == value ? config::Value(whole) : config::Value(value));
  }
  return config::to_json(genes);
}

class Collector {
 public:
  ResultRows take() { return std::move(rows_); }
  void refuse(std::string why) { rows_.refused.push_back(std::move(why)); }

  void add(const wire::ScoreBatch& batch) {
    for (const wire::Score& score : batch.scores) add(score);
  }

  void add(wire::RunRecord record) {
    if (!is_name(record.run)) return refuse("run record: run id");
    rows_.runs.push_back(std::move(record));
  }

  void add(wire::GenerationRecord record) {
    const std::string where = fmt::format("generation record {}", record.record_id);
    if (!is_name(record.run) || !fits_integer(record.island) || !fits_integer(record.generation)) {
      return refuse(where + ": run id, island or generation");
    }
    if (!generations_.emplace(record.run, record.island, record.generation).second) return;
    std::int64_t slot = 0;
    for (const wire::GenerationSlot& one : record.slots) {
      if (one.key.is_zero()) {  // not kept (Selection)
        ++slot;
        continue;
      }
      rows_.candidates.push_back({record.run, record.island, record.generation, slot++,
                                  one.key.hex(), genes_json(record.genes, one.genome), one.rank,
                                  one.invalid});
    }
    record.slots.clear();
    rows_.generations.push_back(std::move(record));
  }

  void add(wire::Verdict verdict) {
    const bool ranks = std::ranges::all_of(verdict.reported,
                                           [](const auto& one) { return fits_integer(one.rank); });
    if (!is_name(verdict.run) || !ranks) return refuse("verdict: run id or rank");
    rows_.verdicts.push_back(std::move(verdict));
  }

 private:
  void add(const wire::Score& score) {
    if (!score.invalid.empty()) return;  // its reason is in the candidates' rows
    if (!score.blocks.empty()) return;   // of a verdict's samples, which are in its report
    if (!is_name(score.run) || !fits_integer(score.generation)) {
      return refuse(fmt::format("score {}: run id or generation", score.key.hex()));
    }
    for (const wire::ScoreRow& row : score.rows) {
      if (!is_name(row.symbol)) {
        refuse(fmt::format("score {}: symbol", score.key.hex()));
        continue;
      }
      // The table's primary key; its time has microseconds.
      const bool fresh = metrics_
                             .emplace(database::time_text(score.born_at_ns), score.key, row.window,
                                      database::clean_text(row.symbol))
                             .second;
      if (fresh) {
        rows_.metrics.push_back(
            {score.born_at_ns, score.key.hex(), score.run, score.generation, score.ruined, row});
      }
    }
  }

  ResultRows rows_;
  std::set<std::tuple<std::string, Digest, market::Window, std::string>> metrics_;
  std::set<std::tuple<std::string, std::int64_t, std::int64_t>> generations_;
};

}  // namespace

ResultRows collect(const std::vector<durable_log::Entry>& entries) {
  Collector collector;
  for (const durable_log::Entry& entry : entries) {
    Result<wire::Message> message = wire::decode(entry.record.payload);
    const std::string place = fmt::format("{}:{}", entry.begin.segment, entry.begin.offset);
    if (!message) {
      collector.refuse(fmt::format("{}: {}", place, message.error().message));
      continue;
    }
    std::visit(
        [&](auto& one) {
          using Type = std::decay_t<decltype(one)>;
          if constexpr (std::is_same_v<Type, wire::ScoreBatch> ||
                        std::is_same_v<Type, wire::RunRecord> ||
                        std::is_same_v<Type, wire::GenerationRecord> ||
                        std::is_same_v<Type, wire::Verdict>) {
            collector.add(std::move(one));
          } else {
            collector.refuse(fmt::format("{}: a {}", place, wire::kind_name(*message)));
          }
        },
        *message);
  }
  return collector.take();
}

std::string undefined_json(const market::Metrics& metrics) {
  config::Value reasons;
  for (std::size_t i = 0; i < market::kMetricCount; ++i) {
    if (metrics.reasons[i] == market::Undefined::no) continue;
    reasons.set(market::kMetricNames[i], market::undefined_reason(metrics.reasons[i]));
  }
  return reasons.is_null() ? "" : config::to_json(reasons);
}

std::string clean_json(const std::string& text) {
  if (text.empty()) return "";
  const Result<config::Value> value = config::parse_json(text, "record");
  return value ? config::to_json(cleaned(*value)) : "";
}

}  // namespace mendel::results_writer

#include "topology/simulation/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "shared/base/bytes.hpp"
#include "shared/base/check.hpp"
#include "shared/base/hash.hpp"
#include "shared/wire/codec.hpp"
#include "stages/results_writer/selection.hpp"

namespace mendel::simulation {
namespace {

std::uint64_t fingerprint(const results_writer::MetricRow& row) {
  std::string bytes;
  append_text(bytes, row.run);
  append_number(bytes, row.generation);
  append_number(bytes, static_cast<std::uint8_t>(row.ruined));
  for (const double value : row.score.metrics.values) append_number(bytes, value);
  for (const market::Undefined reason : row.score.metrics.reasons)
    append_number(bytes, static_cast<std::uint8_t>(reason));
  return checksum(bytes);
}

}  // namespace

void MarketRows::add(const wire::BarBatch& batch) {
  data_loader::StoredCounts& sender = senders[batch.incarnation];
  sender.incarnation = batch.incarnation;
  sender.source = batch.source;
  sender.stored_through = std::max(sender.stored_through, batch.sequence);
  auto& rows = series[series_name(batch.source, batch.symbol, batch.timeframe)];
  for (const market::Bar& bar : batch.bars) {
    const auto [place, fresh] = rows.try_emplace(bar.time_ns, Row{bar, batch.revision});
    Row& there = place->second;
    if (fresh) {
      ++sender.inserted;
    } else if (there.bar == bar) {
      ++sender.equal;
    } else if (batch.revision > there.revision) {
      ++sender.replaced;
      there = {bar, batch.revision};
    } else {
      ++sender.conflicts;
    }
  }
}

std::size_t MarketRows::bars() const {
  std::size_t count = 0;
  for (const auto& [name, rows] : series) count += rows.size();
  return count;
}

void ResultRows::add(const results_writer::ResultRows& from) {
  for (const auto& row : from.metrics)
    rows.try_emplace(fmt::format("metric {} {} {} {}", row.born_at_ns / 1000, row.strategy_id,
                                 static_cast<int>(row.score.window), row.score.symbol),
                     fingerprint(row));
  for (const auto& row : from.candidates)
    rows.try_emplace(
        fmt::format("candidate {} {} {} {}", row.run, row.island, row.generation, row.slot),
        checksum(row.strategy_id + row.genes + row.invalid));
  for (const auto& row : from.generations)
    rows.try_emplace(fmt::format("generation {} {} {}", row.run, row.island, row.generation),
                     checksum(row.digest.hex()));
  for (const auto& row : from.verdicts) rows.try_emplace("report " + row.run, checksum(row.report));
  for (const auto& row : from.runs) {
    std::string& state = runs[row.run];
    if (state.empty() || row.state != "running") state = row.state;
  }
}

MarketRows loaded(MarketRows begin, std::span<const durable_log::Entry> log) {
  for (const auto& entry : log) {
    const auto message = wire::decode(entry.record.payload);
    if (const auto* batch = message ? std::get_if<wire::BarBatch>(&*message) : nullptr)
      begin.add(*batch);
  }
  return begin;
}

ResultRows loaded(std::span<const durable_log::Entry> log) {
  ResultRows tables;
  for (const auto& entry : log) tables.add(results_writer::collect({entry}));
  return tables;
}

ResultRows chosen(std::span<const durable_log::Entry> log, const durable_log::Source& source) {
  ResultRows tables;
  results_writer::Selection selection;
  for (const auto& entry : log) {
    const auto taken = selection.choose({entry}, source);
    check(static_cast<bool>(taken), "a log in memory can be read");
    tables.add(results_writer::collect(*taken));
  }
  return tables;
}

}  // namespace mendel::simulation

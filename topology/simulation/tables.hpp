// Tables: what the database holds, as the simulator and its oracle see it: the keys that the real
// tables have, and what is needed to tell whether a row is there once and right.
// Threads: plain values.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "shared/durable_log/log.hpp"
#include "shared/durable_log/source.hpp"
#include "shared/market/bar.hpp"
#include "shared/wire/messages.hpp"
#include "stages/data_loader/intake.hpp"
#include "stages/results_writer/rows.hpp"

namespace mendel::simulation {

// market_data and bar_receipts.
struct MarketRows {
  struct Row {
    market::Bar bar;
    std::int64_t revision = 0;
    bool operator==(const Row&) const = default;
  };
  std::map<std::string, std::map<std::int64_t, Row>> series;  // "source symbol timeframe" -> time
  std::map<std::string, data_loader::StoredCounts> senders;   // by incarnation

  static std::string series_name(const std::string& source, const std::string& symbol,
                                 const std::string& timeframe) {
    return source + " " + symbol + " " + timeframe;
  }
  // As the merge of market_tables.cpp: equal rows change nothing, a higher revision replaces, the
  // rest are conflicts.
  void add(const wire::BarBatch& batch);
  std::size_t bars() const;
};

// strategy_metrics, candidates, generation_records, runs, reported.
struct ResultRows {
  std::map<std::string, std::uint64_t> rows;  // table and primary key -> what it says
  std::map<std::string, std::string> runs;    // run -> its state; an ended one stays ended
  bool operator==(const ResultRows&) const = default;

  // As tables.cpp: a key that is there already changes nothing.
  void add(const results_writer::ResultRows& rows);
};

// What one load of the whole log, undisturbed, makes of a database that held `begin`.
MarketRows loaded(MarketRows begin, std::span<const durable_log::Entry> log);
// Of the scores by the rule of their run, and of the others, too.
ResultRows loaded(std::span<const durable_log::Entry> log);
ResultRows chosen(std::span<const durable_log::Entry> log, const durable_log::Source& source);

}  // namespace mendel::simulation

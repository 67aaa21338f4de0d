// Rows: what a batch of log records means for the result tables. Pure: records in, rows out, each
// key once, in the order of the log; a generation's slots without a key are not kept (Selection).
// What the tables cannot hold is left out and named.
// Threads: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shared/durable_log/log.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::results_writer {

inline constexpr std::size_t kNameBytesMax = 128;  // run ids, symbols: part of primary keys

struct MetricRow {
  std::int64_t born_at_ns = 0;
  std::string strategy_id;  // hex
  std::string run;
  std::int64_t generation = 0;
  bool ruined = false;
  wire::ScoreRow score;
};

struct CandidateRow {
  std::string run;
  std::int64_t island = 0;
  std::int64_t generation = 0;
  std::int64_t slot = 0;
  std::string strategy_id;
  std::string genes;  // JSON object
  std::int64_t rank = 0;
  std::string invalid;
};

struct ResultRows {
  std::vector<MetricRow> metrics;
  std::vector<CandidateRow> candidates;
  std::vector<wire::GenerationRecord> generations;  // without their slots
  std::vector<wire::RunRecord> runs;
  std::vector<wire::Verdict> verdicts;
  std::vector<std::string> refused;  // one line each
};

ResultRows collect(const std::vector<durable_log::Entry>& entries);

// {"sharpe_ratio": "no_variance"}, or "" when every metric is defined.
std::string undefined_json(const market::Metrics& metrics);
// The JSON document as PostgreSQL's jsonb can hold it (texts cleaned), or "" when it is none.
std::string clean_json(const std::string& text);

}  // namespace mendel::results_writer

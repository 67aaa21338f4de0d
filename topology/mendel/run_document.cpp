#include "topology/mendel/run_document.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "shared/base/time.hpp"
#include "shared/database/connection.hpp"
#include "topology/mendel/interrupt.hpp"

namespace mendel::cli {
namespace {

constexpr int kLookMs = 100;

config::Value part(const config::Value& report, const char* key) {
  const config::Value* found = report.find(key);
  return found == nullptr ? config::Value() : *found;
}

// The report is the last thing that a run records, and a log is loaded in its order: with the
// report in the database, everything of the run is.
constexpr const char* kIsStored =
    "SELECT 1 FROM mendel.runs WHERE run = $1 AND reported_at IS NOT NULL AND ended_at IS NOT NULL";

constexpr const char* kCountBars =
    "SELECT count(*) FROM mendel.market_data WHERE source = $1 AND timeframe = $2 AND "
    "symbol IN (SELECT jsonb_array_elements_text($3::jsonb))";

// Every score that the run used. One that an earlier run recorded is stored under that run, and not
// again (docs/adr/0006-scores.md). Rows are counted as they are, so that a double one shows.
constexpr const char* kCountScores =
    "WITH used AS (SELECT strategy_id FROM mendel.candidates WHERE run = $1 "
    "UNION SELECT strategy_id FROM mendel.reported WHERE run = $1 "
    "UNION SELECT out_of_sample_id FROM mendel.reported WHERE run = $1 "
    "UNION SELECT buy_and_hold_id FROM mendel.runs WHERE run = $1) "
    "SELECT count(*), count(*) FILTER (WHERE run <> $1) FROM mendel.strategy_metrics "
    "WHERE strategy_id IN (SELECT strategy_id FROM used)";

// After that a person is told what is waited for.
constexpr std::int64_t kTellNs = 2 * kNsPerSecond;

Status wait_until_stored(database::Connection& connection, const std::string& run,
                         std::int64_t timeout_ms) {
  const std::int64_t began = read_clocks().monotonic_ns;
  const std::int64_t until = began + timeout_ms * kNsPerMs;
  bool told = false;
  for (;;) {
    Result<database::Rows> rows = connection.exec(kIsStored, {run});
    if (!rows) return rows.error();
    if (!rows->empty()) return {};
    if (!told && read_clocks().monotonic_ns > began + kTellNs) {
      told = true;
      fmt::print(stderr,
                 "waiting for the database to take what was recorded (Ctrl-C leaves that to "
                 "results_writer)\n");
    }
    if (interrupts() > 0) return transient_error("interrupted");
    if (read_clocks().monotonic_ns > until) {
      return transient_error(fmt::format(
          "run {} is not yet in the database after {} s; 'mendel status' shows how far it is", run,
          timeout_ms / 1000));
    }
    usleep(kLookMs * 1000);
  }
}

}  // namespace

config::Value run_document(const config::Value& report, const RunSeen& seen) {
  config::Value document;
  for (const char* key : {"run", "seed", "generations", "evaluations"}) {
    document.set(key, part(report, key));
  }
  document.set("evaluations_per_second", seen.evaluations_per_second);
  for (const char* key : {"digest", "best"}) document.set(key, part(report, key));
  document.set("rows", config::Value());
  document.set("stages", seen.stages);
  document.set("judged_seconds", seen.judged_seconds);
  for (const char* key :
       {"stopped_by", "candidates", "duplicates", "cache_hits", "verdict", "name", "objectives",
        "pick", "front_size", "nearest", "leaderboard", "buy_and_hold", "out_of_sample_look",
        "dataset", "quality", "notes", "redispatched"}) {
    document.set(key, part(report, key));
  }
  return document;
}

Result<config::Value> count_rows(const database::Dsn& dsn, const std::string& run,
                                 const strategy::DataSettings& data, std::int64_t timeout_ms) {
  Result<database::Connection> connection =
      database::Connection::open(dsn, {"mendel", [] { return interrupts() > 0; }});
  if (!connection) return connection.error();
  if (Status stored = wait_until_stored(*connection, run, timeout_ms); !stored) {
    return stored.error();
  }
  config::Value symbols = config::Value::array();
  for (const std::string& symbol : data.symbols) symbols.push(symbol);
  Result<database::Rows> bars =
      connection->exec(kCountBars, {data.source, data.timeframe.name, config::to_json(symbols)});
  if (!bars) return bars.error();
  Result<database::Rows> scores = connection->exec(kCountScores, {run});
  if (!scores) return scores.error();
  config::Value rows;
  rows.set("market_data", bars->integer(0, 0));
  rows.set("strategy_metrics", scores->integer(0, 0));
  rows.set("strategy_metrics_of_earlier_runs", scores->integer(0, 1));
  return rows;
}

}  // namespace mendel::cli

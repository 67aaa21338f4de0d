#include "topology/mendel/product_statements.hpp"

#include <array>
#include <string>

#include "shared/base/time.hpp"

namespace mendel::cli {
namespace {

constexpr int kCopiedRows = 500;

// What a cutter, a drain, the leaderboard and `mendel show` ask.
constexpr std::array<const char*, 6> kStatements = {
    "SELECT max(number) FROM mendel.schema_version",
    "SELECT segment, \"offset\" FROM mendel.log_offsets ORDER BY segment COLLATE \"C\" DESC LIMIT "
    "1",
    "SELECT \"timestamp\", open, high, low, close, volume FROM mendel.market_data"
    " WHERE (source, symbol, timeframe) = (SELECT source, symbol, timeframe"
    " FROM mendel.market_data LIMIT 1) ORDER BY \"timestamp\" LIMIT 10000",
    "SELECT * FROM mendel.leaderboard WHERE run = (SELECT max(run) FROM mendel.runs)",
    "SELECT digest, best, mean FROM mendel.generations WHERE run = (SELECT max(run)"
    " FROM mendel.runs) ORDER BY generation DESC LIMIT 10",
    "SELECT sharpe_ratio FROM mendel.strategy_metrics WHERE strategy_id ="
    " (SELECT strategy_id FROM mendel.reported LIMIT 1) ORDER BY \"timestamp\" DESC LIMIT 2"};

// COPY as the drains do it, rolled back.
Status copy_rows(database::Transaction& transaction) {
  int row_number = 0;
  const auto copied = transaction.copy("mendel.market_data_staging",
                                       {"batch", "timestamp", "symbol", "open", "high", "low",
                                        "close", "volume", "source", "timeframe", "revision"},
                                       [&](database::CopyRow& row) {
                                         if (row_number == kCopiedRows) return false;
                                         row.integer(0);
                                         row.time(row_number++ * kNsPerSecond);
                                         row.text("VALIDATE");
                                         for (int i = 0; i < 5; ++i) row.number(1);
                                         row.text("validate");
                                         row.text("1s");
                                         row.integer(0);
                                         return true;
                                       });
  return copied ? Status{} : Status(copied.error());
}

template <class Call>
Status timed(database::Latency& latency, Call call) {
  const std::int64_t began_ns = read_clocks().monotonic_ns;
  Status done = call();
  latency.add(read_clocks().monotonic_ns - began_ns);
  return done;
}

}  // namespace

Result<database::Latency> time_product_statements(database::Connection& connection) {
  database::Latency latency;
  for (int round = 0; round < kBaselineRounds; ++round) {
    auto transaction = connection.begin();
    if (!transaction) return transaction.error();
    for (const char* statement : kStatements) {
      const Status done = timed(latency, [&]() -> Status {
        const auto rows = transaction->exec(statement);
        return rows ? Status{} : Status(rows.error());
      });
      if (!done) return done.error();
    }
    const Status copied = timed(latency, [&] { return copy_rows(*transaction); });
    if (!copied) return copied.error();
  }
  return latency;
}

}  // namespace mendel::cli

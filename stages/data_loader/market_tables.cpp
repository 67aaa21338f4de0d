#include "stages/data_loader/market_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "shared/base/time.hpp"
#include "shared/config/value.hpp"
#include "shared/market/timeframe.hpp"
#include "stages/data_loader/merge.hpp"

namespace mendel::data_loader {
namespace {

using database::Parameters;
using database::to_text;
using database::Transaction;

constexpr const char* kLog = "bars";
constexpr std::int64_t kPageRows = 50'000;
constexpr std::int64_t kNsPerMicrosecond = 1000;
constexpr std::size_t kSpansShown = 20;
// Microseconds since 1970, exact: extract() is numeric.
constexpr const char* kMicros = "(extract(epoch FROM \"timestamp\") * 1000000)::bigint";

// Adds to the counts of each sender and returns the sums.
constexpr const char* kReceipts = R"sql(
INSERT INTO mendel.bar_receipts AS r
  (store_id, incarnation, source, stored_through, inserted, equal, replaced, conflicts)
SELECT $1, one ->> 'incarnation', one ->> 'source', (one ->> 'stored_through')::bigint,
       (one ->> 'inserted')::bigint, (one ->> 'equal')::bigint, (one ->> 'replaced')::bigint,
       (one ->> 'conflicts')::bigint
FROM jsonb_array_elements($2::jsonb) one
ON CONFLICT (store_id, incarnation) DO UPDATE
SET stored_through = greatest(r.stored_through, excluded.stored_through),
    inserted = r.inserted + excluded.inserted, equal = r.equal + excluded.equal,
    replaced = r.replaced + excluded.replaced, conflicts = r.conflicts + excluded.conflicts
RETURNING incarnation, source, stored_through, inserted, equal, replaced, conflicts)sql";

std::vector<StoredCounts> counts_from(const database::Rows& rows) {
  std::vector<StoredCounts> all;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto number = [&](std::size_t column) {
      return static_cast<std::uint64_t>(rows.integer(i, column));
    };
    all.push_back({std::string(rows.text(i, 0)), std::string(rows.text(i, 1)), number(2), number(3),
                   number(4), number(5), number(6)});
  }
  return all;
}

// The sums by sender, as the JSON that kReceipts reads.
std::string receipts_json(const std::vector<wire::BarBatch>& batches,
                          const std::map<std::size_t, BatchCounts>& outcome) {
  std::map<std::string, StoredCounts> senders;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    StoredCounts& sum = senders[database::clean_text(batches[i].incarnation)];
    sum.source = database::clean_text(batches[i].source);
    sum.stored_through = std::max(sum.stored_through, batches[i].sequence);
    const auto found = outcome.find(i);
    if (found == outcome.end()) continue;
    sum.inserted += found->second.inserted;
    sum.equal += found->second.equal;
    sum.replaced += found->second.replaced;
    sum.conflicts += found->second.conflicts;
  }
  config::Value all = config::Value::array();
  for (const auto& [incarnation, sum] : senders) {
    config::Value one = config::Value::table();
    one.set("incarnation", incarnation);
    one.set("source", sum.source);
    one.set("stored_through", sum.stored_through);
    one.set("inserted", sum.inserted);
    one.set("equal", sum.equal);
    one.set("replaced", sum.replaced);
    one.set("conflicts", sum.conflicts);
    all.push(std::move(one));
  }
  return config::to_json(all);
}

// The time of the bar `warm_up_bars` before from_ns, or of the first there is; nullopt when the
// symbol has no bar in the ordered range.
Result<std::optional<std::int64_t>> first_time(Transaction& transaction,
                                               const wire::DatasetOrder& order,
                                               const std::string& symbol) {
  const auto found = transaction.exec(
      fmt::format(
          "SELECT EXISTS (SELECT FROM mendel.market_data WHERE source = $1 AND symbol = $2 AND"
          " timeframe = $3 AND \"timestamp\" >= $4::timestamptz AND \"timestamp\" <"
          " $5::timestamptz), (SELECT min(t) FROM (SELECT {} AS t FROM mendel.market_data"
          " WHERE source = $1 AND symbol = $2 AND timeframe = $3 AND \"timestamp\" <"
          " $4::timestamptz ORDER BY \"timestamp\" DESC LIMIT $6::bigint) warm_up)",
          kMicros),
      {order.source, symbol, order.timeframe, database::time_text(order.from_ns),
       database::time_text(order.to_ns), to_text(order.warm_up_bars)});
  if (!found) return found.error();
  if (found->text(0, 0) != "t") return std::optional<std::int64_t>();
  if (!found->field(0, 1)) return std::optional(order.from_ns);
  return std::optional(found->integer(0, 1) * kNsPerMicrosecond);
}

Result<market::Series> read_series(Transaction& transaction, const wire::DatasetOrder& order,
                                   const std::string& symbol) {
  market::Series series;
  series.symbol = symbol;
  const auto first = first_time(transaction, order, symbol);
  if (!first) return first.error();
  if (!*first) return series;
  const std::string sql = fmt::format(
      "SELECT {}, open, high, low, close, volume FROM mendel.market_data "
      "WHERE source = $1 AND symbol = $2 AND timeframe = $3 AND \"timestamp\" >= $4::timestamptz "
      "AND \"timestamp\" < $5::timestamptz ORDER BY \"timestamp\" LIMIT {}",
      kMicros, kPageRows);
  for (std::int64_t from_ns = **first;;) {
    const auto rows =
        transaction.exec(sql, {order.source, symbol, order.timeframe, database::time_text(from_ns),
                               database::time_text(order.to_ns)});
    if (!rows) return rows.error();
    for (std::size_t i = 0; i < rows->size(); ++i) {
      series.push({rows->integer(i, 0) * kNsPerMicrosecond, rows->number(i, 1), rows->number(i, 2),
                   rows->number(i, 3), rows->number(i, 4), rows->number(i, 5)});
    }
    if (static_cast<std::int64_t>(rows->size()) < kPageRows) return series;
    from_ns = series.time_ns.back() + kNsPerMicrosecond;
  }
}

// Whether none of the bars are intraday.
bool are_daily(const std::vector<wire::BarBatch>& batches) {
  return std::all_of(batches.begin(), batches.end(), [](const wire::BarBatch& batch) {
    const auto timeframe = market::parse_timeframe(batch.timeframe);
    return timeframe && timeframe->length_ns >= kNsPerDay;
  });
}

}  // namespace

Result<MarketSink::Begun> MarketTables::begin(const std::string& store_id, std::uint64_t epoch) {
  owner_ = {store_id, kLog, epoch};
  daily_chunks_.reset();
  const auto lease = pool_.acquire();
  if (!lease) return lease.error();
  const auto claimed = database::claim_log(**lease, owner_);
  if (!claimed) return claimed.error();
  auto transaction = (*lease)->begin({.snapshot = true});
  if (!transaction) return transaction.error();
  pool_.server().read(**lease, *transaction);
  const auto senders = transaction->exec(
      "SELECT incarnation, source, stored_through, inserted, equal, replaced, conflicts "
      "FROM mendel.bar_receipts WHERE store_id = $1",
      {store_id});
  if (!senders) return senders.error();
  at_ = *claimed;
  return Begun{{at_.segment, at_.offset}, counts_from(*senders)};
}

Result<std::vector<StoredCounts>> MarketTables::store(const std::vector<wire::BarBatch>& batches,
                                                      const durable_log::Position& end) {
  const auto lease = pool_.acquire();
  if (!lease) return lease.error();
  auto transaction = (*lease)->begin();
  if (!transaction) return transaction.error();
  pool_.server().read(**lease, *transaction);
  const database::LogPosition to{end.segment, end.offset};
  const auto moved = database::advance_log(*transaction, owner_, at_, to);
  if (!moved) return moved.error();
  if (!*moved) {
    return transient_error("the log's offset was moved, or another epoch owns it: asking again");
  }
  const bool daily = are_daily(batches);
  if (daily_chunks_ != daily) {
    const auto chosen = transaction->exec("SELECT mendel.choose_bar_chunk($1::boolean)",
                                          {daily ? "true" : "false"});
    if (!chosen) return chosen.error();
  }
  const auto outcome = merge_bars(*transaction, batches);
  if (!outcome) return outcome.error();
  const auto receipts =
      transaction->exec(kReceipts, {owner_.store_id, receipts_json(batches, *outcome)});
  if (!receipts) return receipts.error();
  const Status committed = transaction->commit();
  if (!committed) return committed.error();
  at_ = to;
  daily_chunks_ = daily;
  return counts_from(*receipts);
}

Result<std::vector<market::Series>> MarketTables::read(const wire::DatasetOrder& order) {
  const auto lease = pool_.acquire();
  if (!lease) return lease.error();
  auto transaction = (*lease)->begin({.snapshot = true});
  if (!transaction) return transaction.error();
  pool_.server().read(**lease, *transaction);
  std::vector<market::Series> all;
  std::int64_t rows = 0;
  for (const std::string& symbol : order.symbols) {
    auto series = read_series(*transaction, order, symbol);
    if (!series) return series.error();
    rows += static_cast<std::int64_t>(series->time_ns.size());
    if (rows > kDatasetRowsMax) {
      return operator_error(fmt::format(
          "the order asks for more than {} bars: ask for fewer symbols or a shorter range",
          kDatasetRowsMax));
    }
    all.push_back(std::move(*series));
  }
  return all;
}

Result<std::string> MarketTables::stored_spans() {
  const auto lease = pool_.acquire();
  if (!lease) return lease.error();
  const auto rows = (*lease)->exec(
      fmt::format("SELECT source, symbol, timeframe, min({0}), max({0}) FROM mendel.market_data "
                  "GROUP BY source, symbol, timeframe ORDER BY source, symbol, timeframe",
                  kMicros));
  if (!rows) return rows.error();
  if (rows->empty()) return std::string("nothing is stored: run mendel ingest first");
  std::string text = "stored are ";
  for (std::size_t i = 0; i < std::min(rows->size(), kSpansShown); ++i) {
    text +=
        fmt::format("{}{} {} {} {} to {}", i == 0 ? "" : "; ", rows->text(i, 0), rows->text(i, 1),
                    rows->text(i, 2), format_time(rows->integer(i, 3) * kNsPerMicrosecond),
                    format_time(rows->integer(i, 4) * kNsPerMicrosecond));
  }
  if (rows->size() > kSpansShown) text += fmt::format("; … {} in all", rows->size());
  return text;
}

}  // namespace mendel::data_loader

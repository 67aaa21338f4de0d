#include "stages/data_loader/merge.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "shared/base/time.hpp"
#include "shared/config/value.hpp"

namespace mendel::data_loader {
namespace {

using database::BinaryRow;
using database::Transaction;

const std::vector<std::string> kColumns = {"timestamp", "symbol",  "open",   "high",
                                           "low",       "close",   "volume", "source",
                                           "timeframe", "revision"};
const std::vector<std::string> kStagingColumns = [] {
  std::vector<std::string> columns = {"batch"};
  columns.insert(columns.end(), kColumns.begin(), kColumns.end());
  return columns;
}();

// Which of the batches in $1 (their number, keys, first and last time) meet a stored bar within
// their range. Ordered, so that the key's index answers, however little the planner knows.
constexpr const char* kMet = R"sql(
SELECT (one ->> 'batch')::integer
FROM jsonb_array_elements($1::jsonb) one
CROSS JOIN LATERAL (
  SELECT FROM mendel.market_data m
  WHERE m.source = one ->> 'source' AND m.symbol = one ->> 'symbol'
    AND m.timeframe = one ->> 'timeframe'
    AND m."timestamp" >= (one ->> 'first')::timestamptz
    AND m."timestamp" <= (one ->> 'last')::timestamptz
    AND m."timestamp" >= $2::timestamptz AND m."timestamp" <= $3::timestamptz
  ORDER BY m."timestamp" LIMIT 1) met)sql";

// Judges each staged bar against what is stored, writes what is new or of a higher revision, and
// counts per batch. $1 and $2 bound the times, so that only the chunks of this batch are touched.
constexpr const char* kMerge = R"sql(
WITH judged AS MATERIALIZED (
  SELECT s.*, m.source IS NULL AS fresh,
         m.source IS NOT NULL AND (m.open, m.high, m.low, m.close, m.volume)
                                = (s.open, s.high, s.low, s.close, s.volume) AS same,
         coalesce(s.revision > m.revision, false) AS newer
  FROM mendel.market_data_staging s
  LEFT JOIN mendel.market_data m
    ON m.source = s.source AND m.symbol = s.symbol AND m.timeframe = s.timeframe
   AND m."timestamp" = s."timestamp"
   AND m."timestamp" >= $1::timestamptz AND m."timestamp" <= $2::timestamptz
), written AS (
  INSERT INTO mendel.market_data AS m
    ("timestamp", symbol, open, high, low, close, volume, source, timeframe, revision)
  SELECT "timestamp", symbol, open, high, low, close, volume, source, timeframe, revision
  FROM judged WHERE fresh OR (newer AND NOT same) ORDER BY "timestamp"
  ON CONFLICT (source, symbol, timeframe, "timestamp") DO UPDATE
  SET open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
      volume = excluded.volume, revision = excluded.revision
  WHERE excluded.revision > m.revision
), emptied AS (
  DELETE FROM mendel.market_data_staging
)
SELECT batch, count(*) FILTER (WHERE fresh), count(*) FILTER (WHERE same),
       count(*) FILTER (WHERE NOT fresh AND NOT same AND newer),
       count(*) FILTER (WHERE NOT fresh AND NOT same AND NOT newer)
FROM judged GROUP BY batch)sql";

void write_row(BinaryRow& row, const wire::BarBatch& batch, const market::Bar& bar) {
  row.time(bar.time_ns);
  row.text(batch.symbol);
  row.number(bar.open);
  row.number(bar.high);
  row.number(bar.low);
  row.number(bar.close);
  row.number(bar.volume);
  row.text(batch.source);
  row.text(batch.timeframe);
  row.bigint(batch.revision);
}

// A transaction's batches; some of them, by number.
using Batches = std::vector<wire::BarBatch>;
using Numbers = std::vector<std::size_t>;

// Bar by bar through some of the batches.
class Walk {
 public:
  Walk(const Batches& batches, const Numbers& numbers) : batches_(batches), numbers_(numbers) {}

  bool next() {
    if (begun_) ++bar_;
    begun_ = true;
    while (at_ < numbers_.size() && bar_ == batch().bars.size()) {
      ++at_;
      bar_ = 0;
    }
    return at_ < numbers_.size();
  }
  std::size_t number() const { return numbers_[at_]; }
  const wire::BarBatch& batch() const { return batches_[number()]; }
  const market::Bar& bar() const { return batch().bars[bar_]; }

 private:
  const Batches& batches_;
  const Numbers& numbers_;
  std::size_t at_ = 0;
  std::size_t bar_ = 0;
  bool begun_ = false;
};

Status stage(Transaction& transaction, const Batches& batches, const Numbers& numbers) {
  Walk walk(batches, numbers);
  const auto copied =
      transaction.copy_binary("mendel.market_data_staging", kStagingColumns, [&](BinaryRow& row) {
        if (!walk.next()) return false;
        row.integer(static_cast<int>(walk.number()));
        write_row(row, walk.batch(), walk.bar());
        return true;
      });
  return copied ? Status{} : Status(copied.error());
}

// Of batches that meet nothing stored.
Status insert(Transaction& transaction, const Batches& batches, const Numbers& numbers) {
  if (numbers.empty()) return {};
  Walk walk(batches, numbers);
  const auto copied = transaction.copy_binary("mendel.market_data", kColumns, [&](BinaryRow& row) {
    if (!walk.next()) return false;
    write_row(row, walk.batch(), walk.bar());
    return true;
  });
  return copied ? Status{} : Status(copied.error());
}

struct Span {
  std::int64_t first_ns = std::numeric_limits<std::int64_t>::max();
  std::int64_t last_ns = std::numeric_limits<std::int64_t>::min();
  bool empty() const { return first_ns > last_ns; }
};

Span span_of(const std::vector<wire::BarBatch>& batches) {
  Span span;
  for (const wire::BarBatch& batch : batches) {
    if (batch.bars.empty()) continue;
    span.first_ns = std::min(span.first_ns, batch.bars.front().time_ns);
    span.last_ns = std::max(span.last_ns, batch.bars.back().time_ns);
  }
  return span;
}

// What each batch came to, by its number.
using Outcome = std::map<std::size_t, BatchCounts>;

std::string ranges_json(const Batches& batches) {
  config::Value all = config::Value::array();
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (batches[i].bars.empty()) continue;
    config::Value one = config::Value::table();
    one.set("batch", static_cast<std::int64_t>(i));
    one.set("source", database::clean_text(batches[i].source));
    one.set("symbol", database::clean_text(batches[i].symbol));
    one.set("timeframe", database::clean_text(batches[i].timeframe));
    one.set("first", database::time_text(batches[i].bars.front().time_ns));
    one.set("last", database::time_text(batches[i].bars.back().time_ns));
    all.push(std::move(one));
  }
  return config::to_json(all);
}

Status judge(Transaction& transaction, const Batches& batches, const Numbers& numbers,
             const Span& span, Outcome& outcome) {
  if (numbers.empty()) return {};
  if (Status staged = stage(transaction, batches, numbers); !staged) return staged;
  const auto rows = transaction.exec(
      kMerge, {database::time_text(span.first_ns), database::time_text(span.last_ns)});
  if (!rows) return rows.error();
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const auto number = [&](std::size_t column) {
      return static_cast<std::uint64_t>(rows->integer(i, column));
    };
    BatchCounts& counts = outcome[number(0)];
    counts.inserted = number(1);
    counts.equal = number(2);
    counts.replaced = number(3);
    counts.conflicts = number(4);
  }
  return {};
}

}  // namespace

Result<Outcome> merge_bars(Transaction& transaction, const Batches& batches) {
  Outcome outcome;
  const Span span = span_of(batches);
  if (span.empty()) return outcome;
  const auto met = transaction.exec(kMet, {ranges_json(batches), database::time_text(span.first_ns),
                                           database::time_text(span.last_ns)});
  if (!met) return met.error();
  std::set<std::size_t> is_met;
  for (std::size_t i = 0; i < met->size(); ++i) {
    is_met.insert(static_cast<std::size_t>(met->integer(i, 0)));
  }
  Numbers fresh;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (is_met.contains(i)) continue;
    fresh.push_back(i);
    outcome[i].inserted = batches[i].bars.size();
  }
  if (const Status done = insert(transaction, batches, fresh); !done) return done.error();
  const Status judged =
      judge(transaction, batches, Numbers(is_met.begin(), is_met.end()), span, outcome);
  if (!judged) return judged.error();
  return outcome;
}

}  // namespace mendel::data_loader

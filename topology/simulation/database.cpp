#include "topology/simulation/database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "shared/base/time.hpp"

namespace mendel::simulation {
namespace {

constexpr std::uint16_t kDatabaseStream = 4;
constexpr const char* kBars = "bars";
constexpr const char* kScores = "scores";

Error not_moved() {
  return transient_error("the log's offset was moved, or another epoch owns it: asking again");
}

// The transaction that claims a log, and where to continue.
Result<durable_log::Position> claim(Database& database, Database::Connection& connection,
                                    const std::string& log, std::uint64_t epoch) {
  if (Status reached = database.reach(connection); !reached) return reached.error();
  if (epoch < database.offsets[log].epoch)
    return transient_error(fmt::format("log {} is claimed by epoch {}, this is epoch {}", log,
                                       database.offsets[log].epoch, epoch));
  const auto take = [log, epoch](Database& same) { same.offsets[log].epoch = epoch; };
  if (Status committed = database.commit(connection, {take}); !committed) return committed.error();
  return database.offsets[log].position;
}

Database::Change move(const std::string& log, const durable_log::Position& end) {
  return [log, end](Database& same) { same.offsets[log].position = end; };
}

}  // namespace

// ---- Database --------------------------------------------------------------------------------

Database::Database(std::uint64_t seed) : draws_(seed, kDatabaseStream, 0, 0, Purpose::sample) {}

void Database::heal() {
  away = slow = false;
  cut_off = 0;
}

std::int64_t Database::transaction_ns() {
  const double least_ms = slow ? 300 : 1;
  const double most_ms = slow ? 5000 : 12;
  return static_cast<std::int64_t>((least_ms + (most_ms - least_ms) * draws_.unit()) *
                                   static_cast<double>(kNsPerMs));
}

Status Database::reach(Connection& connection) {
  if (away) {
    connection.open = false;
    return transient_error("the database does not answer");
  }
  const bool ended = connection.open && connection.backends != backends_;
  connection = {!ended, backends_};
  return ended ? Status(transient_error("the server ended the connection")) : Status{};
}

Status Database::commit(Connection& connection, const std::vector<Change>& changes) {
  const bool cut = cut_off > 0 && draws_.unit() < cut_off;
  const bool applied = !cut || draws_.below(2) == 0;
  if (applied)
    for (const Change& change : changes) change(*this);
  if (!cut) return {};
  ++cut_off_commits_;
  connection.open = false;
  return transient_error("the connection was lost while a transaction was committed");
}

bool Database::owns(const std::string& log, std::uint64_t epoch,
                    const durable_log::Position& from) const {
  const auto offset = offsets.find(log);
  return offset != offsets.end() && offset->second.epoch == epoch &&
         offset->second.position == from;
}

// ---- SimulatedMarket -------------------------------------------------------------------------

Result<data_loader::MarketSink::Begun> SimulatedMarket::begin(const std::string&,
                                                              std::uint64_t epoch) {
  epoch_ = epoch;
  const auto claimed = claim(database_, connection_, kBars, epoch);
  if (!claimed) return claimed.error();
  at_ = *claimed;
  Begun begun{at_, {}};
  for (const auto& [name, counts] : database_.market.senders) begun.senders.push_back(counts);
  return begun;
}

Result<std::vector<data_loader::StoredCounts>> SimulatedMarket::store(
    const std::vector<wire::BarBatch>& batches, const durable_log::Position& end) {
  if (Status reached = database_.reach(connection_); !reached) return reached.error();
  if (!database_.owns(kBars, epoch_, at_)) return not_moved();
  std::vector<Database::Change> changes;
  changes.push_back(move(kBars, end));
  changes.push_back([&batches](Database& same) {
    for (const auto& batch : batches) same.market.add(batch);
  });
  if (Status committed = database_.commit(connection_, changes); !committed)
    return committed.error();
  at_ = end;
  std::set<std::string> senders;
  for (const auto& batch : batches) senders.insert(batch.incarnation);
  std::vector<data_loader::StoredCounts> counts;
  counts.reserve(senders.size());
  for (const auto& sender : senders) counts.push_back(database_.market.senders[sender]);
  return counts;
}

Result<std::vector<market::Series>> SimulatedMarket::read(const wire::DatasetOrder& order) {
  if (Status reached = database_.reach(connection_); !reached) return reached.error();
  std::vector<market::Series> all;
  for (const std::string& symbol : order.symbols) {
    market::Series& series = all.emplace_back();
    series.symbol = symbol;
    const auto& rows =
        database_.market.series[MarketRows::series_name(order.source, symbol, order.timeframe)];
    auto first = rows.lower_bound(order.from_ns);
    const auto last = rows.lower_bound(order.to_ns);
    if (first == last) continue;
    for (std::int64_t i = 0; i < order.warm_up_bars && first != rows.begin(); ++i) --first;
    for (; first != last; ++first) series.push(first->second.bar);
  }
  return all;
}

Result<std::string> SimulatedMarket::stored_spans() {
  return fmt::format("{} bars are stored", database_.market.bars());
}

// ---- SimulatedResults ------------------------------------------------------------------------

Result<durable_log::Position> SimulatedResults::begin(const results_writer::LogOwner& owner) {
  epoch_ = owner.epoch;
  auto claimed = claim(database_, connection_, kScores, epoch_);
  if (claimed) at_ = *claimed;
  return claimed;
}

Status SimulatedResults::store(const std::vector<durable_log::Entry>& entries,
                               const durable_log::Position& end) {
  if (Status reached = database_.reach(connection_); !reached) return reached;
  if (!database_.owns(kScores, epoch_, at_)) return not_moved();
  const results_writer::ResultRows rows = results_writer::collect(entries);
  std::vector<Database::Change> changes;
  changes.push_back(move(kScores, end));
  changes.push_back([&rows](Database& same) { same.results.add(rows); });
  if (Status committed = database_.commit(connection_, changes); !committed) return committed;
  at_ = end;
  return {};
}

}  // namespace mendel::simulation

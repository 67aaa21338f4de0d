#include "topology/mendel/log_replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "shared/base/time.hpp"
#include "shared/database/connection.hpp"
#include "shared/database/migrations.hpp"
#include "shared/database/pool.hpp"
#include "shared/durable_log/folder.hpp"
#include "shared/durable_log/survey.hpp"
#include "shared/store/epoch.hpp"
#include "stages/data_loader/drain.hpp"
#include "stages/data_loader/market_tables.hpp"
#include "stages/results_writer/drain.hpp"

namespace mendel::cli {
namespace {

constexpr const char* kApplication = "mendel log replay";

// The whole log, as it is now; {} = there is none.
Result<durable_log::Position> end_of(const std::string& folder, const std::string& store_id) {
  const auto names = durable_log::list_segments(folder);
  if (!names) return names.error();
  if (names->empty()) return durable_log::Position{};
  durable_log::Position end{names->back(), durable_log::kHeaderBytes};
  const auto read = durable_log::survey(folder, store_id, [&](const durable_log::Entry& entry) {
    end = std::max(end, entry.end);
    return Status();
  });
  if (!read) return read.error();
  return end;
}

Status forget_offset(database::Connection& connection, const store::Store& store,
                     const std::string& log) {
  const auto forgotten = connection.exec(
      "DELETE FROM mendel.log_offsets WHERE store_id = $1 AND log = $2", {store.id(), log});
  return forgotten ? Status{} : Status(forgotten.error());
}

// Turns until everything is stored. Cycle and its Next are those of either stage.
template <class Cycle, class Away, class Failure>
Status drain(Cycle& cycle, const durable_log::Position& end, Away away, Failure failure) {
  for (;;) {
    switch (cycle.turn(end)) {
      case Cycle::Next::again:
        break;
      case Cycle::Next::wait_for_records:
        return {};
      case Cycle::Next::wait_for_database:
        return transient_error(away());
      case Cycle::Next::stop:
        return *failure();
    }
  }
}

Status drain_scores(const store::Store& store, const database::DsnSource& source,
                    std::uint64_t epoch, const durable_log::Position& end) {
  const auto sink = results_writer::make_result_tables(source, {kApplication, 1});
  results_writer::DrainCycle cycle(store.log_path("scores"), {store.id(), epoch}, {}, *sink);
  return drain(
      cycle, end, [&] { return cycle.away(); }, [&] { return cycle.failure(); });
}

Status drain_bars(const store::Store& store, const database::DsnSource& source, std::uint64_t epoch,
                  const durable_log::Position& end) {
  database::Pool pool(source, {kApplication, 1});
  data_loader::MarketTables tables(pool);
  data_loader::DrainCycle cycle(store.log_path("bars"), store.id(), epoch, tables);
  return drain(
      cycle, end, [&] { return cycle.state().away; }, [&] { return cycle.state().failure; });
}

Status replay(const store::Store& store, const database::Dsn& dsn, const std::string& log) {
  const Now now = read_clocks();
  auto epoch = store::Epoch::take(store, log == "bars" ? "data_loader" : "results_writer", now);
  if (!epoch) {
    return Error{epoch.error().message + "; stop the pipeline first: it drains the log itself",
                 epoch.error().kind};
  }
  const auto done = [&]() -> Status {
    const auto end = end_of(store.log_path(log), store.id());
    if (!end) return end.error();
    if (end->segment.empty()) return {};
    {
      auto connection = database::Connection::open(dsn, {kApplication, {}});
      if (!connection) return connection.error();
      if (Status schema = database::check_schema(*connection); !schema) return schema;
      if (Status forgotten = forget_offset(*connection, store, log); !forgotten) return forgotten;
    }
    const database::DsnSource source(dsn.origin == database::kDsnVariable ? "" : dsn.origin);
    return log == "bars" ? drain_bars(store, source, epoch->number(), *end)
                         : drain_scores(store, source, epoch->number(), *end);
  }();
  epoch->release();
  return done;
}

}  // namespace

Status replay_logs(const store::Store& store, const database::Dsn& dsn,
                   const std::vector<std::string>& logs) {
  for (const std::string& log : logs) {
    if (Status status = replay(store, dsn, log); !status) return status;
    store.audit(fmt::format(R"({{"at":"{}","action":"log replay","log":"{}"}})",
                            format_time(read_clocks().wall_ns), log));
  }
  return {};
}

}  // namespace mendel::cli

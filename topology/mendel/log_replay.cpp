#include "topology/mendel/log_replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
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
#include "stages/results_writer/tables.hpp"
#include "topology/mendel/archived_log.hpp"

namespace mendel::cli {
namespace {

constexpr const char* kApplication = "mendel log replay";
constexpr const char* kArchive = "archive";

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

Status forget(const database::Dsn& dsn, const store::Store& store, const std::string& log) {
  auto connection = database::Connection::open(dsn, {kApplication, {}});
  if (!connection) return connection.error();
  if (Status schema = database::check_schema(*connection); !schema) return schema;
  // The archive has no owner but a replay.
  const auto forgotten = connection->exec(
      log == kArchive ? "WITH offsets AS (DELETE FROM mendel.log_offsets"
                        "  WHERE store_id = $1 AND log = $2) "
                        "DELETE FROM mendel.log_owners WHERE store_id = $1 AND log = $2"
                      : "DELETE FROM mendel.log_offsets WHERE store_id = $1 AND log = $2",
      {store.id(), log});
  return forgotten ? Status{} : Status(forgotten.error());
}

// The result tables for archive and log, each with an offset of its own: results_writer, which
// knows the log only, must never find the log's offset in a segment of the archive.
class ReplayTables : public results_writer::ResultSink {
 public:
  ReplayTables(const database::DsnSource& source, std::string last_archived)
      : last_archived_(std::move(last_archived)),
        archive_(results_writer::make_result_tables(source, {kApplication, 1}, kArchive)),
        log_(results_writer::make_result_tables(source, {kApplication, 1})) {}

  Result<durable_log::Position> begin(const results_writer::LogOwner& owner) override {
    auto of_log = log_->begin(owner);
    if (!of_log || last_archived_.empty()) return of_log;
    auto of_archive = archive_->begin(owner);
    if (!of_archive) return of_archive;
    return std::max(*of_log, *of_archive);
  }
  Status store(const std::vector<durable_log::Entry>& entries,
               const durable_log::Position& end) override {
    return (end.segment <= last_archived_ ? archive_ : log_)->store(entries, end);
  }
  results_writer::SinkGauges gauges() const override { return log_->gauges(); }

 private:
  std::string last_archived_;  // segment; "" = there is no archive
  std::unique_ptr<results_writer::ResultSink> archive_;
  std::unique_ptr<results_writer::ResultSink> log_;
};

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
                    std::uint64_t epoch, durable_log::Position end) {
  auto log = ArchivedLog::open(store.log_path("scores"), store.path() + "/archive", store.id(), "",
                               "/tmp");
  if (!log) return log.error();
  const std::string last = (*log)->segments().empty() ? "" : (*log)->segments().back().name;
  if (end.segment <= last) end = {last, std::numeric_limits<std::uint64_t>::max()};
  if (end.segment.empty()) return {};
  ReplayTables sink(source, last);
  results_writer::DrainCycle cycle(*std::move(log), {store.id(), epoch}, {}, sink);
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

Status drain_anew(const store::Store& store, const database::Dsn& dsn, const std::string& log,
                  std::uint64_t epoch) {
  const bool is_bars = log == "bars";
  const auto end = end_of(store.log_path(log), store.id());
  if (!end) return end.error();
  if (Status forgotten = forget(dsn, store, log); !forgotten) return forgotten;
  const database::DsnSource source(dsn.origin == database::kDsnVariable ? "" : dsn.origin);
  if (is_bars) return end->segment.empty() ? Status() : drain_bars(store, source, epoch, *end);
  if (Status forgotten = forget(dsn, store, kArchive); !forgotten) return forgotten;
  if (Status drained = drain_scores(store, source, epoch, *end); !drained) return drained;
  return forget(dsn, store, kArchive);
}

Status replay(const store::Store& store, const database::Dsn& dsn, const std::string& log) {
  const Now now = read_clocks();
  auto epoch = store::Epoch::take(store, log == "bars" ? "data_loader" : "results_writer", now);
  if (!epoch) {
    return Error{epoch.error().message + "; stop the pipeline first: it drains the log itself",
                 epoch.error().kind};
  }
  Status done = drain_anew(store, dsn, log, epoch->number());
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

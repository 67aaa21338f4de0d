#include "topology/mendel/verification.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "shared/durable_log/log.hpp"
#include "shared/durable_log/source.hpp"
#include "shared/wire/codec.hpp"
#include "stages/results_writer/selection.hpp"
#include "topology/mendel/text_table.hpp"

namespace mendel::cli {
namespace {

using durable_log::Position;

constexpr std::size_t kBatchRecords = 4096;

// A record names its run in plain bytes: others need no decoding.
bool names(const durable_log::Entry& entry, const std::string& run) {
  return entry.record.payload.find(run) != std::string::npos;
}

// How far the database has the log of this store.
template <class Session>
Result<Position> stored_through(Session& session, const std::string& store_id,
                                const std::string& where) {
  const Result<database::Rows> paired = session.exec("SELECT store_id FROM mendel.store_identity");
  if (!paired) return paired.error();
  if (!paired->empty() && paired->text(0, 0) != store_id) {
    return operator_error(
        fmt::format("{} belongs to store {}, but this store is {}: mount the right store, or pair "
                    "them anew with 'mendel adopt'",
                    where, paired->text(0, 0), store_id));
  }
  const Result<database::Rows> offset = session.exec(
      "SELECT segment, \"offset\" FROM mendel.log_offsets WHERE store_id = $1 AND log = 'scores' "
      "ORDER BY segment COLLATE \"C\" DESC LIMIT 1",
      {store_id});
  if (!offset) return offset.error();
  if (offset->empty()) return Position{};
  return Position{std::string(offset->text(0, 0)),
                  static_cast<std::uint64_t>(offset->integer(0, 1))};
}

const std::string* run_of(const wire::Message& message) {
  if (const auto* batch = std::get_if<wire::ScoreBatch>(&message)) {
    return batch->scores.empty() ? nullptr : &batch->scores.front().run;
  }
  if (const auto* run = std::get_if<wire::RunRecord>(&message)) return &run->run;
  if (const auto* generation = std::get_if<wire::GenerationRecord>(&message)) {
    return &generation->run;
  }
  if (const auto* verdict = std::get_if<wire::Verdict>(&message)) return &verdict->run;
  return nullptr;
}

// A log from its beginning, piece by piece.
class LogPass {
 public:
  using Each = std::function<Status(std::vector<durable_log::Entry>)>;

  static Result<LogPass> open(const durable_log::Source& log) {
    auto cursor = log.open({});
    if (!cursor) return cursor.error();
    return LogPass(*std::move(cursor));
  }

  // As far as `limit`, or to the present end.
  Status read(const Position* limit, const Each& each) {
    std::vector<durable_log::Entry> batch;
    for (;;) {
      auto entry = cursor_->next(limit);
      if (!entry) return entry.error();
      if (*entry) batch.push_back(std::move(**entry));
      if (batch.size() < kBatchRecords && *entry) continue;
      const bool is_last = !*entry;
      if (Status status = each(std::exchange(batch, {})); !status) return status;
      if (is_last) return {};
    }
  }
  const durable_log::ScanReport& report() const { return cursor_->report(); }

 private:
  explicit LogPass(std::unique_ptr<durable_log::Cursor> cursor) : cursor_(std::move(cursor)) {}
  std::unique_ptr<durable_log::Cursor> cursor_;
};

// The rows that the database must have of the run, by the writer's own choice.
class ChosenRows {
 public:
  ChosenRows(const durable_log::Source& log, const std::string& run)
      : log_(log), run_(run), rows_(run) {}

  Status add(std::vector<durable_log::Entry> batch, const RowSink& sink) {
    auto chosen = selection_.choose(std::move(batch), log_);
    if (!chosen) return chosen.error();
    std::erase_if(*chosen, [&](const durable_log::Entry& entry) { return !names(entry, run_); });
    rows_.add(results_writer::collect(*chosen), sink);
    return {};
  }
  void finish(const RowSink& sink) const { rows_.finish(sink); }
  std::string rule() const { return selection_.rule_of(run_); }

 private:
  const durable_log::Source& log_;
  std::string run_;
  LoggedRows rows_;
  results_writer::Selection selection_;
};

class Verifier {
 public:
  explicit Verifier(const VerificationOptions& options)
      : options_(options), log_(options.log), rows_(log_, options.run) {
    made_.run = options.run;
  }

  Result<Verification> verify();

 private:
  Status expect(LogPass& log, const Position& limit);
  Status name();
  void count(const durable_log::Entry& entry);

  const VerificationOptions& options_;
  const durable_log::Source& log_;
  ChosenRows rows_;
  Verification made_;
};

void Verifier::count(const durable_log::Entry& entry) {
  if (!names(entry, options_.run)) return;
  const Result<wire::Message> message = wire::decode(entry.record.payload);
  if (!message) return;  // a score's damage is counted by the reader, its row is missed
  const std::string* run = run_of(*message);
  if (run == nullptr || *run != options_.run) return;
  ++made_.records;
  if (const auto* batch = std::get_if<wire::ScoreBatch>(&*message)) {
    for (const wire::Score& score : batch->scores) {
      ++made_.scores;
      if (!score.invalid.empty()) ++made_.unscored;
      if (score.invalid.empty() && !score.blocks.empty()) ++made_.samples;
    }
  }
}

Status Verifier::expect(LogPass& log, const Position& limit) {
  return log.read(&limit, [&](std::vector<durable_log::Entry> batch) {
    for (const durable_log::Entry& entry : batch) count(entry);
    return rows_.add(std::move(batch), [&](const RunRow& row) { made_.agreement.expect(row); });
  });
}

// Reads the log once more for the rows whose differences are to be told.
Status Verifier::name() {
  Result<LogPass> log = LogPass::open(log_);
  if (!log) return log.error();
  ChosenRows rows(log_, options_.run);
  const RowSink sink = [&](const RunRow& row) { made_.agreement.name(row); };
  Status read = log->read(&made_.stored, [&](std::vector<durable_log::Entry> batch) {
    return rows.add(std::move(batch), sink);
  });
  rows.finish(sink);
  return read;
}

Result<Verification> Verifier::verify() {
  // First as far as it is stored now, without a connection; then the little that came since.
  Position first;
  {
    Result<database::Connection> connection = options_.connect();
    if (!connection) return connection.error();
    auto stored = stored_through(*connection, options_.store_id, connection->describe());
    if (!stored) return stored.error();
    first = std::move(*stored);
  }
  Result<LogPass> log = LogPass::open(log_);
  if (!log) return log.error();
  if (Status read = expect(*log, first); !read) return read.error();

  Result<database::Connection> connection = options_.connect();
  if (!connection) return connection.error();
  auto transaction = connection->begin({.snapshot = true});
  if (!transaction) return transaction.error();
  auto stored = stored_through(*transaction, options_.store_id, connection->describe());
  if (!stored) return stored.error();
  made_.stored = std::move(*stored);
  if (Status read = expect(*log, made_.stored); !read) return read.error();
  rows_.finish([&](const RunRow& row) { made_.agreement.expect(row); });
  const Status met = stored_rows(*transaction, options_.run,
                                 [&](const RunRow& row) { made_.agreement.meet(row); });
  if (!met) return met.error();
  made_.agreement.finish();

  made_.rule = rows_.rule();
  const Status rest = log->read(nullptr, [&](const std::vector<durable_log::Entry>& batch) {
    for (const durable_log::Entry& entry : batch) {
      if (!names(entry, options_.run)) continue;
      const Result<wire::Message> message = wire::decode(entry.record.payload);
      const std::string* run = message ? run_of(*message) : nullptr;
      if (run != nullptr && *run == options_.run) ++made_.undrained;
    }
    return Status();
  });
  if (!rest) return rest.error();
  made_.corrupt = log->report().corrupt_records;
  made_.findings = log->report().findings;
  if (made_.agreement.wants_names()) {
    if (Status named = name(); !named) return named.error();
  }
  return std::move(made_);
}

std::string difference_line(const RowDifference& one) {
  const std::string row =
      fmt::format("{}: {}", kResultTableNames[static_cast<std::size_t>(one.table)], one.key);
  switch (one.kind) {
    case RowDifference::Kind::missing:
      return row + ": in the log, not in the database\n";
    case RowDifference::Kind::extra:
      return row + ": in the database, not in the log\n";
    case RowDifference::Kind::twice:
      return row + ": twice in the database\n";
    case RowDifference::Kind::differs:
      break;
  }
  return fmt::format("{}: {}\n", row, one.detail);
}

std::string verdict_line(const Verification& made) {
  if (made.records == 0 && made.undrained == 0) {
    return "the log has no record of this run: nothing can be proved\n";
  }
  if (made.undrained > 0) {
    return fmt::format(
        "not drained yet: {} records of this run are in the log and not in the database; they come "
        "while a pipeline runs ('mendel up')\n",
        made.undrained);
  }
  if (made.agrees()) return "log and database agree\n";
  return fmt::format("log and database DIFFER: {} rows; {} records of the log are lost\n",
                     made.agreement.differences(), made.corrupt);
}

}  // namespace

Result<Verification> verify_run(const VerificationOptions& options) {
  return Verifier(options).verify();
}

std::string verification_text(const Verification& made) {
  std::string text = fmt::format(
      "run {}: {} records in the log: {} scores ({} without metrics, {} samples of the "
      "verdict); the database takes \"{}\"\n\n",
      made.run, made.records + made.undrained, made.scores, made.unscored, made.samples, made.rule);
  std::vector<std::vector<std::string>> lines = {
      {"table", "rows by the log", "rows in the database", "differences"}};
  for (std::size_t i = 0; i < kResultTables; ++i) {
    const Agreement::Count& count = made.agreement.count(static_cast<ResultTable>(i));
    lines.push_back({std::string(kResultTableNames[i]), std::to_string(count.logged),
                     std::to_string(count.stored), std::to_string(count.differences)});
  }
  text += aligned(lines) + "\n";
  for (const std::string& finding : made.findings) text += finding + "\n";
  for (const RowDifference& one : made.agreement.named()) text += difference_line(one);
  return text + verdict_line(made);
}

config::Value verification_value(const Verification& made) {
  config::Value document;
  document.set("run", made.run);
  document.set("agree", made.agrees());
  document.set("drained", made.undrained == 0);
  document.set("rule", made.rule);
  document.set("records", made.records);
  document.set("undrained_records", made.undrained);
  document.set("corrupt_records", made.corrupt);
  document.set("scores", made.scores);
  document.set("scores_without_metrics", made.unscored);
  document.set("scores_of_samples", made.samples);
  config::Value tables = config::Value::table();
  for (std::size_t i = 0; i < kResultTables; ++i) {
    const Agreement::Count& count = made.agreement.count(static_cast<ResultTable>(i));
    config::Value one;
    one.set("log", count.logged);
    one.set("database", count.stored);
    one.set("differences", count.differences);
    tables.set(kResultTableNames[i], std::move(one));
  }
  document.set("tables", std::move(tables));
  config::Value differences = config::Value::array();
  for (const RowDifference& one : made.agreement.named()) {
    config::Value row;
    row.set("table", kResultTableNames[static_cast<std::size_t>(one.table)]);
    row.set("row", one.key);
    row.set("kind", kDifferenceNames[static_cast<std::size_t>(one.kind)]);
    row.set("detail", one.detail);
    differences.push(std::move(row));
  }
  document.set("differences", std::move(differences));
  return document;
}

}  // namespace mendel::cli

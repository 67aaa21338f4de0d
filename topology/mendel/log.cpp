#include <fmt/format.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/ids.hpp"
#include "shared/base/time.hpp"
#include "shared/config/value.hpp"
#include "shared/database/connection.hpp"
#include "shared/database/migrations.hpp"
#include "shared/durable_log/survey.hpp"
#include "shared/store/store.hpp"
#include "topology/mendel/archived_log.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/database_access.hpp"
#include "topology/mendel/database_choice.hpp"
#include "topology/mendel/log_lines.hpp"
#include "topology/mendel/log_prune.hpp"
#include "topology/mendel/log_replay.hpp"
#include "topology/mendel/log_table.hpp"
#include "topology/mendel/text_table.hpp"

namespace mendel::cli {
namespace {

constexpr int kCorrupt = static_cast<int>(ErrorKind::operator_needed);
constexpr std::int64_t kKeepDaysMax = 36'500;
constexpr const char* kArchive = "archive";

struct Context {
  const config::Arguments& arguments;
  wiring::Topology topology;
  store::Store store;
  std::vector<std::string> logs;
  std::unique_ptr<ArchivedLog> archive;
};

using OnEntry = std::function<Status(const durable_log::Entry&)>;

Result<durable_log::Survey> survey(const Context& context, const std::string& log,
                                   const OnEntry& on_entry = {}) {
  if (log == kArchive) return context.archive->survey(on_entry);
  return durable_log::survey(context.store.log_path(log), context.store.id(), on_entry);
}

// ---- inspect and verify ----------------------------------------------------------------------

// Shows the survey of each log; the exit code says whether one is damaged.
template <class Show>
Result<int> survey_logs(const Context& context, Show show) {
  int code = 0;
  config::Value documents = config::Value::array();
  for (const std::string& log : context.logs) {
    const auto survey = cli::survey(context, log);
    if (!survey) return survey.error();
    if (!is_sound(log, *survey)) code = kCorrupt;
    if (context.arguments.flag("json")) {
      documents.push(log_document(log, *survey));
    } else {
      fmt::print("{}", show(log, *survey));
    }
  }
  if (context.arguments.flag("json")) fmt::print("{}\n", config::to_json(documents, 2));
  return code;
}

Result<int> inspect(const Context& context) {
  const Result<int> code = survey_logs(context, log_table);
  return code ? Result<int>(0) : code;
}

Result<int> verify(const Context& context) { return survey_logs(context, log_verdict); }

// ---- export ----------------------------------------------------------------------------------

Result<int> export_lines(const Context& context) {
  if (context.logs.size() != 1) {
    return configuration_error("mendel log export: name one log: --log scores, bars or archive");
  }
  const std::string& log = context.logs.front();
  const std::string format = context.arguments.text("format");
  if (format != "csv" && format != "jsonl") {
    return configuration_error(fmt::format("--format {}: choose csv or jsonl", format));
  }
  const std::string run = context.arguments.text("run");
  if (!run.empty() && log == "bars") {
    return configuration_error("--run: bars belong to no run; leave it out, or take --log scores");
  }
  if (!run.empty() && !is_ulid(run)) {
    return configuration_error(
        fmt::format("--run {}: name the run by its id; `mendel runs` shows it", run));
  }
  LogLines lines(log == "bars" ? "bars" : "scores",
                 format == "csv" ? LineFormat::csv : LineFormat::jsonl, run);
  const auto put = [](const std::string& text) -> Status {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) return {};
    return transient_error("cannot write to the standard output: is that disk full?");
  };
  if (Status status = put(lines.heading()); !status) return status.error();
  const auto survey = cli::survey(
      context, log, [&](const durable_log::Entry& entry) { return put(lines.lines(entry)); });
  if (!survey) return survey.error();
  if (std::fflush(stdout) != 0) return put(" ").error();
  if (survey->corrupt_records == 0 && lines.unreadable() == 0) return 0;
  return operator_error(
      fmt::format("{}: {} records are damaged and {} cannot be read: they are not among the lines; "
                  "`mendel log verify` names the places",
                  log, survey->corrupt_records, lines.unreadable()));
}

// ---- replay and prune ------------------------------------------------------------------------

// A database that was made anew has no schema yet.
Status bring_up_to_date(const database::Dsn& dsn) {
  {
    auto connection = database::Connection::open(dsn, {"mendel log replay", {}});
    if (!connection) return connection.error();
    if (database::check_schema(*connection)) return {};
  }
  const auto files = database::read_migrations(root_folder() + "/sql");
  if (!files) return files.error();
  const auto migrated = database::migrate(dsn, *files, {});
  return migrated ? Status() : Status(migrated.error());
}

Result<int> replay(const Context& context) {
  const auto access =
      DatabaseAccess::open_or_make(context.arguments, context.topology, "mendel log replay");
  if (!access) return access.error();
  if (Status ready = bring_up_to_date(access->dsn()); !ready) return ready.error();
  if (Status done = replay_logs(context.store, access->dsn(), context.logs); !done) {
    return done.error();
  }
  for (const std::string& log : context.logs) {
    fmt::print("{}: everything in the log{} is in the database\n", log,
               log == "scores" && !context.archive->segments().empty() ? " and the archive" : "");
  }
  return 0;
}

Result<durable_log::Position> stored_position(database::Connection& connection,
                                              const store::Store& store, const std::string& log) {
  const auto rows = connection.exec(
      "SELECT segment, \"offset\" FROM mendel.log_offsets WHERE store_id = $1 AND log = $2 "
      "ORDER BY segment COLLATE \"C\" DESC LIMIT 1",
      {store.id(), log});
  if (!rows) return rows.error();
  if (rows->empty()) return durable_log::Position{};
  return durable_log::Position{std::string(rows->text(0, 0)),
                               static_cast<std::uint64_t>(rows->integer(0, 1))};
}

Result<int> prune(const Context& context) {
  const auto days = context.arguments.integer("keep", 0, kKeepDaysMax);
  if (!days) return days.error();
  const auto access = DatabaseAccess::open(context.arguments, context.topology, "mendel log prune");
  if (!access) return access.error();
  auto connection = database::Connection::open(access->dsn(), {"mendel log prune", {}});
  if (!connection) return connection.error();
  if (Status schema = database::check_schema(*connection); !schema) return schema.error();
  const bool yes = context.arguments.flag("yes");
  std::uint64_t bytes = 0;
  for (const std::string& log : context.logs) {
    const auto stored = stored_position(*connection, context.store, log);
    if (!stored) return stored.error();
    const std::int64_t now_ns = read_clocks().wall_ns;
    const std::int64_t keep_ns = log == "bars" ? *days * kNsPerDay : 0;
    const auto plan =
        plan_prune(context.store, log, {*stored, now_ns, keep_ns, [&](const std::string& run) {
                                          return needs_scores(context.store, run);
                                        }});
    if (!plan) return plan.error();
    std::vector<std::vector<std::string>> rows = {{log, "bytes", ""}};
    for (const Prunable& one : *plan) {
      if (one.kept.empty()) bytes += one.bytes;
      const std::string goes = yes ? "deleted" : "may go";
      rows.push_back(
          {one.segment, std::to_string(one.bytes), one.kept.empty() ? goes : "kept: " + one.kept});
    }
    if (yes) {
      if (Status done = cli::prune(context.store, log, *plan, now_ns); !done) return done.error();
    }
    fmt::print("{}", left_aligned(rows));
  }
  fmt::print("{} bytes {}\n", bytes, yes ? "freed" : "can be freed: --yes does it");
  return 0;
}

// ---- the command -----------------------------------------------------------------------------

// The archive is read like a log; the other actions have it with the scores, or not at all.
Result<std::vector<std::string>> chosen_logs(const std::string& log, const std::string& action,
                                             const ArchivedLog& archive) {
  const bool reads = action == "inspect" || action == "verify" || action == "export";
  if (log.empty()) {
    std::vector<std::string> logs = {"bars", "scores"};
    if (reads && !archive.segments().empty()) logs.emplace_back(kArchive);
    return logs;
  }
  if (log == "scores" || log == "bars" || (reads && log == kArchive)) return std::vector{log};
  return configuration_error(
      fmt::format("--log {}: choose scores or bars{}", log, reads ? ", or archive" : ""));
}

Result<Context> open_context(const config::Arguments& arguments) {
  Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  Result<store::Store> store = store::Store::open_to_read(topology->store());
  if (!store) return store.error();
  auto archive = ArchivedLog::open(store->log_path("scores"), store->path() + "/archive",
                                   store->id(), "", "/tmp");
  if (!archive) return archive.error();
  auto logs = chosen_logs(arguments.text("log"), arguments.operands().front(), **archive);
  if (!logs) return logs.error();
  return Context{arguments, *std::move(topology), *std::move(store), *std::move(logs),
                 *std::move(archive)};
}

Result<int> run(const config::Arguments& arguments) {
  const std::string& action = arguments.operands().front();
  using Action = Result<int> (*)(const Context&);
  Action chosen = nullptr;
  if (action == "inspect") chosen = inspect;
  if (action == "verify") chosen = verify;
  if (action == "export") chosen = export_lines;
  if (action == "replay") chosen = replay;
  if (action == "prune") chosen = prune;
  if (chosen == nullptr) {
    return configuration_error(fmt::format(
        "mendel log: unknown action '{}'{}", action.substr(0, 64),
        config::suggestion(action, {"inspect", "verify", "export", "replay", "prune"})));
  }
  const Result<Context> context = open_context(arguments);
  if (!context) return context.error();
  return chosen(*context);
}

}  // namespace

Command log_command() {
  Command command;
  command.spec.name = "mendel log";
  command.spec.summary =
      "inspect, verify, export, replay or prune the durable logs of scores and bars";
  command.spec.operands = {"inspect|verify|export|replay|prune"};
  command.spec.options = {
      {"log", "scores|bars|archive", "that log only; export needs it"},
      {"format", "csv|jsonl", "of export: JSON lines with everything, or bars or metrics as CSV",
       "jsonl"},
      {"run", "id", "of export: only what belongs to that run"},
      {"keep", "days", "of prune: how long drained bars stay, for a restored database", "7"},
      {"yes", "", "of prune: delete; without it only show"},
      {"json", "", "of inspect and verify: print one JSON array"},
      database_option()};
  for (const config::OptionSpec& option : pipeline_options()) {
    command.spec.options.push_back(option);
  }
  command.spec.examples = {"mendel log verify", "mendel log export --log bars --format csv"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli

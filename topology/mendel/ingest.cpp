#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <utility>

#include "shared/base/ids.hpp"
#include "shared/base/time.hpp"
#include "shared/config/value.hpp"
#include "shared/market/bar_csv.hpp"
#include "shared/telemetry/health_socket.hpp"
#include "stages/ingestor/inbox.hpp"
#include "stages/ingestor/job.hpp"
#include "stages/ingestor/zone.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/ingest_summary.hpp"
#include "topology/mendel/interrupt.hpp"
#include "topology/mendel/local_pipeline.hpp"

namespace mendel::cli {
namespace {

constexpr std::int64_t kHealthMs = 500;
constexpr std::int64_t kLookMs = 50;
// The ingestor writes a beat a second while it has work.
constexpr std::int64_t kStandstillNs = 30 * kNsPerSecond;

Result<ingestor::Job> job_of(const config::Arguments& arguments) {
  const auto revision = arguments.integer("revision", 0, ingestor::kRevisionMax);
  if (!revision) return revision.error();
  ingestor::Job job;
  job.id = make_ulid(read_clocks().wall_ns);
  job.file = arguments.operands().front();
  job.symbol = arguments.text("symbol");
  job.timeframe = arguments.text("timeframe");
  job.tz = arguments.text("tz");
  job.stamp = arguments.text("stamp");
  job.volume = arguments.text("volume");
  job.source = arguments.text("source");
  job.revision = *revision;
  job.strict = arguments.flag("strict");
  auto zone = ingestor::read_zone(job.tz);
  if (!zone) return zone.error();
  job.tz_file = std::move(*zone);
  if (Status status = ingestor::check_job(job); !status) return status.error();
  return job;
}

// Reads the file as the stage will, so that what is wrong with it is said at once, and prints the
// summary. Completes the job's symbol.
Status look_at_file(std::string_view text, ingestor::Job& job) {
  auto options = ingestor::csv_options(job);
  if (!options) return options.error();
  auto csv = market::parse_bar_csv(text, std::move(*options));
  if (!csv) return csv.error();
  const auto symbol = ingestor::symbol_of(job, csv->report);
  // Without a bar, what was refused is what there is to say.
  if (!symbol && !csv->bars.empty()) return symbol.error();
  if (symbol) job.symbol = *symbol;
  fmt::print("{}", summary_of_file(csv->report, job));
  std::fflush(stdout);
  if (!csv->bars.empty()) return {};
  return transient_error(csv->report.nothing_accepted());
}

bool ingestor_answers(const wiring::Topology& topology) {
  for (const std::string& socket : telemetry::health_sockets(topology.run(), "ingestor")) {
    if (telemetry::ask_health(socket, "/healthz", kHealthMs)) return true;
  }
  return false;
}

// Follows a job until its report is final.
class Follower {
 public:
  Follower(const ingestor::Inbox& inbox, const ingestor::Job& job) : inbox_(inbox), job_(job) {}

  Result<ingestor::JobReport> follow(LocalPipeline* pipeline) {
    moved_ns_ = read_clocks().monotonic_ns;
    for (;;) {
      const auto report = inbox_.report(job_.id);
      if (!report) return report.error();
      if (*report && (*report)->final()) return **report;
      if (*report) say((*report)->waiting);
      if (interrupts() > 0) return stopped("interrupted");
      if (pipeline) {
        if (Status running = pipeline->check_running(); !running) return running.error();
      }
      if (!moves()) {
        return stopped(
            fmt::format("the ingestor made no progress for {} s ('mendel status' says "
                        "more)",
                        kStandstillNs / kNsPerSecond));
      }
      usleep(kLookMs * 1000);
    }
  }

 private:
  Error stopped(const std::string& why) const {
    return transient_error(
        fmt::format("{}: {}; the file stays in the inbox {} and goes in when the ingestor runs",
                    job_.file, why, inbox_.path()));
  }

  void say(const std::string& waiting) {
    if (waiting.empty() || waiting == said_) return;
    said_ = waiting;
    fmt::print(stderr, "waiting: {}\n", waiting);
  }

  // Whether the job that is first in the inbox, ours or one before it, has moved lately.
  bool moves() {
    const auto jobs = inbox_.jobs();
    const std::string first = jobs && !jobs->empty() ? jobs->front() : job_.id;
    const auto report = inbox_.report(first);
    const auto seen = std::pair(first, report && *report ? (*report)->beat : 0);
    const std::int64_t now_ns = read_clocks().monotonic_ns;
    if (seen != last_) moved_ns_ = now_ns;
    last_ = seen;
    return now_ns - moved_ns_ < kStandstillNs;
  }

  const ingestor::Inbox& inbox_;
  const ingestor::Job& job_;
  std::pair<std::string, std::uint64_t> last_;
  std::int64_t moved_ns_ = 0;
  std::string said_;
};

// What the report means for the exit code.
Result<int> conclude(const ingestor::Job& job, const ingestor::JobReport& report) {
  if (report.state == "failed") {
    Error error = transient_error(report.error);
    if (report.exit_code == 2) error.kind = ErrorKind::configuration;
    return error;
  }
  fmt::print("{}", summary_of_rows(report.shipped));
  if (report.shipped.conflicts == 0) return 0;
  return transient_error(fmt::format(
      "{}: {} bars were not stored: other values are stored for their times; --revision N, above "
      "theirs (now {}), replaces them",
      job.file, report.shipped.conflicts, job.revision));
}

Result<int> run(const config::Arguments& arguments) {
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  auto job = job_of(arguments);
  if (!job) return job.error();
  auto text = config::read_text_file(job->file, market::kBarCsvBytesMax);
  if (!text) return text.error();
  if (Status good = look_at_file(*text, *job); !good) return good.error();

  catch_interrupts();
  std::optional<LocalPipeline> pipeline;
  if (!ingestor_answers(*topology)) {
    auto ensured = LocalPipeline::ensure(*topology);
    if (!ensured) return ensured.error();
    pipeline.emplace(std::move(*ensured));
  }
  const auto inbox = ingestor::Inbox::open(topology->inbox());
  if (!inbox) return inbox.error();
  if (Status submitted = inbox->submit(*job, *text); !submitted) return submitted.error();
  text->clear();
  auto report = Follower(*inbox, *job).follow(pipeline ? &*pipeline : nullptr);
  if (!report && interrupts() > 0) {
    fmt::print(stderr, "{}\n", report.error().message);
    return kInterrupted;
  }
  if (!report) return report.error();
  return conclude(*job, *report);
}

}  // namespace

Command ingest_command() {
  Command command;
  command.spec.name = "mendel ingest";
  command.spec.summary = "read the bars of a CSV file, refuse the bad ones, store the rest";
  command.spec.operands = {"FILE"};
  command.spec.options = {
      {"symbol", "name",
       "symbol of the bars (else the file's symbol column, when it has one value)"},
      {"timeframe", "length", "length of a bar, as in 15m, 1h or 1d (else the commonest spacing)"},
      {"tz", "zone", "zone of times without an offset: UTC, +02:00 or Europe/Paris", "UTC"},
      {"stamp", "open|close", "which end of a bar its time names", "open"},
      {"volume", "column", "the volume column, when the file has several"},
      {"source", "name", "name under which the bars are stored", "csv"},
      {"revision", "n", "replaces stored bars of a lower revision", "0"},
      {"strict", "", "stop at the first bad row instead of refusing it alone"}};
  for (config::OptionSpec& option : pipeline_options()) command.spec.options.push_back(option);
  command.spec.examples = {
      "mendel ingest BARS.csv --symbol BTC-USD",
      "mendel ingest BARS.csv --symbol ETH-USD --timeframe 1h --volume 'Volume ETH' --tz +02:00"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli

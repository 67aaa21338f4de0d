#include "stages/ingestor/process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "shared/base/log.hpp"

namespace mendel::ingestor {
namespace {

// Per duty cycle: some ten milliseconds each.
constexpr std::size_t kReadBytes = 4 << 20;
constexpr std::size_t kParseRows = 20'000;

constexpr std::int64_t kLookEveryNs = 200 * kNsPerMs;
constexpr std::int64_t kReportEveryNs = kNsPerSecond;
// A file that ends the process each time must not keep the ones behind it waiting.
constexpr std::int64_t kAttemptsMax = 5;
// Beyond this the report says whom it waits for.
constexpr std::int64_t kSilenceNs = 5 * kNsPerSecond;

Result<std::int64_t> window_setting(const wiring::Topology& topology) {
  return topology.integer("ingestor.window_batches", 32, 1, kWindowBatchesMax);
}

}  // namespace

void Process::receive(runtime::Delivery delivery, Now now, runtime::Outbox&) {
  if (const auto* receipt = std::get_if<wire::Receipt>(&delivery.message)) {
    core_.receive(*receipt, now);
  }
}

int Process::work(Now now, runtime::Outbox& out) {
  if (stopping_) return 0;
  if (step_ != Step::idle && step_ != Step::reporting) report_beat(now);
  switch (step_) {
    case Step::idle:
      return take_job(now);
    case Step::reading:
      return read_some(now);
    case Step::parsing:
      return parse_some(now);
    case Step::sending:
      return send_some(now, out);
    case Step::reporting:
      return report_final(now);
  }
  return 0;
}

int Process::take_job(Now now) {
  if (looked_ns_ != 0 && now.monotonic_ns - looked_ns_ < kLookEveryNs) return 0;
  looked_ns_ = now.monotonic_ns;
  auto jobs = inbox_.jobs();
  trouble_ = jobs ? "" : jobs.error().message;
  if (!jobs) log::repeated(log::Level::error, "inbox", trouble_);
  waiting_jobs_ = jobs ? jobs->size() : 0;
  if (waiting_jobs_ == 0) return 0;
  begin_job(jobs->front());
  return 1;
}

void Process::begin_job(const std::string& id) {
  const auto old = inbox_.report(id);
  const bool begun_before = old && old->has_value();
  if (begun_before && (*old)->final()) {
    inbox_.remove(id);  // killed between the report and this
    looked_ns_ = 0;
    return;
  }
  report_ = {};
  report_.id = id;
  report_.state = "parsing";
  if (begun_before && (*old)->state == "parsing") report_.attempts = (*old)->attempts + 1;
  auto job = inbox_.job(id);
  if (!job) return finish("failed", &job.error());
  job_ = std::move(*job);
  if (report_.attempts >= kAttemptsMax) {
    const Error error = transient_error(fmt::format(
        "{}: the ingestor ended {} times while it read this file; is there memory enough for it?",
        job_.file, report_.attempts));
    return finish("failed", &error);
  }
  log::info("job {}: {} as {}", id, job_.file, job_.symbol.empty() ? "its symbol" : job_.symbol);
  file_ = std::ifstream(inbox_.csv_path(id), std::ios::binary);
  reported_ns_ = 0;
  step_ = Step::reading;
}

int Process::read_some(Now) {
  const std::size_t size = text_.size();
  text_.resize(size + kReadBytes);
  file_.read(text_.data() + size, static_cast<std::streamsize>(kReadBytes));
  text_.resize(size + static_cast<std::size_t>(file_.gcount()));
  if (!file_.is_open() || file_.bad()) {
    const Error error = transient_error(
        fmt::format("{}: cannot be read; submit {} again", inbox_.csv_path(report_.id), job_.file));
    finish("failed", &error);
  } else if (text_.size() > market::kBarCsvBytesMax) {
    const Error error = configuration_error(
        fmt::format("{}: larger than {} bytes; split it", job_.file, market::kBarCsvBytesMax));
    finish("failed", &error);
  } else if (file_.eof()) {
    auto options = csv_options(job_);
    auto parser = options ? market::BarCsvParser::open(text_, std::move(*options))
                          : Result<market::BarCsvParser>(options.error());
    if (!parser) {
      finish("failed", &parser.error());
    } else {
      parser_.emplace(std::move(*parser));
      step_ = Step::parsing;
    }
  }
  return 1;
}

int Process::parse_some(Now now) {
  auto more = parser_->step(kParseRows);
  if (!more) {
    finish("failed", &more.error());
  } else if (!*more) {
    auto csv = std::move(*parser_).finish();
    if (csv) {
      ship(std::move(*csv), now);
    } else {
      finish("failed", &csv.error());
    }
  }
  return 1;
}

void Process::ship(market::BarCsv csv, Now now) {
  parser_.reset();
  text_ = {};
  rows_read_ += static_cast<std::uint64_t>(csv.report.rows);
  rows_refused_ += static_cast<std::uint64_t>(csv.report.refused_total());
  report_.parsed = to_value(csv.report);
  auto symbol = symbol_of(job_, csv.report);
  if (csv.bars.empty()) {
    const Error error = transient_error(csv.report.nothing_accepted());
    finish("failed", &error);
  } else if (!symbol) {
    finish("failed", &symbol.error());
  } else {
    report_.symbol = *symbol;
    report_.state = "sending";
    core_.begin(
        {job_.source, *symbol, csv.report.timeframe.name, job_.revision, std::move(csv.bars)}, now);
    reported_ns_ = 0;
    step_ = Step::sending;
  }
}

int Process::send_some(Now now, runtime::Outbox& out) {
  const int sent = core_.work(now, backlog_ > 0, out);
  if (core_.under_way()) {
    const bool silent = core_.silent_ns(now) > kSilenceNs;
    const bool durable = core_.shipped().durable == core_.shipped().batches;
    loader_silent_ = silent && !durable;
    report_.waiting = !silent   ? ""
                      : durable ? "data_loader has the bars and loads them into the database"
                                : "data_loader gives no receipts";
    return sent;
  }
  report_.shipped = core_.shipped();
  conflicts_ += report_.shipped.conflicts;
  finish("stored", nullptr);
  return 1;
}

void Process::finish(const std::string& state, const Error* error) {
  report_.state = state;
  report_.waiting = "";
  loader_silent_ = false;
  if (error) {
    report_.error = error->message;
    report_.exit_code = error->exit_code();
  }
  parser_.reset();
  text_ = {};
  file_ = {};
  reported_ns_ = 0;
  step_ = Step::reporting;
}

int Process::report_final(Now now) {
  if (reported_ns_ != 0 && now.monotonic_ns - reported_ns_ < kReportEveryNs) return 0;
  reported_ns_ = now.monotonic_ns;
  ++report_.beat;
  const Status written = inbox_.write(report_);
  trouble_ = written ? "" : written.error().message;
  if (!written) {  // the job stays until this is written
    log::repeated(log::Level::error, "report", trouble_);
    return 0;
  }
  inbox_.remove(report_.id);
  inbox_.tidy();
  ++(report_.state == "stored" ? jobs_stored_ : jobs_failed_);
  if (report_.state == "stored") {
    log::info("job {}: stored, {} new rows", report_.id, report_.shipped.inserted);
  } else {
    log::warn("job {}: {}", report_.id, report_.error);
  }
  looked_ns_ = reported_ns_ = 0;
  step_ = Step::idle;
  return 1;
}

void Process::report_beat(Now now) {
  if (reported_ns_ != 0 && now.monotonic_ns - reported_ns_ < kReportEveryNs) return;
  reported_ns_ = now.monotonic_ns;
  ++report_.beat;
  if (step_ == Step::sending) report_.shipped = core_.shipped();
  const Status written = inbox_.write(report_);
  trouble_ = written ? "" : written.error().message;
  if (!written) log::repeated(log::Level::error, "report", trouble_);
}

void Process::backlog(runtime::Edge edge, std::size_t messages) {
  if (edge == runtime::Edge::bars) backlog_ = messages;
}

std::vector<std::string> Process::topics(runtime::Edge edge) const {
  if (edge == runtime::Edge::receipts) return {core_.receipts_topic()};
  return {""};
}

runtime::Readiness Process::readiness() const {
  if (!trouble_.empty()) return {false, trouble_};
  if (loader_silent_) return {false, report_.waiting};
  return {};
}

void Process::samples(std::vector<wire::Sample>& out) const {
  const auto add = [&out](std::string name, std::string labels, std::uint64_t value) {
    out.push_back({std::move(name), std::move(labels), static_cast<double>(value)});
  };
  const Shipped& shipped = core_.shipped();
  add("bars_sent_total", "", core_.totals().bars_sent);
  add("batches_resent_total", "", core_.totals().batches_resent);
  add("batches_unreceipted", "", shipped.sent - shipped.durable);
  add("rows_read_total", "", rows_read_);
  add("rows_refused_total", "", rows_refused_);
  add("rows_conflicting_total", "", conflicts_);
  add("jobs_waiting", "", waiting_jobs_);
  add("jobs_total", "result=\"stored\"", jobs_stored_);
  add("jobs_total", "result=\"failed\"", jobs_failed_);
}

runtime::StageDefinition definition() {
  runtime::StageDefinition definition;
  definition.name = "ingestor";
  definition.summary = "reads market data from the inbox, refuses bad bars, sends the good ones";
  definition.check = [](const runtime::StageContext& context) -> Status {
    if (auto window = window_setting(context.topology); !window) return window.error();
    if (context.topology.inbox().empty()) {
      return configuration_error(
          fmt::format("{}: [pipeline] inbox is not set; name a folder", context.topology.file()));
    }
    return {};
  };
  definition.make =
      [](const runtime::StageContext& context) -> Result<std::unique_ptr<runtime::Stage>> {
    auto window = window_setting(context.topology);
    if (!window) return window.error();
    auto inbox = Inbox::open(context.topology.inbox());
    if (!inbox) return inbox.error();
    auto jobs = inbox->jobs();
    if (!jobs) return jobs.error();
    inbox->tidy();
    log::info("{} jobs wait in {}", jobs->size(), inbox->path());
    Ingestor core(context.incarnation, static_cast<std::uint64_t>(*window));
    return std::unique_ptr<runtime::Stage>(
        std::make_unique<Process>(std::move(*inbox), std::move(core)));
  };
  return definition;
}

}  // namespace mendel::ingestor

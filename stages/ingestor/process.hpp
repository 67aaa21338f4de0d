// The ingestor's edge: takes jobs from the inbox in order, reads and parses each in steps, ships
// its bars through the core, and keeps its report. A job stays in the inbox until its report is
// final: a killed ingestor begins it again, which changes nothing that is stored already.
// Threads: the loop thread.
#pragma once

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "shared/market/bar_csv.hpp"
#include "shared/runtime/stage.hpp"
#include "stages/ingestor/inbox.hpp"
#include "stages/ingestor/ingestor.hpp"

namespace mendel::ingestor {

class Process : public runtime::Stage {
 public:
  Process(Inbox inbox, Ingestor core) : inbox_(std::move(inbox)), core_(std::move(core)) {}

  void receive(runtime::Delivery delivery, Now now, runtime::Outbox& out) override;
  int work(Now now, runtime::Outbox& out) override;
  void backlog(runtime::Edge edge, std::size_t messages) override;
  std::vector<std::string> topics(runtime::Edge edge) const override;
  runtime::Readiness readiness() const override;
  void samples(std::vector<wire::Sample>& out) const override;
  // Nothing waits for a stop: the job stays in the inbox.
  void stop(Now, runtime::Outbox&) override { stopping_ = true; }

 private:
  enum class Step { idle, reading, parsing, sending, reporting };

  int take_job(Now now);
  void begin_job(const std::string& id);
  int read_some(Now now);
  int parse_some(Now now);
  void ship(market::BarCsv csv, Now now);
  int send_some(Now now, runtime::Outbox& out);
  void finish(const std::string& state, const Error* error);
  int report_final(Now now);
  void report_beat(Now now);

  Inbox inbox_;
  Ingestor core_;
  Step step_ = Step::idle;
  bool stopping_ = false;
  std::size_t backlog_ = 0;
  std::size_t waiting_jobs_ = 0;
  bool loader_silent_ = false;  // no receipts for what was sent
  std::string trouble_;         // why the inbox cannot be used
  std::int64_t looked_ns_ = 0;
  std::int64_t reported_ns_ = 0;

  Job job_;
  JobReport report_;
  std::ifstream file_;
  std::string text_;
  std::optional<market::BarCsvParser> parser_;  // reads text_

  std::uint64_t jobs_stored_ = 0, jobs_failed_ = 0;
  std::uint64_t rows_read_ = 0, rows_refused_ = 0, conflicts_ = 0;
};

runtime::StageDefinition definition();

}  // namespace mendel::ingestor

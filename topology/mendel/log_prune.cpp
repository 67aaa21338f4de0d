#include "topology/mendel/log_prune.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <optional>
#include <set>
#include <variant>

#include "shared/base/file.hpp"
#include "shared/base/time.hpp"
#include "shared/durable_log/survey.hpp"
#include "shared/wire/codec.hpp"
#include "stages/ga_dispatcher/checkpoint.hpp"

namespace mendel::cli {
namespace {

using durable_log::SegmentSurvey;
using RunsOfSegment = std::map<std::string, std::set<std::string>>;

void add_runs(const durable_log::Entry& entry, RunsOfSegment& runs) {
  const Result<wire::Message> message = wire::decode(entry.record.payload);
  std::set<std::string>& of_segment = runs[entry.begin.segment];
  if (!message) {
    of_segment.insert("");  // of nobody knows which run
  } else if (const auto* batch = std::get_if<wire::ScoreBatch>(&*message)) {
    for (const wire::Score& score : batch->scores) of_segment.insert(score.run);
  } else if (const auto* run = std::get_if<wire::RunRecord>(&*message)) {
    of_segment.insert(run->run);
  } else if (const auto* generation = std::get_if<wire::GenerationRecord>(&*message)) {
    of_segment.insert(generation->run);
  } else if (const auto* verdict = std::get_if<wire::Verdict>(&*message)) {
    of_segment.insert(verdict->run);
  }
}

std::string why_kept(const SegmentSurvey& segment, const PruneRules& rules) {
  if (segment.is_newest) return "the newest";
  if (segment.corrupt_records > 0) return "damaged: see mendel log verify";
  if (segment.name >= rules.stored.segment) return "not drained";
  const std::int64_t age_ns = rules.now_ns - segment.modified_at_ns;
  if (age_ns >= rules.keep_ns) return "";
  return fmt::format("written {} days ago, kept for {}", age_ns / kNsPerDay,
                     rules.keep_ns / kNsPerDay);
}

}  // namespace

Result<std::vector<Prunable>> plan_prune(const store::Store& store, const std::string& log,
                                         const PruneRules& rules) {
  RunsOfSegment runs;
  const bool of_runs = log == "scores";
  const auto survey =
      durable_log::survey(store.log_path(log), store.id(), [&](const durable_log::Entry& entry) {
        if (of_runs) add_runs(entry, runs);
        return Status();
      });
  if (!survey) return survey.error();
  std::map<std::string, std::string> needs;  // of each run, asked once
  std::vector<Prunable> all;
  for (const SegmentSurvey& segment : survey->segments) {
    Prunable one{segment.name, segment.bytes, why_kept(segment, rules)};
    for (const std::string& run : runs[segment.name]) {
      if (!one.kept.empty()) break;
      const auto [need, is_new] = needs.try_emplace(run);
      if (is_new) need->second = run.empty() ? "it holds unknown records" : rules.needs_run(run);
      one.kept = need->second;
    }
    all.push_back(std::move(one));
  }
  return all;
}

std::string needs_scores(const store::Store& store, const std::string& run) {
  const auto bytes = store.read_run_file(run, ga_dispatcher::kCheckpointName);
  if (!bytes) return bytes.error().message;
  if (*bytes) {
    const auto checkpoint = ga_dispatcher::decode_checkpoint(**bytes);
    if (!checkpoint) return fmt::format("run {}: {}", run, checkpoint.error().message);
    const std::string& state = checkpoint->state;
    if (state != "finished" && state != "failed" && state != "cancelled") {
      return fmt::format("run {} is {}", run, state);
    }
  }
  return fmt::format("run {} has ended: results_writer moves it into the archive", run);
}

Status prune(const store::Store& store, const std::string& log,
             const std::vector<Prunable>& segments, std::int64_t now_ns) {
  const std::string folder = store.log_path(log);
  for (const Prunable& one : segments) {
    if (!one.kept.empty()) continue;
    const std::string path = folder + "/" + one.segment;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return file_error(errno, "delete", path);
    store.audit(
        fmt::format(R"({{"at":"{}","action":"log prune","log":"{}","segment":"{}","bytes":{}}})",
                    format_time(now_ns), log, one.segment, one.bytes));
  }
  const int error_number = sync_folder(folder);
  return error_number == 0 ? Status() : file_error(error_number, "sync", folder);
}

}  // namespace mendel::cli

#include "topology/simulation/oracle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "shared/config/value.hpp"
#include "shared/wire/codec.hpp"
#include "stages/ga_dispatcher/checkpoint.hpp"
#include "stages/results_writer/results_writer.hpp"

namespace mendel::simulation {
namespace {

// Of the report: what depends on when and how often, not on what.
constexpr std::string_view kPassing[] = {"run", "redispatched"};

std::string without(std::string text, const std::string& run) {
  for (std::size_t at = text.find(run); at != std::string::npos; at = text.find(run, at))
    text.erase(at, run.size());
  return text;
}

class Reader {
 public:
  Reader(const Disk& disk, std::string run) : run_(std::move(run)) {
    for (const auto& entry : disk.scores.durable()) read(entry);
    read_report(disk);
    for (const auto& [key, birth] : births_of_scores_) {
      const auto generation = births_.find(birth.first);
      if (generation == births_.end()) fail("a score is of a generation without a record");
      if (generation == births_.end() || generation->second != birth.second)
        legacy_.one_birth = false;
    }
  }
  Legacy take() { return std::move(legacy_); }

 private:
  void fail(std::string what) {
    if (std::find(legacy_.failures.begin(), legacy_.failures.end(), what) == legacy_.failures.end())
      legacy_.failures.push_back(std::move(what));
  }

  void read(const durable_log::Entry& entry) {
    auto message = wire::decode(entry.record.payload);
    if (!message) return fail("the log holds a frame that cannot be read");
    std::visit([this](auto& one) { take(one); }, *message);
  }

  void take(const wire::ScoreBatch& batch) {
    for (const auto& score : batch.scores) {
      if (!legacy_.scores.emplace(score.key, results_writer::fingerprint(score)).second)
        fail("a score is recorded twice");
      births_of_scores_[score.key] = {score.generation, score.born_at_ns};
    }
  }

  void take(wire::GenerationRecord& record) {
    const std::string id = without(record.record_id, run_);
    births_[record.generation] = record.born_at_ns;
    record.record_id.clear();
    record.run.clear();
    record.born_at_ns = 0;
    add(id, wire::encode(wire::Message(record)));
  }

  void take(wire::Verdict& verdict) {
    const std::string id = without(verdict.record_id, run_);
    verdict.record_id.clear();
    verdict.run.clear();
    verdict.at_ns = 0;
    verdict.report.clear();
    add(id, wire::encode(wire::Message(verdict)));
  }

  void take(const wire::RunRecord& record) { add(without(record.record_id, run_), record.state); }

  template <class Other>
  void take(const Other&) {
    fail("the log holds a message that is no score and no record");
  }

  void add(const std::string& id, std::string content) {
    if (!legacy_.records.emplace(id, std::move(content)).second)
      fail(fmt::format("record {} is recorded twice", id));
  }

  void read_report(const Disk& disk) {
    const auto files = disk.runs.find(run_);
    if (files == disk.runs.end()) return fail("the run is not in the store");
    const auto file = files->second.find(ga_dispatcher::kReportName);
    if (file == files->second.end()) return fail("there is no report");
    auto report = config::parse_json(file->second, "report");
    if (!report) return fail("the report is no JSON");
    if (const config::Value* digest = report->find("digest"); digest && digest->is_text())
      legacy_.digest = digest->as_text();
    for (const std::string_view key : kPassing) report->set(key, config::Value());
    legacy_.report = config::to_json(*report);
  }

  std::string run_;
  Legacy legacy_;
  std::map<std::int64_t, std::int64_t> births_;
  std::map<Digest, std::pair<std::int64_t, std::int64_t>> births_of_scores_;
};

template <class Map>
void compare_maps(const Map& expected, const Map& actual, std::string_view what,
                  std::vector<std::string>& failures) {
  std::size_t missing = 0;
  std::size_t other = 0;
  for (const auto& [key, value] : expected) {
    const auto found = actual.find(key);
    missing += found == actual.end() ? 1 : 0;
    other += found != actual.end() && found->second != value ? 1 : 0;
  }
  const std::size_t extra = actual.size() + missing - expected.size();
  if (missing > 0) failures.push_back(fmt::format("{} {} are missing", missing, what));
  if (other > 0) failures.push_back(fmt::format("{} {} have other contents", other, what));
  if (extra > 0) failures.push_back(fmt::format("{} {} are too many", extra, what));
}

}  // namespace

Legacy legacy_of(const Disk& disk, const std::string& run) { return Reader(disk, run).take(); }

std::vector<std::string> compare(const Legacy& expected, const Legacy& actual) {
  std::vector<std::string> failures = actual.failures;
  if (actual.digest != expected.digest)
    failures.push_back(fmt::format("the digest is {} instead of {}", actual.digest.substr(0, 16),
                                   expected.digest.substr(0, 16)));
  if (actual.report != expected.report) failures.push_back("the report differs");
  if (actual.market != expected.market) failures.push_back("market_data differs");
  compare_maps(expected.scores, actual.scores, "scores", failures);
  compare_maps(expected.records, actual.records, "records", failures);
  return failures;
}

}  // namespace mendel::simulation

#include "stages/ingestor/inbox.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "shared/base/check.hpp"
#include "shared/base/ids.hpp"
#include "shared/store/store.hpp"

namespace mendel::ingestor {
namespace {

namespace fs = std::filesystem;

// Market data is no secret, and the stage may be another user: files are readable by all, and the
// group may write into the folder.
constexpr mode_t kFolderMode = 02775;
constexpr mode_t kFileMode = 0644;
constexpr std::size_t kFilesMax = 100'000;  // in the folder; more are not looked at
constexpr auto kLeftBehind = std::chrono::hours(24);

struct Entry {
  std::string id;
  std::string ending;  // "job", "csv.tmp.0123456789abcdef"
};

std::optional<Entry> entry_of(const std::string& name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos || !is_ulid(name.substr(0, dot))) return std::nullopt;
  return Entry{name.substr(0, dot), name.substr(dot + 1)};
}

Result<std::vector<Entry>> list(const std::string& path) {
  std::vector<Entry> entries;
  std::error_code error;
  fs::directory_iterator at(path, error);
  for (; !error && at != fs::directory_iterator() && entries.size() < kFilesMax;
       at.increment(error)) {
    if (auto entry = entry_of(at->path().filename().string())) entries.push_back(*entry);
  }
  if (error) {
    return transient_error(fmt::format(
        "inbox {}: cannot be listed ({}); give this user access to it", path, error.message()));
  }
  return entries;
}

bool is_left_behind(const fs::path& path) {
  std::error_code error;
  const auto written = fs::last_write_time(path, error);
  return !error && fs::file_time_type::clock::now() - written > kLeftBehind;
}

Result<config::Value> read_json(const std::string& path) {
  auto text = config::read_text_file(path, kJobBytesMax);
  if (!text) return text.error();
  return config::parse_json(*text, path);
}

}  // namespace

Result<Inbox> Inbox::open(const std::string& path) {
  if (path.empty()) {
    return configuration_error("[pipeline] inbox is not set; name a folder in the topology file");
  }
  std::error_code error;
  if (fs::create_directories(path, error)) ::chmod(path.c_str(), kFolderMode);
  if (error || !fs::is_directory(path, error)) {
    return configuration_error(
        fmt::format("inbox {}: cannot be created ({}); check [pipeline] "
                    "inbox",
                    path, error ? error.message() : "it is no folder"));
  }
  if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
    return configuration_error(
        fmt::format("inbox {}: {}; run this as the user of the pipeline, or as one of the folder's "
                    "group",
                    path, std::strerror(errno)));
  }
  return Inbox(path);
}

std::string Inbox::file(const std::string& id, std::string_view ending) const {
  return fmt::format("{}/{}.{}", path_, id, ending);
}

Status Inbox::publish(const std::string& id, std::string_view ending,
                      std::string_view bytes) const {
  const std::string target = file(id, ending);
  if (Status status = store::publish_file(target, bytes); !status) return status;
  ::chmod(target.c_str(), kFileMode);
  return {};
}

Status Inbox::submit(const Job& job, std::string_view csv) const {
  check(is_ulid(job.id), "the id of a job is a ULID");
  if (Status status = publish(job.id, "csv", csv); !status) return status;
  return publish(job.id, "job", config::to_json(to_value(job)) + "\n");
}

Result<std::optional<JobReport>> Inbox::report(const std::string& id) const {
  const std::string path = file(id, "report");
  std::error_code error;
  if (!fs::exists(path, error)) return std::optional<JobReport>();
  auto value = read_json(path);
  if (!value) return value.error();
  auto report = report_from(*value, path);
  if (!report) return report.error();
  return std::optional(std::move(*report));
}

Result<std::vector<std::string>> Inbox::jobs() const {
  auto entries = list(path_);
  if (!entries) return entries.error();
  std::vector<std::string> ids;
  for (const Entry& entry : *entries) {
    if (entry.ending == "job") ids.push_back(entry.id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

Result<Job> Inbox::job(const std::string& id) const {
  const std::string path = file(id, "job");
  auto value = read_json(path);
  if (!value) return value.error();
  auto job = job_from(*value, path);
  if (job && job->id != id) {
    return configuration_error(fmt::format("{}: names another job, {}", path, job->id));
  }
  return job;
}

Status Inbox::write(const JobReport& report) const {
  return publish(report.id, "report", config::to_json(to_value(report), 2) + "\n");
}

void Inbox::remove(const std::string& id) const {
  // The job goes first: a CSV without a job is left behind, a job without a CSV would fail.
  std::error_code error;
  fs::remove(file(id, "job"), error);
  fs::remove(file(id, "csv"), error);
}

void Inbox::tidy() const {
  auto entries = list(path_);
  if (!entries) return;
  std::vector<std::string> reports;
  std::error_code error;
  for (const Entry& entry : *entries) {
    if (entry.ending == "report") reports.push_back(entry.id);
    const bool partial = entry.ending.find("tmp") != std::string::npos ||
                         (entry.ending == "csv" && !fs::exists(file(entry.id, "job"), error));
    const std::string path = file(entry.id, entry.ending);
    if (partial && is_left_behind(path)) fs::remove(path, error);
  }
  std::sort(reports.begin(), reports.end());
  for (std::size_t i = 0; i + kReportsKept < reports.size(); ++i) {
    fs::remove(file(reports[i], "report"), error);
  }
}

}  // namespace mendel::ingestor

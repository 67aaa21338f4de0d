#include "topology/mendel/garbage.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "shared/base/file.hpp"
#include "shared/base/hash.hpp"
#include "shared/base/ids.hpp"
#include "stages/ga_dispatcher/checkpoint.hpp"
#include "topology/mendel/evolution.hpp"
#include "topology/mendel/text_table.hpp"

namespace mendel::cli {
namespace {

namespace fs = std::filesystem;

// The names in a folder, ascending; none when there is no such folder.
std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::int64_t age_ns(const std::string& path, std::int64_t wall_ns) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return 0;
  return wall_ns - (status.st_mtim.tv_sec * kNsPerSecond + status.st_mtim.tv_nsec);
}

std::uint64_t bytes_of(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    const auto size = fs::file_size(path, error);
    return error ? 0 : size;
  }
  std::uint64_t sum = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
    std::error_code gone;
    const auto size = entry.is_regular_file(gone) ? entry.file_size(gone) : 0;
    if (!gone) sum += size;
  }
  return sum;
}

class Search {
 public:
  Search(const store::Store& store, const Catalogue& catalogue, std::int64_t wall_ns)
      : store_(store), catalogue_(catalogue), wall_ns_(wall_ns) {}

  Result<GarbageFound> find() {
    if (Status looked = look_at_runs(); !looked) return looked.error();
    add_files(Garbage::Kind::dataset, "datasets", ".bars", datasets_, keep_datasets_);
    add_files(Garbage::Kind::experiment, "experiments", ".toml", experiments_, keep_experiments_);
    add_archives();
    return std::move(found_);
  }

 private:
  Status look_at_runs();
  void look_at(const ga_dispatcher::Checkpoint& run);
  void add(Garbage::Kind kind, const std::string& path) {
    if (age_ns(store_.path() + "/" + path, wall_ns_) < kYoungNs) return;
    found_.all.push_back({kind, path, bytes_of(store_.path() + "/" + path)});
  }
  void add_files(Garbage::Kind kind, const std::string& folder, std::string_view ending,
                 const std::set<std::string>& used, const std::string& why_not);
  void add_archives();

  const store::Store& store_;
  const Catalogue& catalogue_;
  std::int64_t wall_ns_;
  GarbageFound found_;
  std::set<std::string> kept_runs_;
  std::set<std::string> datasets_;     // hex, of runs that are kept
  std::set<std::string> experiments_;  // likewise
  std::string keep_datasets_;          // why all of them are kept, "" = they are not
  std::string keep_experiments_;
};

Status Search::look_at_runs() {
  const auto runs = store_.runs();
  if (!runs) return runs.error();
  if (!catalogue_.is_drained) {
    found_.kept.emplace_back("runs: the database has not all of the log yet");
  }
  for (const std::string& run : *runs) {
    const auto bytes = store_.read_run_file(run, ga_dispatcher::kCheckpointName);
    if (!bytes) return bytes.error();
    const auto checkpoint =
        *bytes ? ga_dispatcher::decode_checkpoint(**bytes)
               : Result<ga_dispatcher::Checkpoint>(operator_error("it has no checkpoint"));
    if (checkpoint) {
      look_at(*checkpoint);
      continue;
    }
    kept_runs_.insert(run);
    keep_datasets_ = keep_experiments_ =
        fmt::format("run {} cannot be read: {}", run, checkpoint.error().message);
  }
  return {};
}

void Search::look_at(const ga_dispatcher::Checkpoint& run) {
  const bool ended = has_ended(run.state);
  const bool referred =
      !ended || !run.records.empty() || catalogue_.runs.contains(run.run) ||
      !catalogue_.is_drained ||
      age_ns(fmt::format("{}/runs/{}", store_.path(), run.run), wall_ns_) < kYoungNs;
  if (!referred) return add(Garbage::Kind::run, "runs/" + run.run);
  kept_runs_.insert(run.run);
  datasets_.insert(run.dataset_id.hex());
  experiments_.insert(sha256(run.experiment).hex());
  if (ended) return;
  // Its variants are published when it reports, and its dataset may be one that is there.
  keep_experiments_ = fmt::format("run {} has not ended", run.run);
  if (run.dataset_id.is_zero()) keep_datasets_ = fmt::format("run {} waits for one", run.run);
}

void Search::add_files(Garbage::Kind kind, const std::string& folder, std::string_view ending,
                       const std::set<std::string>& used, const std::string& why_not) {
  if (!why_not.empty()) {
    found_.kept.push_back(fmt::format("{}: {}", folder, why_not));
    return;
  }
  for (const std::string& name : names_in(store_.path() + "/" + folder)) {
    if (!name.ends_with(ending)) continue;
    const std::string stem = name.substr(0, name.size() - ending.size());
    if (!Digest::from_hex(stem) || used.contains(stem)) continue;
    add(kind, folder + "/" + name);
  }
}

void Search::add_archives() {
  for (const std::string& name : names_in(store_.path() + "/archive")) {
    if (!is_ulid(name) || kept_runs_.contains(name) || catalogue_.runs.contains(name)) continue;
    if (catalogue_.is_drained) add(Garbage::Kind::archive, "archive/" + name);
  }
}

}  // namespace

Result<GarbageFound> find_garbage(const store::Store& store, const Catalogue& catalogue,
                                  std::int64_t wall_ns) {
  return Search(store, catalogue, wall_ns).find();
}

std::string garbage_text(const GarbageFound& found) {
  std::string text;
  std::uint64_t bytes = 0;
  std::vector<std::vector<std::string>> lines;
  for (const Garbage& one : found.all) {
    bytes += one.bytes;
    lines.push_back({std::string(kGarbageNames[static_cast<std::size_t>(one.kind)]), one.path,
                     fmt::format("{:.1f} MB", static_cast<double>(one.bytes) / 1e6)});
  }
  if (!lines.empty()) text += left_aligned(lines);
  for (const std::string& line : found.kept) text += "kept: " + line + "\n";
  return text + fmt::format("{} that nothing refers to, {:.1f} MB\n", found.all.size(),
                            static_cast<double>(bytes) / 1e6);
}

Status remove_garbage(const store::Store& store, const std::vector<Garbage>& garbage) {
  for (const Garbage& one : garbage) {
    std::error_code error;
    fs::remove_all(store.path() + "/" + one.path, error);
    if (error) return file_error(error.value(), "remove", store.path() + "/" + one.path);
  }
  return {};
}

}  // namespace mendel::cli

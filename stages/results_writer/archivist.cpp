#include "stages/results_writer/archivist.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "shared/base/file.hpp"
#include "shared/base/ids.hpp"
#include "shared/base/log.hpp"
#include "shared/compression/compressed_file.hpp"
#include "shared/durable_log/folder.hpp"
#include "shared/durable_log/log.hpp"
#include "shared/store/store.hpp"
#include "shared/wire/codec.hpp"

namespace mendel::results_writer {
namespace {

namespace fs = std::filesystem;

void add_runs(const wire::Message& message, std::set<std::string>& runs) {
  if (const auto* batch = std::get_if<wire::ScoreBatch>(&message)) {
    for (const wire::Score& score : batch->scores) runs.insert(score.run);
  } else if (const auto* run = std::get_if<wire::RunRecord>(&message)) {
    runs.insert(run->run);
  } else if (const auto* generation = std::get_if<wire::GenerationRecord>(&message)) {
    runs.insert(generation->run);
  } else if (const auto* verdict = std::get_if<wire::Verdict>(&message)) {
    runs.insert(verdict->run);
  }
}

// A folder of the archive.
struct Shelf {
  std::string path;
  std::uint64_t bytes = 0;
  std::int64_t newest_ns = 0;
};

Shelf look_at(const std::string& path) {
  Shelf shelf{path};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    struct stat status {};
    if (::stat(entry.path().c_str(), &status) != 0) continue;
    shelf.bytes += static_cast<std::uint64_t>(status.st_size);
    shelf.newest_ns =
        std::max(shelf.newest_ns, status.st_mtim.tv_sec * kNsPerSecond + status.st_mtim.tv_nsec);
  }
  return shelf;
}

}  // namespace

Archivist::Archivist(std::string log_folder, std::string archive_folder, std::string store_id,
                     ArchivePolicy policy)
    : log_folder_(std::move(log_folder)),
      archive_folder_(std::move(archive_folder)),
      store_id_(std::move(store_id)),
      policy_(policy) {}

bool Archivist::tend(const durable_log::Position& stored, Selection& selection,
                     std::int64_t wall_ns) {
  const Result<bool> moved = move_oldest(stored, selection, wall_ns);
  if (!moved) log::repeated(log::Level::error, "archive", moved.error().message);
  if (Status kept = remove_old(wall_ns); !kept) {
    log::repeated(log::Level::error, "archive", kept.error().message);
  }
  return moved && *moved;
}

Result<bool> Archivist::move_oldest(const durable_log::Position& stored, Selection& selection,
                                    std::int64_t wall_ns) {
  const auto segments = durable_log::list_segments(log_folder_);
  if (!segments) return segments.error();
  // What is stored begins in its segment: a drain begins there again.
  if (segments->empty() || !(segments->front() < stored.segment)) return false;
  const std::string& segment = segments->front();
  if (looked_at_ != segment) {
    auto runs = runs_in(segment);
    if (!runs) return runs.error();
    runs_ = std::move(*runs);
    looked_at_ = segment;
  }
  for (const std::string& run : runs_) {
    const auto ended = selection.ended_at(run);
    if (!ended || wall_ns - *ended < policy_.after_ns) return false;
  }
  if (!runs_.empty()) {
    if (Status archived = archive(segment, runs_); !archived) return archived.error();
  }
  selection.forget_through(segment);
  const std::string path = log_folder_ + "/" + segment;
  if (::unlink(path.c_str()) != 0) return file_error(errno, "remove the archived segment", path);
  log::info("archived {}: {} runs", segment, runs_.size());
  return true;
}

Result<std::set<std::string>> Archivist::runs_in(const std::string& segment) const {
  Result<durable_log::Reader> reader =
      durable_log::Reader::open(log_folder_, store_id_, {segment, 0});
  if (!reader) return reader.error();
  const durable_log::Position end{segment, std::numeric_limits<std::uint64_t>::max()};
  std::set<std::string> runs;
  for (;;) {
    const auto entry = reader->next(&end);
    if (!entry) return entry.error();
    if (!*entry) return runs;
    const Result<wire::Message> message = wire::decode((*entry)->record.payload);
    if (message) add_runs(*message, runs);
  }
}

Status Archivist::archive(const std::string& segment, const std::set<std::string>& runs) const {
  const std::string& youngest = *runs.rbegin();
  if (!is_ulid(youngest)) {
    return operator_error(fmt::format("{}: '{}' is no id of a run", segment, youngest));
  }
  const std::string folder = archive_folder_ + "/" + youngest;
  if (const int error_number = make_folders(folder)) {
    return file_error(error_number, "create", folder);
  }
  if (const int error_number = sync_folder(archive_folder_)) {
    return file_error(error_number, "sync", archive_folder_);
  }
  std::string list;
  for (const std::string& run : runs) list += run + "\n";
  if (Status told = store::publish_file(folder + "/" + segment + ".runs", list); !told) {
    return told;
  }
  const auto bytes =
      compression::compress_file(log_folder_ + "/" + segment, folder + "/" + segment + ".zst");
  return bytes ? Status() : Status(bytes.error());
}

// Run ids ascend with time: the first is the oldest.
Status Archivist::remove_old(std::int64_t wall_ns) const {
  std::vector<Shelf> shelves;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(archive_folder_, error)) {
    shelves.push_back(look_at(entry.path().string()));
  }
  std::sort(shelves.begin(), shelves.end(),
            [](const Shelf& a, const Shelf& b) { return a.path < b.path; });
  std::uint64_t bytes = 0;
  for (const Shelf& shelf : shelves) bytes += shelf.bytes;
  for (const Shelf& shelf : shelves) {
    const bool old = wall_ns - shelf.newest_ns > policy_.keep_ns;
    if (bytes <= policy_.keep_bytes && !old) continue;
    fs::remove_all(shelf.path, error);
    if (error) return file_error(error.value(), "remove", shelf.path);
    log::info("removed {} from the archive, {} bytes: it keeps {} bytes", shelf.path, shelf.bytes,
              policy_.keep_bytes);
    bytes -= shelf.bytes;
  }
  return {};
}

}  // namespace mendel::results_writer

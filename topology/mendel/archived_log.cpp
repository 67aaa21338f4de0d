#include "topology/mendel/archived_log.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "shared/base/file.hpp"
#include "shared/base/time.hpp"
#include "shared/compression/compressed_file.hpp"
#include "shared/durable_log/folder.hpp"

namespace mendel::cli {
namespace {

namespace fs = std::filesystem;
using durable_log::Cursor;
using durable_log::Entry;
using durable_log::Position;
using durable_log::ScanReport;
using durable_log::Source;

constexpr std::size_t kRunsBytesMax = 16 << 20;
constexpr std::size_t kUnpackedMax = 3;  // at once
// A segment may exceed its bound by one group commit.
constexpr std::uint64_t kUnpackedBytesMax = std::uint64_t{1} << 30;

// Those of the archive that name the run and are not in the log any more.
Result<std::vector<ArchivedLog::Segment>> segments_of(const std::string& archive_folder,
                                                      const std::string& log_folder,
                                                      const std::string& run) {
  const auto living = durable_log::list_segments(log_folder);
  if (!living) return living.error();
  std::vector<ArchivedLog::Segment> found;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(archive_folder, error)) {
    const fs::path& path = entry.path();
    const std::string name = path.stem().string();
    if (path.extension() != ".zst" || !durable_log::parse_segment_name(name)) continue;
    if (std::ranges::find(*living, name) != living->end()) continue;
    const auto runs = read_file((path.parent_path() / (name + ".runs")).string(), kRunsBytesMax);
    if (!runs) return runs.error();
    if (*runs && (*runs)->find(run) == std::string::npos) continue;
    found.push_back({name, path.string()});
  }
  std::ranges::sort(found, {}, &ArchivedLog::Segment::name);
  return found;
}

// Goes through the archived segments, then through the living log.
class ChainedCursor : public Cursor {
 public:
  explicit ChainedCursor(const ArchivedLog& log) : log_(log) {}

  Status begin(const Position& from) {
    const auto& segments = log_.segments();
    while (next_ < segments.size() && segments[next_].name < from.segment) ++next_;
    const bool is_living = next_ == segments.size();
    const bool is_here = is_living || segments[next_].name == from.segment;
    return enter(is_here ? from : Position{});
  }

  Result<std::optional<Entry>> next(const Position* limit) override {
    for (;;) {
      auto entry = cursor_->next(limit);
      if (!entry || *entry || in_living_) return entry;
      if (limit != nullptr && limit->segment <= log_.segments()[next_ - 1].name) return entry;
      if (Status entered = enter({}); !entered) return entered.error();
    }
  }
  const ScanReport& report() const override {
    sum_ = past_;
    add(sum_, cursor_->report());
    return sum_;
  }

 private:
  static void add(ScanReport& sum, const ScanReport& more) {
    sum.records += more.records;
    sum.torn_bytes += more.torn_bytes;
    sum.corrupt_records += more.corrupt_records;
    sum.findings.insert(sum.findings.end(), more.findings.begin(), more.findings.end());
  }

  Status enter(const Position& from) {
    if (cursor_) add(past_, cursor_->report());
    in_living_ = next_ == log_.segments().size();
    Result<std::unique_ptr<Cursor>> opened = transient_error("");
    if (in_living_) {
      opened = log_.living().open(from);
    } else {
      const auto unpacked = log_.unpacked(log_.segments()[next_++]);
      if (!unpacked) return unpacked.error();
      opened = (*unpacked)->open(from);
    }
    if (!opened) return opened.error();
    cursor_ = std::move(*opened);
    return {};
  }

  const ArchivedLog& log_;
  std::size_t next_ = 0;  // the segment behind the one we are in
  bool in_living_ = false;
  std::unique_ptr<Cursor> cursor_;
  ScanReport past_;         // of segments that were left
  mutable ScanReport sum_;  // what report() lends
};

}  // namespace

Result<std::unique_ptr<ArchivedLog>> ArchivedLog::open(std::string log_folder,
                                                       const std::string& archive_folder,
                                                       std::string store_id, const std::string& run,
                                                       const std::string& scratch_parent) {
  auto segments = segments_of(archive_folder, log_folder, run);
  if (!segments) return segments.error();
  std::string scratch = scratch_parent + "/mendel-archive-XXXXXX";
  if (::mkdtemp(scratch.data()) == nullptr) return file_error(errno, "create", scratch);
  std::unique_ptr<ArchivedLog> made(
      new ArchivedLog(std::move(log_folder), std::move(store_id), std::move(scratch)));
  made->segments_ = std::move(*segments);
  return made;
}

ArchivedLog::ArchivedLog(std::string log_folder, std::string store_id, std::string scratch)
    : log_folder_(std::move(log_folder)),
      store_id_(std::move(store_id)),
      scratch_(std::move(scratch)),
      living_(durable_log::folder_source(log_folder_, store_id_)) {}

ArchivedLog::~ArchivedLog() {
  std::error_code ignored;
  fs::remove_all(scratch_, ignored);
}

// Its folder.
Result<std::string> ArchivedLog::unpack(const Segment& segment) const {
  const std::string folder = scratch_ + "/" + segment.name;
  const auto there = std::ranges::find(unpacked_, folder);
  if (there != unpacked_.end()) {
    std::rotate(there, there + 1, unpacked_.end());
    return folder;
  }
  if (unpacked_.size() == kUnpackedMax) {
    std::error_code ignored;
    fs::remove_all(unpacked_.front(), ignored);
    unpacked_.erase(unpacked_.begin());
  }
  if (const int error_number = make_folders(folder)) {
    return file_error(error_number, "create", folder);
  }
  const Status made =
      compression::decompress_file(segment.path, folder + "/" + segment.name, kUnpackedBytesMax);
  if (!made) return made.error();
  unpacked_.push_back(folder);
  return folder;
}

Result<std::unique_ptr<Source>> ArchivedLog::unpacked(const Segment& segment) const {
  const auto folder = unpack(segment);
  if (!folder) return folder.error();
  return durable_log::folder_source(*folder, store_id_);
}

Result<durable_log::Survey> ArchivedLog::survey(
    const std::function<Status(const Entry&)>& on_entry) const {
  durable_log::Survey all;
  for (const Segment& segment : segments_) {
    const auto folder = unpack(segment);
    if (!folder) return folder.error();
    auto one = durable_log::survey(*folder, store_id_, on_entry);
    if (!one) return one.error();
    all.corrupt_records += one->corrupt_records;
    all.damages.insert(all.damages.end(), one->damages.begin(), one->damages.end());
    for (durable_log::SegmentSurvey& found : one->segments) {
      found.is_newest = false;  // it is alone in its folder
      struct stat status {};
      if (::stat(segment.path.c_str(), &status) == 0) {
        found.modified_at_ns = status.st_mtim.tv_sec * kNsPerSecond + status.st_mtim.tv_nsec;
      }
      all.segments.push_back(std::move(found));
    }
  }
  return all;
}

Result<std::unique_ptr<Cursor>> ArchivedLog::open(const Position& from) const {
  auto cursor = std::make_unique<ChainedCursor>(*this);
  if (Status begun = cursor->begin(from); !begun) return begun.error();
  return std::unique_ptr<Cursor>(std::move(cursor));
}

}  // namespace mendel::cli

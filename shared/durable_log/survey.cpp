#include "shared/durable_log/survey.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "shared/base/file.hpp"
#include "shared/base/time.hpp"
#include "shared/durable_log/folder.hpp"

namespace mendel::durable_log {
namespace {

SegmentSurvey describe(const std::string& folder, const std::string& name) {
  SegmentSurvey segment;
  segment.name = name;
  segment.epoch = parse_segment_name(name)->epoch;
  const File file = File::open(folder + "/" + name, O_RDONLY);
  struct stat status {};
  if (!file.is_open() || ::fstat(file.fd(), &status) != 0) return segment;
  segment.bytes = static_cast<std::uint64_t>(status.st_size);
  segment.modified_at_ns = status.st_mtim.tv_sec * kNsPerSecond + status.st_mtim.tv_nsec;
  std::array<char, kHeaderBytes> bytes{};
  if (::pread(file.fd(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size())) {
    const auto header = decode_header(std::string_view(bytes.data(), bytes.size()));
    if (header) {
      segment.created_at_ns = header->created_at_ns;
      segment.is_renamed = segment_name(header->epoch, header->number) != name;
    }
  }
  return segment;
}

}  // namespace

std::vector<Hole> holes(const std::vector<SegmentSurvey>& segments) {
  std::vector<Hole> all;
  for (std::size_t i = 1; i < segments.size(); ++i) {
    const auto before = parse_segment_name(segments[i - 1].name);
    const auto here = parse_segment_name(segments[i].name);
    if (!before || !here) continue;
    const bool same = before->epoch == here->epoch;
    if (here->number == (same ? before->number + 1 : 1)) continue;
    all.push_back({same ? segments[i - 1].name : "", segments[i].name});
  }
  return all;
}

Result<Survey> survey(const std::string& folder, const std::string& store_id,
                      const std::function<Status(const Entry&)>& on_entry) {
  const Result<std::vector<std::string>> names = list_segments(folder);
  if (!names) return names.error();
  Result<Reader> reader = Reader::open(folder, store_id, {});
  if (!reader) return reader.error();
  std::map<std::string, std::uint64_t> records;
  std::map<std::string, std::uint64_t> ends;
  for (;;) {
    const Result<std::optional<Entry>> entry = reader->next();
    if (!entry) return entry.error();
    if (!*entry) break;
    ++records[(*entry)->begin.segment];
    ends[(*entry)->begin.segment] = (*entry)->end.offset;
    if (!on_entry) continue;
    if (Status status = on_entry(**entry); !status) return status.error();
  }
  const ScanReport& report = reader->report();
  Survey all{{}, report.damages, report.corrupt_records};
  for (const std::string& name : *names) {
    SegmentSurvey segment = describe(folder, name);
    segment.records = records[name];
    segment.is_newest = name == names->back();
    for (const Stretch& damage : report.damages) {
      if (damage.segment == name) segment.corrupt_records += damage.records;
    }
    for (const Stretch& torn : report.torn) {
      if (torn.segment == name) segment.torn_bytes += torn.end - torn.begin;
    }
    if (segment.is_newest) {
      const std::uint64_t end = std::max<std::uint64_t>(ends[name], kHeaderBytes);
      if (segment.bytes > end) segment.torn_bytes = segment.bytes - end;
    }
    all.segments.push_back(std::move(segment));
  }
  return all;
}

}  // namespace mendel::durable_log

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "shared/base/file.hpp"
#include "shared/durable_log/folder.hpp"
#include "shared/durable_log/log.hpp"

namespace mendel::durable_log {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;  // one read from disk, unless a record is larger
constexpr std::size_t kFindingsMax = 100;
// A record found while resynchronising is believed within this many of the last good one: random
// bytes that pass for a header do not get as far as a checksum over megabytes.
constexpr std::uint64_t kSequencesAhead = 1 << 26;

// A sliding window of a file's bytes.
class Window {
 public:
  // Bytes [offset, offset + count) as far as the file has them; valid until the next call.
  Result<std::string_view> at(const File& file, std::uint64_t offset, std::size_t count) {
    if (offset < base_ || offset + count > base_ + bytes_.size()) {
      if (const int error_number = fill(file, offset, std::max(count, kBlockBytes))) {
        return file_error(error_number, "read", "the log");
      }
    }
    return std::string_view(bytes_).substr(offset - base_, count);
  }
  void clear() {
    base_ = 0;
    bytes_.clear();
  }

 private:
  int fill(const File& file, std::uint64_t offset, std::size_t count) {
    base_ = offset;
    bytes_.resize(count);
    std::size_t have = 0;
    while (have < count) {
      const ssize_t got =
          ::pread(file.fd(), bytes_.data() + have, count - have, static_cast<off_t>(offset + have));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return bytes_.clear(), errno;
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    bytes_.resize(have);
    return 0;
  }

  std::uint64_t base_ = 0;
  std::string bytes_;
};

}  // namespace

struct Reader::Impl {
  std::string folder;
  std::string store_id;
  ScanReport report;

  File file;
  Window window;
  Position at;                 // "" = before the first segment
  bool header_read = false;    // of the segment we are in
  bool bad_before = false;     // a bad stretch ends at `at`
  std::uint64_t bad_from = 0;  // where it began
  std::uint64_t sequence = 0;  // of the last good record of this epoch; 0 = not known
  std::uint64_t hopeless = 0;  // size of a living segment in which no good record was found

  std::string path() const { return folder + "/" + at.segment; }
  void find(std::string line) {
    if (report.findings.size() < kFindingsMax) report.findings.push_back(std::move(line));
  }

  Result<std::optional<std::string>> next_name() const;
  Status enter(const std::string& name, std::uint64_t offset);
  Status read_header(std::uint64_t end);
  Result<std::optional<Entry>> read_record(std::uint64_t end);
  Result<std::optional<std::uint64_t>> search(std::uint64_t end);
  Result<std::optional<Entry>> next_here(const Position* limit, bool sealed);
  void advance(const Entry& entry);
  Status leave(const std::string& next);
  void count_lost(std::uint64_t found);
  void damaged(std::uint64_t begin, std::uint64_t end, std::uint64_t records);
  Result<std::uint64_t> file_size() const {
    const std::int64_t size = file.size();
    if (size < 0) return file_error(errno, "read", path());
    return static_cast<std::uint64_t>(size);
  }
};

// The segment behind the one we are in.
Result<std::optional<std::string>> Reader::Impl::next_name() const {
  const Result<std::vector<std::string>> names = list_segments(folder);
  if (!names) return names.error();
  const auto next = std::upper_bound(names->begin(), names->end(), at.segment);
  return next == names->end() ? std::nullopt : std::optional(*next);
}

Status Reader::Impl::enter(const std::string& name, std::uint64_t offset) {
  const auto old = parse_segment_name(at.segment);
  if (!old || old->epoch != parse_segment_name(name)->epoch) sequence = 0;
  int error_number = 0;
  file = File::open(folder + "/" + name, O_RDONLY, &error_number);
  if (!file.is_open()) return file_error(error_number, "open the log segment", folder + "/" + name);
  window.clear();
  at = {name, std::max<std::uint64_t>(offset, kHeaderBytes)};
  header_read = bad_before = false;
  hopeless = 0;
  return {};
}

Status Reader::Impl::read_header(std::uint64_t end) {
  if (header_read || end < kHeaderBytes) return {};
  const Result<std::string_view> bytes = window.at(file, 0, kHeaderBytes);
  if (!bytes) return bytes.error();
  header_read = true;
  const auto header = decode_header(*bytes);
  if (!header) {
    ++report.corrupt_records;
    damaged(0, kHeaderBytes, 1);
    find(fmt::format("{}: offset 0: the segment's header is damaged", path()));
    return {};
  }
  if (header->store_id != store_id) {
    return operator_error(fmt::format("{} belongs to store {}, not to {}: mount the right store",
                                      path(), header->store_id, store_id));
  }
  return {};
}

void Reader::Impl::damaged(std::uint64_t begin, std::uint64_t end, std::uint64_t records) {
  if (report.damages.size() < kStretchesMax) {
    report.damages.push_back({at.segment, begin, end, records});
  }
}

void Reader::Impl::count_lost(std::uint64_t found) {
  const bool known = sequence != 0;
  const std::uint64_t missing = known && found > sequence + 1 ? found - sequence - 1 : 0;
  if (missing == 0 && !bad_before) return;
  const std::uint64_t lost = std::max<std::uint64_t>(missing, 1);
  report.corrupt_records += lost;
  damaged(bad_before ? bad_from : at.offset, at.offset, lost);
  find(fmt::format("{}: {} records before offset {} are lost", path(), lost, at.offset));
}

// nullopt: no whole good record begins here.
Result<std::optional<Entry>> Reader::Impl::read_record(std::uint64_t end) {
  if (at.offset + kRecordHeaderBytes > end) return std::optional<Entry>();
  Result<std::string_view> bytes = window.at(file, at.offset, kRecordHeaderBytes);
  if (!bytes) return bytes.error();
  if (bytes->size() < kRecordHeaderBytes) return std::optional<Entry>();
  const auto header = decode_record_header(*bytes);
  if (!header || header->record_bytes() > end - at.offset) return std::optional<Entry>();
  bytes = window.at(file, at.offset, header->record_bytes());
  if (!bytes) return bytes.error();
  if (bytes->size() < header->record_bytes() || !is_sound(*bytes)) return std::optional<Entry>();
  Entry entry;
  entry.record = {header->kind, std::string(bytes->substr(kRecordHeaderBytes))};
  entry.sequence = header->sequence;
  entry.begin = at;
  entry.end = {at.segment, at.offset + header->record_bytes()};
  return std::optional(std::move(entry));
}

// The next offset in front of `end` at which a good record begins.
Result<std::optional<std::uint64_t>> Reader::Impl::search(std::uint64_t end) {
  const Position from = at;
  std::optional<std::uint64_t> found;
  for (++at.offset; at.offset + kRecordHeaderBytes <= end && !found; ++at.offset) {
    const Result<std::string_view> bytes = window.at(file, at.offset, kRecordHeaderBytes);
    if (!bytes) return bytes.error();
    const auto header = decode_record_header(*bytes);
    if (!header || header->sequence <= sequence) continue;
    if (sequence != 0 && header->sequence - sequence > kSequencesAhead) continue;
    const Result<std::optional<Entry>> entry = read_record(end);
    if (!entry) return entry.error();
    if (*entry) found = at.offset;
  }
  at = from;
  return found;
}

// The next good record of the segment we are in; nullopt at its present end. `sealed`: the segment
// does not grow any more.
Result<std::optional<Entry>> Reader::Impl::next_here(const Position* limit, bool sealed) {
  const Result<std::uint64_t> size = file_size();
  if (!size) return size.error();
  const bool limited = limit && limit->segment == at.segment;
  const std::uint64_t end = limited ? std::min(*size, limit->offset) : *size;
  if (Status status = read_header(end); !status) return status.error();
  Result<std::optional<Entry>> entry = read_record(end);
  if (!entry) return entry.error();
  // The unfinished end of a living segment is searched once, not at every call.
  if (!*entry && at.offset < end && (sealed || limited || hopeless != end)) {
    const Result<std::optional<std::uint64_t>> found = search(end);
    if (!found) return found.error();
    if (!*found) {
      hopeless = end;
      return entry;
    }
    bad_from = bad_before ? bad_from : at.offset;
    bad_before = true;
    at.offset = **found;
    entry = read_record(end);
    if (!entry) return entry.error();
  }
  if (*entry) advance(**entry);
  return entry;
}

void Reader::Impl::advance(const Entry& entry) {
  count_lost(entry.sequence);
  bad_before = false;
  sequence = entry.sequence;
  at = entry.end;
  ++report.records;
}

// Leaves a sealed segment: what is left of it are no good records.
Status Reader::Impl::leave(const std::string& next) {
  const Result<std::uint64_t> size = file_size();
  if (!size) return size.error();
  const bool cut_header = *size < kHeaderBytes;
  const std::uint64_t from = cut_header ? 0 : at.offset;
  const std::uint64_t rest = *size > from ? *size - from : 0;
  if (rest == 0 && !cut_header) return {};
  if (parse_segment_name(next)->epoch != parse_segment_name(at.segment)->epoch) {
    report.torn_bytes += rest;
    if (report.torn.size() < kStretchesMax) report.torn.push_back({at.segment, from, *size, 0});
    find(fmt::format("{}: offset {}: {} bytes of a write that was cut off", path(), from, rest));
  } else {
    // Its own writer went on behind it, so this was written and synced once.
    ++report.corrupt_records;
    damaged(from, *size, 1);
    find(fmt::format("{}: offset {}: {} bytes at the end are damaged", path(), from, rest));
  }
  return {};
}

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

Result<Reader> Reader::open(const std::string& folder, const std::string& store_id, Position from) {
  auto impl = std::make_unique<Impl>();
  impl->folder = folder;
  impl->store_id = store_id;
  if (from.segment.empty()) return Reader(std::move(impl));
  const std::string path = folder + "/" + from.segment;
  if (!parse_segment_name(from.segment)) {
    return operator_error(fmt::format("'{}' is no segment of the log {}", from.segment, folder));
  }
  if (Status status = impl->enter(from.segment, from.offset); !status) {
    return operator_error(fmt::format(
        "what is stored reaches into {}, which is not there ({}): mount the right store, restore "
        "it, or pair store and database with 'mendel adopt'",
        path, status.error().message));
  }
  const std::int64_t size = impl->file.size();
  if (size < 0 || from.offset > static_cast<std::uint64_t>(size)) {
    return operator_error(fmt::format(
        "what is stored reaches to offset {} of {}, which has {} bytes: the store is older than "
        "the database; restore the newer one, or pair them with 'mendel adopt'",
        from.offset, path, size));
  }
  if (Status status = impl->read_header(static_cast<std::uint64_t>(size)); !status) {
    return status.error();
  }
  return Reader(std::move(impl));
}

Result<std::optional<Entry>> Reader::next(const Position* limit) {
  Impl& self = *impl_;
  for (;;) {
    const bool inside = !self.at.segment.empty();
    if (inside) {
      if (limit && limit->segment < self.at.segment) return std::optional<Entry>();
      Result<std::optional<Entry>> entry = self.next_here(limit, false);
      if (!entry || *entry) return entry;
      if (limit && limit->segment == self.at.segment) return entry;
    }
    const Result<std::optional<std::string>> name = self.next_name();
    if (!name) return name.error();
    if (!*name || (limit && limit->segment < **name)) return std::optional<Entry>();
    if (inside) {
      // A newer one exists, so this one does not grow any more: look once more, then leave it.
      Result<std::optional<Entry>> entry = self.next_here(limit, true);
      if (!entry || *entry) return entry;
      if (Status status = self.leave(**name); !status) return status.error();
    }
    if (Status status = self.enter(**name, 0); !status) return status.error();
  }
}

const ScanReport& Reader::report() const { return impl_->report; }

Result<Record> read_at(const std::string& folder, const Position& begin) {
  const std::string path = folder + "/" + begin.segment;
  if (!parse_segment_name(begin.segment)) {
    return operator_error(fmt::format("'{}' is no segment of the log", begin.segment));
  }
  int error_number = 0;
  const File file = File::open(path, O_RDONLY, &error_number);
  if (!file.is_open()) return file_error(error_number, "open the log segment", path);
  const auto damaged = [&] {
    return operator_error(
        fmt::format("{}: offset {}: no good record is there", path, begin.offset));
  };
  Window window;
  Result<std::string_view> bytes = window.at(file, begin.offset, kRecordHeaderBytes);
  if (!bytes) return bytes.error();
  if (bytes->size() < kRecordHeaderBytes) return damaged();
  const auto header = decode_record_header(*bytes);
  if (!header) return damaged();
  bytes = window.at(file, begin.offset, header->record_bytes());
  if (!bytes) return bytes.error();
  if (bytes->size() < header->record_bytes() || !is_sound(*bytes)) return damaged();
  return Record{header->kind, std::string(bytes->substr(kRecordHeaderBytes))};
}

}  // namespace mendel::durable_log

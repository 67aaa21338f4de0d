#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "shared/base/file.hpp"
#include "shared/durable_log/log.hpp"

namespace mendel::durable_log {

static_assert(kRecordBytesMax + kRecordHeaderBytes <= kAppendBytesMax);
static_assert(kAppendBytesMax <= kSegmentBytesMax);

struct Writer::Impl {
  std::string folder;
  SegmentHeader header;
  std::int64_t created_wall_ns = 0;
  File file;
  DiskCalls calls;
  Position position;
  std::uint64_t records = 0;
  std::string buffer;
  std::string broken;  // why nothing can be appended any more

  std::string path() const { return folder + "/" + position.segment; }
  Status begin_segment();
  Status write(std::string_view bytes);
  Status take_back(int error_number);
};

// The file is there only with its header, or not at all: a full disk leaves no stub behind.
Status Writer::Impl::begin_segment() {
  SegmentHeader next = header;
  ++next.number;
  const std::string name = segment_name(next.epoch, next.number);
  const std::string full = folder + "/" + name;
  int error_number = 0;
  File created = File::open(full, O_WRONLY | O_CREAT | O_EXCL, &error_number);
  if (error_number == EEXIST) {
    return operator_error(fmt::format(
        "{} exists already: two writers have epoch {}; stop the other one, and keep both files",
        full, next.epoch));
  }
  if (!created.is_open()) return file_error(error_number, "create the log segment", full);
  error_number = created.write_all(encode_header(next));
  if (error_number == 0 && ::fsync(created.fd()) != 0) error_number = errno;
  if (error_number == 0) error_number = sync_folder(folder);
  if (error_number != 0) {
    ::unlink(full.c_str());
    return file_error(error_number, "begin the log segment", full);
  }
  header = next;
  file = std::move(created);
  position = {name, kHeaderBytes};
  return {};
}

// A failed write kept an unknown part: cut it off, so that the next append follows a good record.
Status Writer::Impl::take_back(int error_number) {
  const auto end = static_cast<off_t>(position.offset);
  if (::ftruncate(file.fd(), end) != 0 || ::lseek(file.fd(), end, SEEK_SET) != end) {
    broken = file_error(errno, "cut off a failed write to", path()).message;
    return operator_error(broken);
  }
  Error error = file_error(error_number, "append to the log", path());
  error.kind = ErrorKind::transient;
  return error;
}

Status Writer::Impl::write(std::string_view bytes) {
  if (const int error_number = calls.write(file, bytes)) return take_back(error_number);
  const int error_number = calls.sync(file);
  if (error_number == 0) return {};
  if (error_number == ENOSPC || error_number == EDQUOT) {
    // An NFS client learns of a full disk only now. What could not be written is cut off; the sync
    // of the cut says that the file, which ends where it was good, is as it should be.
    Status cut = take_back(error_number);
    if (!broken.empty() || calls.sync(file) == 0) return cut;
  }
  // The kernel may have dropped the pages and forgotten the error: a second fsync would lie. And
  // who reads the file again must not see what may never reach the disk.
  broken = file_error(error_number, "sync the log", path()).message +
           "; check the disk, then start again: the log is read anew";
  [[maybe_unused]] const int cut = ::ftruncate(file.fd(), static_cast<off_t>(position.offset));
  return operator_error(broken);
}

Writer::Writer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Writer::~Writer() = default;
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;

Result<Writer> Writer::create(const std::string& folder, const std::string& store_id,
                              std::uint64_t epoch, std::int64_t wall_ns, DiskCalls calls) {
  if (const int error_number = make_folders(folder)) {
    return file_error(error_number, "create the log's folder", folder);
  }
  auto impl = std::make_unique<Impl>();
  impl->folder = folder;
  impl->calls = std::move(calls);
  impl->header = {epoch, 0, store_id, wall_ns};
  if (Status status = impl->begin_segment(); !status) return status.error();
  return Writer(std::move(impl));
}

Result<Position> Writer::append(std::span<const Record> records) {
  if (!impl_->broken.empty()) return operator_error(impl_->broken);
  if (records.empty()) return impl_->position;
  if (impl_->position.offset >= kSegmentBytesMax) {
    if (Status status = impl_->begin_segment(); !status) return status.error();
  }
  impl_->buffer.clear();
  std::size_t bytes = 0;
  for (const Record& record : records) bytes += kRecordHeaderBytes + record.payload.size();
  impl_->buffer.reserve(bytes);
  std::uint64_t sequence = impl_->records;
  for (const Record& record : records) append_record(impl_->buffer, record, ++sequence);
  check(impl_->buffer.size() <= kAppendBytesMax, "an append within kAppendBytesMax");
  if (Status status = impl_->write(impl_->buffer); !status) return status.error();
  impl_->position.offset += impl_->buffer.size();
  impl_->records = sequence;
  return impl_->position;
}

Position Writer::position() const { return impl_->position; }
std::uint64_t Writer::records() const { return impl_->records; }

}  // namespace mendel::durable_log

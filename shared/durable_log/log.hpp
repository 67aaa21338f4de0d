// The durable log: one file per writer incarnation and number, group commit by fsync, a checksum
// per record. data_loader keeps bars in one, results_writer scores and records.
// Threads: a Writer belongs to one thread; a Reader to another, in the same or another process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "shared/base/file.hpp"
#include "shared/base/result.hpp"
#include "shared/durable_log/segment.hpp"

namespace mendel::durable_log {

inline constexpr std::size_t kAppendBytesMax = 64 << 20;  // of one append()

// The calls that a disk fails; both return 0 or errno. Tests fail them on purpose.
struct DiskCalls {
  std::function<int(File&, std::string_view)> write = &File::write_all;
  std::function<int(File&)> sync = &File::sync_data;
};

class Writer {
 public:
  // Creates the first segment of `epoch` in `folder` (O_EXCL; the folder is made if missing).
  static Result<Writer> create(const std::string& folder, const std::string& store_id,
                               std::uint64_t epoch, std::int64_t wall_ns, DiskCalls calls = {});
  ~Writer();
  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;

  // Appends all records and fsyncs once. On success they are durable and the returned position is
  // behind the last. A full disk or quota (which NFS tells at the fsync): truncated back to the
  // last good offset, transient error, nothing of the call is kept. Any other failed fsync is an
  // operator error: the process must end and re-read. One call goes into one segment and holds at
  // most kAppendBytesMax.
  Result<Position> append(std::span<const Record> records);

  Position position() const;
  std::uint64_t records() const;  // appended by this writer

 private:
  struct Impl;
  explicit Writer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct Entry {
  Record record;
  std::uint64_t sequence = 0;
  Position begin;  // of this record
  Position end;    // behind it
};

// A part of a segment that holds no good record.
struct Stretch {
  std::string segment;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;      // == begin: what stood there is gone
  std::uint64_t records = 0;  // lost to it, at least
};

inline constexpr std::size_t kStretchesMax = 100;  // remembered by one scan

// What a scan met besides good records.
//
// A bad stretch at the end of an epoch's last segment is the torn write of a dead writer: nobody
// was told of it, it is skipped. A bad stretch anywhere else is corruption: the reader tries every
// following byte until a record's header is plausible and its checksum right, goes on there, and
// counts what the sequence numbers show to be lost.
struct ScanReport {
  std::uint64_t records = 0;
  std::uint64_t torn_bytes = 0;       // cut-off tails of dead writers
  std::uint64_t corrupt_records = 0;  // lost to corruption: an operator must look
  std::vector<std::string> findings;  // one line each: file, offset, what; the first 100
  std::vector<Stretch> damages;       // corruption, the first kStretchesMax
  std::vector<Stretch> torn;          // cut-off tails, the first kStretchesMax
};

class Reader {
 public:
  // Starts behind `from` ({} = the beginning of the oldest segment). Refuses an offset beyond its
  // file and a segment of another store (operator errors).
  static Result<Reader> open(const std::string& folder, const std::string& store_id, Position from);
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  // The next good record, or nullopt at the present end (later calls see what was appended since).
  // Never beyond `limit` when given: the durable end of the living writer.
  Result<std::optional<Entry>> next(const Position* limit = nullptr);
  const ScanReport& report() const;

 private:
  struct Impl;
  explicit Reader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// One record at a known place (a query's answer).
Result<Record> read_at(const std::string& folder, const Position& begin);

// Bytes of records in all segments behind `from` (segment headers do not count).
std::uint64_t bytes_behind(const std::string& folder, const Position& from);

}  // namespace mendel::durable_log

// Space: how much room the store's disk has, and how much of it is always left. Logs and datasets
// stop growing below a floor, so that the disk (which a private database may share) never fills; a
// Reserve is what the small files that must be written meanwhile (checkpoints, epochs) live on.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "shared/base/result.hpp"
#include "shared/base/time.hpp"

namespace mendel::store {

struct DiskSpace {
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;  // for whoever is not root
  std::uint64_t used_bytes = 0;  // by anybody; what is left may be less than the rest
};

// The disk that holds `path`.
Result<DiskSpace> disk_of(const std::string& path);

using LookAtDisk = std::function<Result<DiskSpace>(const std::string& path)>;

inline constexpr std::uint64_t kFreeBytesMinDefault = std::uint64_t{2} << 30;
inline constexpr std::uint64_t kFreeShareMinDefault = 20;  // one part of so many: 5 %
inline constexpr std::uint64_t kFullBytes = 1 << 20;
inline constexpr std::int64_t kFreeBytesMost = std::int64_t{1} << 50;
inline constexpr std::int64_t kReserveBytesDefault = 64 << 20;
inline constexpr std::int64_t kReserveBytesMost = std::int64_t{1} << 40;

class Space {
 public:
  // A negative floor: 2 GiB or 5 % of the disk, whichever is smaller.
  Space(std::string path, std::int64_t free_bytes_min, LookAtDisk look = disk_of);

  // Asks the disk, at most once a second.
  void look(Now now);

  // Less than the floor is free; false before the first look, and of a disk that cannot be asked.
  bool is_short() const { return known_ && disk_.free_bytes < floor_bytes(); }
  // Nearly nothing is free, whatever the floor.
  bool is_full() const { return known_ && disk_.free_bytes < kFullBytes; }
  // "" or one line that says so; what is not done meanwhile is the caller's to add.
  std::string shortage() const;
  // So many bytes more would still leave the floor.
  bool has_room_for(std::uint64_t bytes) const;
  std::uint64_t floor_bytes() const;
  const DiskSpace& disk() const { return disk_; }

 private:
  std::string path_;
  std::int64_t free_bytes_min_;
  LookAtDisk look_;
  DiskSpace disk_;
  bool known_ = false;
  std::int64_t looked_at_ns_ = 0;
};

// A file of so many bytes in the store: released when a disk is full, taken again when there is
// room for it above the floor.
class Reserve {
 public:
  // 0 bytes: there is none.
  Reserve(const std::string& store, std::uint64_t bytes);

  // Gives the bytes back to the disk; true when there were any.
  bool release();
  // Makes sure of it, where there is room; at most every ten seconds. An error is no reason to stop
  // anything: it is tried again.
  Status take(const Space& space, Now now);
  bool is_held() const;

 private:
  std::string path_;
  std::uint64_t bytes_;
  std::int64_t tried_at_ns_ = 0;
};

}  // namespace mendel::store

// SmallDisk: a disk of its own in memory for the store and the database of one round, which can be
// filled to the last byte. Only root can mount one.
// Threads: one.
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/scratch_folder.hpp"

namespace mendel::faults {

class SmallDisk {
 public:
  explicit SmallDisk(std::int64_t megabytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // "" or why there is none: then path() is an ordinary folder, and fill() does nothing.
  const std::string& missing() const { return missing_; }
  const std::string& path() const { return folder_.path(); }
  void fill() const;
  void free_again() const;

 private:
  testing::ScratchFolder folder_;
  std::string missing_;
};

}  // namespace mendel::faults

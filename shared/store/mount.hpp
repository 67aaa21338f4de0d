// Mount: whether the folder of a store still is that store, and how long it takes to read from it.
// An unmounted volume is an empty folder, and nothing else tells a process that has its files open.
// Threads: one thread; look() waits for the disk.
#pragma once

#include <cstdint>
#include <string>

#include "shared/base/time.hpp"
#include "shared/store/store.hpp"

namespace mendel::store {

class Mount {
 public:
  explicit Mount(const Store& store) : path_(store.path()), id_(store.id()) {}

  // Reads the store's id, every ten seconds, and every second while it is gone; logs when it goes
  // and when it is back.
  void look(Now now);

  // "" or one line that says so; "" before the first look. What is written meanwhile to files that
  // are open may be lost, so nothing should be taken.
  const std::string& trouble() const { return trouble_; }
  bool is_healthy() const { return trouble_.empty(); }
  double read_seconds() const { return read_seconds_; }  // of the latest look

 private:
  std::string path_;
  std::string id_;
  std::int64_t looked_at_ns_ = 0;
  std::string trouble_;
  double read_seconds_ = 0;
};

}  // namespace mendel::store

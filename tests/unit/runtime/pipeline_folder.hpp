// PipelineFolder: a fresh state directory with the local topology in it.
// Threads: one thread.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <string>

#include "shared/base/check.hpp"
#include "shared/base/time.hpp"
#include "shared/runtime/launch.hpp"
#include "shared/wiring/topology.hpp"

namespace mendel::runtime {

inline constexpr std::int64_t kPatienceNs = 10 * kNsPerSecond;

class PipelineFolder {
 public:
  PipelineFolder() {
    char folder[] = "/tmp/mendel_runtime_XXXXXX";
    check(mkdtemp(folder) != nullptr, "a fresh folder");
    path_ = folder;
  }
  ~PipelineFolder() { std::filesystem::remove_all(path_); }
  PipelineFolder(const PipelineFolder&) = delete;
  PipelineFolder& operator=(const PipelineFolder&) = delete;

  const std::string& path() const { return path_; }

  wiring::Topology topology() const {
    auto topology = wiring::Topology::read(MENDEL_SOURCE_DIR "/topology/local.ini", path_);
    check(static_cast<bool>(topology), topology ? "" : topology.error().message);
    check(static_cast<bool>(make_run_folder(*topology)), "a run folder");
    return std::move(*topology);
  }

 private:
  std::string path_;
};

// Calls `step` until `done`; false when that takes too long.
inline bool until(const std::function<bool()>& done, const std::function<void()>& step) {
  const std::int64_t deadline = read_clocks().monotonic_ns + kPatienceNs;
  while (!done()) {
    if (read_clocks().monotonic_ns > deadline) return false;
    step();
  }
  return true;
}

}  // namespace mendel::runtime

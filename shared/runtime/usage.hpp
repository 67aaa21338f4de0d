// Usage: what this process takes of its machine.
// Threads: any.
#pragma once

#include <cstdint>
#include <string_view>

namespace mendel::runtime {

struct Usage {
  double cpu_seconds = 0;            // of all threads, since the process began
  std::uint64_t resident_bytes = 0;  // memory that is not swapped out; 0 = not known
};

Usage read_usage();

// The second number of /proc/self/statm; 0 when there is none.
std::uint64_t resident_pages(std::string_view statm);

}  // namespace mendel::runtime

#include "shared/runtime/usage.hpp"

#include <unistd.h>

#include <charconv>
#include <ctime>

#include "shared/base/file.hpp"

namespace mendel::runtime {
namespace {

constexpr std::size_t kStatmBytesMax = 4096;

}  // namespace

std::uint64_t resident_pages(std::string_view statm) {
  const std::size_t space = statm.find(' ');
  if (space == std::string_view::npos) return 0;
  std::uint64_t pages = 0;
  std::from_chars(statm.data() + space + 1, statm.data() + statm.size(), pages);
  return pages;
}

Usage read_usage() {
  Usage usage;
  timespec cpu{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0)
    usage.cpu_seconds = static_cast<double>(cpu.tv_sec) + static_cast<double>(cpu.tv_nsec) / 1e9;
  const auto statm = read_file("/proc/self/statm", kStatmBytesMax);
  if (statm && *statm)
    usage.resident_bytes =
        resident_pages(**statm) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return usage;
}

}  // namespace mendel::runtime

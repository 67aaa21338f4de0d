#include "stages/evaluator/threads.hpp"

#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace mendel::evaluator {
namespace {

constexpr std::string_view kCgroupRoot = "/sys/fs/cgroup";

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The path below the root of cgroup v2: the line "0::/path".
std::string cgroup_path() {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("0::/")) return line.substr(3);
  }
  return "/";
}

std::size_t affinity_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
}

std::size_t rounded_up(double processors) {
  const auto whole = static_cast<std::size_t>(processors);
  return static_cast<double>(whole) < processors ? whole + 1 : whole;
}

}  // namespace

std::optional<double> parse_cpu_max(std::string_view text) {
  const std::string owned(text);
  char* end = nullptr;
  const long long quota = std::strtoll(owned.c_str(), &end, 10);
  if (end == owned.c_str() || *end != ' ') return std::nullopt;
  const long long period = std::strtoll(end, nullptr, 10);
  if (quota <= 0 || period <= 0) return std::nullopt;
  return static_cast<double>(quota) / static_cast<double>(period);
}

std::size_t allowed_threads() {
  std::size_t threads = affinity_threads();
  // A limit anywhere above holds; inside a container the path may be the root itself.
  for (std::string path = cgroup_path(); !path.empty();) {
    const std::string file = std::string(kCgroupRoot) + (path == "/" ? "" : path) + "/cpu.max";
    if (const auto limit = parse_cpu_max(content_of(file))) {
      threads = std::min(threads, rounded_up(*limit));
    }
    if (path == "/") break;
    const std::size_t slash = path.rfind('/');
    path = slash == 0 ? "/" : path.substr(0, slash);
  }
  return std::clamp<std::size_t>(threads, 1, kThreadsMax);
}

}  // namespace mendel::evaluator

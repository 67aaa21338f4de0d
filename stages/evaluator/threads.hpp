// Threads: how many the machine allows this process.
// Threads: any.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mendel::evaluator {

inline constexpr std::size_t kThreadsMax = 1024;

// "200000 100000" is 2 processors; nullopt for "max 100000" and anything else.
std::optional<double> parse_cpu_max(std::string_view text);

// min(affinity mask, ceil(cpu.max of the process's cgroup and those above it)), at least 1.
std::size_t allowed_threads();

}  // namespace mendel::evaluator

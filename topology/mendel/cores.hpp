// Cores: how many this process may use.
// Threads: any.
#pragma once

namespace mendel::cli {

// min(affinity mask, ceil(cgroup cpu.max)), at least 1.
int usable_cores();

}  // namespace mendel::cli

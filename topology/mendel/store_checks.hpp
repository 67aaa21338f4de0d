// What `mendel validate` tries in the store's folder: whether it is the right file system, mounted
// so that nothing is lost, and quick enough. What it writes it removes.
// Threads: the main thread; one more while renames are watched.
#pragma once

#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "topology/mendel/findings.hpp"

namespace mendel::cli {

// One line of /proc/self/mountinfo.
struct Mount {
  std::string point;
  std::string type;     // "nfs4", "ext4"
  std::string source;   // "fs-1.efs.us-east-1.amazonaws.com:/"
  std::string options;  // of the file system: "rw,vers=4.1,hard,noresvport"
};

// The mount that holds `path`: the longest point above it.
Result<Mount> mount_of(const std::string& path, const std::string& mountinfo);

// store_mount. `efs_dns_name`: the server that must hold the store; "" = none is named.
Finding check_mount(const Mount& mount, const std::string& efs_dns_name);

// store_mount, store_writable, store_rename, store_throughput and store_latency.
std::vector<Finding> check_store(const std::string& path, const std::string& efs_dns_name);

}  // namespace mendel::cli

#include "topology/mendel/store_checks.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <thread>

#include "shared/base/time.hpp"
#include "shared/database/latency.hpp"

namespace mendel::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockBytes = 4 << 20;
constexpr std::size_t kBytesMost = 256 << 20;
constexpr std::int64_t kWriteNsMost = 3 * kNsPerSecond;
constexpr double kMegabytesPerSecond = 100;
constexpr double kLatencyMs = 100;
// Slower or later by more than this factor is not slow but broken.
constexpr double kBroken = 5;
constexpr int kSmallWrites = 50;
constexpr int kRenames = 200;

// A file of our own for as long as the object lives.
class ScratchFile {
 public:
  explicit ScratchFile(std::string path)
      : path_(std::move(path)),
        descriptor_(open(path_.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600)) {}
  ~ScratchFile() {
    if (descriptor_ >= 0) close(descriptor_);
    unlink(path_.c_str());
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  // Writes and makes it durable.
  bool write(std::string_view bytes) const {
    return ::write(descriptor_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
           fsync(descriptor_) == 0;
  }

 private:
  std::string path_;
  int descriptor_;
};

std::string scratch_path(const std::string& folder, const char* name) {
  return fmt::format("{}/.validate-{}-{}", folder, getpid(), name);
}

Finding writable(const std::string& folder) {
  const ScratchFile file(scratch_path(folder, "writable"));
  const bool written = file.is_open() && file.write("x");
  const std::string why = std::strerror(errno);
  if (written) return {"store_writable", Outcome::pass, folder, ""};
  return {"store_writable", Outcome::fail, fmt::format("{}: {}", folder, why),
          "give the folder to the user of the stages, or mount it read-write"};
}

// While one file is renamed over another again and again, a reader must always find all of one of
// them.
Finding atomic_rename(const std::string& folder) {
  const std::string target = scratch_path(folder, "target");
  const std::string other = scratch_path(folder, "other");
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  std::atomic<int> seen = 0;
  const auto publish = [&](char letter) {
    std::ofstream(other, std::ios::trunc) << std::string(4096, letter);
    return rename(other.c_str(), target.c_str()) == 0;
  };
  bool renamed = publish('a');
  std::thread reader([&] {
    while (!done) {
      std::ifstream file(target);
      std::string text((std::istreambuf_iterator<char>(file)), {});
      if (text.size() != 4096 || text != std::string(4096, text[0])) ++torn;
      ++seen;
    }
  });
  for (int i = 0; renamed && i < kRenames; ++i) renamed = publish(i % 2 == 0 ? 'b' : 'a');
  done = true;
  reader.join();
  unlink(target.c_str());
  unlink(other.c_str());
  const std::string measured =
      fmt::format("{} renames, {} readings, {} torn", kRenames, seen.load(), torn.load());
  if (renamed && torn == 0) return {"store_rename", Outcome::pass, measured, ""};
  return {"store_rename", Outcome::fail, renamed ? measured : "a file could not be renamed",
          "use a POSIX file system or NFS 4.1, no object store mounted as a folder"};
}

Finding throughput(const std::string& folder) {
  const char* name = "store_throughput";
  const ScratchFile file(scratch_path(folder, "throughput"));
  const std::string block(kBlockBytes, 'm');
  std::size_t bytes = 0;
  const std::int64_t began_ns = read_clocks().monotonic_ns;
  std::int64_t took_ns = 1;
  while (bytes < kBytesMost && took_ns < kWriteNsMost) {
    if (!file.is_open() || !file.write(block)) {
      return {name, Outcome::fail, std::strerror(errno), "see store_writable"};
    }
    bytes += block.size();
    took_ns = read_clocks().monotonic_ns - began_ns;
  }
  const double rate = static_cast<double>(bytes) / 1e6 / (static_cast<double>(took_ns) / 1e9);
  const std::string measured =
      fmt::format("{:.0f} MB/s with fsync every {} MiB", rate, kBlockBytes >> 20);
  if (rate >= kMegabytesPerSecond) return {name, Outcome::pass, measured, ""};
  return {name, rate * kBroken < kMegabytesPerSecond ? Outcome::fail : Outcome::warn, measured,
          "100 MB/s are wanted: a faster disk, or provisioned throughput of EFS"};
}

Finding latency(const std::string& folder) {
  const char* name = "store_latency";
  const ScratchFile file(scratch_path(folder, "latency"));
  database::Latency latency;
  for (int i = 0; i < kSmallWrites; ++i) {
    const std::int64_t began_ns = read_clocks().monotonic_ns;
    if (!file.is_open() || !file.write("a record")) {
      return {name, Outcome::fail, std::strerror(errno), "see store_writable"};
    }
    latency.add(read_clocks().monotonic_ns - began_ns);
  }
  const double p95 = latency.quantile_ms(0.95);
  const std::string measured = fmt::format("p95 {:.1f} ms of {} durable writes", p95, kSmallWrites);
  if (p95 < kLatencyMs) return {name, Outcome::pass, measured, ""};
  return {name, p95 > kBroken * kLatencyMs ? Outcome::fail : Outcome::warn, measured,
          "100 ms are the most: is the disk shared, or the file server far away?"};
}

bool has_option(const std::string& options, std::string_view wanted) {
  std::istringstream all(options);
  for (std::string option; std::getline(all, option, ',');) {
    if (option == wanted) return true;
  }
  return false;
}

}  // namespace

// "36 35 98:0 /root /point rw,noatime master:1 - type source super,options"
Result<Mount> mount_of(const std::string& path, const std::string& mountinfo) {
  std::istringstream lines(mountinfo);
  Mount best;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string skipped;
    Mount mount;
    words >> skipped >> skipped >> skipped >> skipped >> mount.point;
    while (words >> skipped && skipped != "-") {
    }
    words >> mount.type >> mount.source >> mount.options;
    const std::string above = mount.point == "/" ? "/" : mount.point + "/";
    const bool holds = path == mount.point || path.starts_with(above);
    if (holds && mount.point.size() >= best.point.size()) best = mount;
  }
  if (best.point.empty()) return transient_error("no mount holds " + path);
  return best;
}

Finding check_mount(const Mount& mount, const std::string& efs_dns_name) {
  const char* name = "store_mount";
  const bool is_nfs = mount.type.starts_with("nfs");
  std::string measured = fmt::format("{} at {}", mount.type, mount.point);
  if (is_nfs) measured += fmt::format(" from {} ({})", mount.source, mount.options);
  const std::string line =
      fmt::format("mount -t nfs4 -o nfsvers=4.1,hard,noresvport,timeo=600,retrans=2 {}:/ {}",
                  efs_dns_name.empty() ? "SERVER" : efs_dns_name, mount.point);
  if (!efs_dns_name.empty() && !mount.source.starts_with(efs_dns_name + ":")) {
    return {name, Outcome::fail, measured + ", not from " + efs_dns_name, line};
  }
  if (!is_nfs) return {name, Outcome::pass, measured, ""};
  if (has_option(mount.options, "soft") || has_option(mount.options, "softerr")) {
    return {name, Outcome::fail, measured,
            "a soft mount loses writes when the server is slow: " + line};
  }
  const bool modern = mount.type == "nfs4" && (has_option(mount.options, "vers=4.1") ||
                                               has_option(mount.options, "vers=4.2"));
  if (modern && has_option(mount.options, "noresvport")) {
    return {name, Outcome::pass, measured, ""};
  }
  return {name, Outcome::warn, measured, line};
}

std::vector<Finding> check_store(const std::string& path, const std::string& efs_dns_name) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error) {
    std::vector<Finding> findings;
    for (const char* name :
         {"store_mount", "store_writable", "store_rename", "store_throughput", "store_latency"}) {
      findings.push_back({name, Outcome::fail, fmt::format("{}: {}", path, error.message()),
                          "mount it, or let 'mendel up' or 'mendel migrate' make it"});
    }
    return findings;
  }
  std::ifstream file("/proc/self/mountinfo");
  const std::string mountinfo((std::istreambuf_iterator<char>(file)), {});
  const Result<Mount> mount = mount_of(real.string(), mountinfo);
  std::vector<Finding> findings;
  findings.push_back(mount ? check_mount(*mount, efs_dns_name)
                           : Finding{"store_mount", Outcome::warn, mount.error().message, ""});
  findings.push_back(writable(real.string()));
  if (findings.back().status == Outcome::fail) {
    for (const char* name : {"store_rename", "store_throughput", "store_latency"}) {
      findings.push_back({name, Outcome::fail, "not writable", "see store_writable"});
    }
    return findings;
  }
  findings.push_back(atomic_rename(real.string()));
  findings.push_back(throughput(real.string()));
  findings.push_back(latency(real.string()));
  return findings;
}

}  // namespace mendel::cli

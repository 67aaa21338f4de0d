#include "shared/durable_log/quarantine.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "shared/base/file.hpp"
#include "shared/base/ids.hpp"
#include "shared/base/log.hpp"
#include "shared/base/time.hpp"

namespace mendel::durable_log {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;

// 0 or errno.
int copy_bytes(const File& from, File& to, std::uint64_t begin, std::uint64_t end) {
  std::string block;
  while (begin < end) {
    block.resize(std::min<std::uint64_t>(kBlockBytes, end - begin));
    const ssize_t got = ::pread(from.fd(), block.data(), block.size(), static_cast<off_t>(begin));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return 0;  // the segment ends before
    if (const int error_number = to.write_all(block.substr(0, static_cast<std::size_t>(got)))) {
      return error_number;
    }
    begin += static_cast<std::uint64_t>(got);
  }
  return 0;
}

// Copies the stretch to `copy`, whole or not at all. 0 or errno.
int keep(const std::string& segment, const std::string& copy, const Stretch& stretch) {
  int error_number = 0;
  const File from = File::open(segment, O_RDONLY, &error_number);
  if (!from.is_open()) return error_number;
  const std::string temporary = fmt::format("{}.tmp.{}", copy, make_incarnation());
  File to = File::open(temporary, O_WRONLY | O_CREAT | O_EXCL, &error_number);
  if (!to.is_open()) return error_number;
  error_number = copy_bytes(from, to, stretch.begin, stretch.end);
  if (error_number == 0) error_number = to.sync_data();
  to.close();
  if (error_number == 0 && ::rename(temporary.c_str(), copy.c_str()) != 0) error_number = errno;
  if (error_number != 0) ::unlink(temporary.c_str());
  return error_number;
}

}  // namespace

Quarantine::Quarantine(std::string folder, std::string name)
    : folder_(std::move(folder)), name_(std::move(name)) {}

std::vector<std::string> Quarantine::add(const std::vector<Stretch>& damages,
                                         std::int64_t wall_ns) {
  std::vector<std::string> lines;
  for (const Stretch& damage : damages) {
    if (!known_.insert({damage.segment, damage.begin}).second) continue;
    records_ += damage.records;
    const std::string folder = folder_ + "/quarantine";
    const std::string copy =
        fmt::format("{}/{}.{}-{}", folder, damage.segment, damage.begin, damage.end);
    if (::access(copy.c_str(), F_OK) == 0) continue;  // told by an earlier life
    int error_number = make_folders(folder);
    if (error_number == 0) error_number = keep(folder_ + "/" + damage.segment, copy, damage);
    if (error_number != 0) {
      log::error("{}", file_error(error_number, "quarantine damaged records in", copy).message);
    }
    lines.push_back(fmt::format(
        R"({{"at":"{}","action":"corruption","log":"{}","segment":"{}","offset":{},"bytes":{},)"
        R"("records":{}}})",
        format_time(wall_ns), name_, damage.segment, damage.begin, damage.end - damage.begin,
        damage.records));
  }
  return lines;
}

std::string Quarantine::note() const {
  if (known_.empty()) return "";
  const auto& [segment, offset] = *known_.begin();
  return fmt::format(
      "{} records of the log {} are damaged in {} places, the first in {} at offset {}: `mendel "
      "log verify` names them all, {}/quarantine holds copies",
      records_, name_, known_.size(), segment, offset, folder_);
}

}  // namespace mendel::durable_log

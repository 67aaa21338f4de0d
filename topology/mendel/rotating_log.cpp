#include "topology/mendel/rotating_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace mendel::cli {
namespace {

constexpr std::size_t kLineBytesMax = 4096;  // of what is remembered of a line

}  // namespace

RotatingLog::RotatingLog(std::string path, std::int64_t file_bytes_max)
    : path_(std::move(path)), file_bytes_max_(file_bytes_max) {
  open();
}

RotatingLog::~RotatingLog() {
  if (descriptor_ >= 0) close(descriptor_);
}

RotatingLog::RotatingLog(RotatingLog&& other) noexcept
    : path_(std::move(other.path_)),
      file_bytes_max_(other.file_bytes_max_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      complete_(std::move(other.complete_)),
      partial_(std::move(other.partial_)) {}

void RotatingLog::open() {
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  struct stat status {};
  size_ = descriptor_ >= 0 && fstat(descriptor_, &status) == 0 ? status.st_size : 0;
}

void RotatingLog::rotate() {
  if (descriptor_ >= 0) close(descriptor_);
  for (int i = kFiles - 1; i > 0; --i) {
    const std::string from = i == 1 ? path_ : fmt::format("{}.{}", path_, i - 1);
    std::rename(from.c_str(), fmt::format("{}.{}", path_, i).c_str());
  }
  open();
}

void RotatingLog::append(std::string_view bytes) {
  remember(bytes);
  if (size_ > 0 && size_ + static_cast<std::int64_t>(bytes.size()) > file_bytes_max_) rotate();
  while (!bytes.empty() && descriptor_ >= 0) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written <= 0) return;
    size_ += written;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void RotatingLog::remember(std::string_view bytes) {
  for (char c : bytes) {
    if (c == '\n') {
      if (!partial_.empty()) complete_ = std::exchange(partial_, "");
    } else if (partial_.size() < kLineBytesMax) {
      partial_ += c;
    }
  }
}

std::string RotatingLog::last_line() const {
  return without_time_and_level(partial_.empty() ? complete_ : partial_);
}

std::string without_time_and_level(std::string_view line) {
  const std::size_t time_end = line.find("Z ");
  const bool timed = line.size() > 20 && line[4] == '-' && line[10] == 'T' &&
                     time_end != std::string_view::npos && time_end < 36;
  if (!timed) return std::string(line);
  line.remove_prefix(time_end + 2);
  for (std::string_view level :
       {"debug", "info", "warn", "error", "DEBUG", "INFO", "WARN", "ERROR"}) {
    if (!line.starts_with(level)) continue;
    line.remove_prefix(level.size());
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    break;
  }
  return std::string(line);
}

}  // namespace mendel::cli

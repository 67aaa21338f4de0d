#include "shared/base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace mendel {
namespace {

constexpr mode_t kFileMode = 0660;
constexpr mode_t kFolderMode = 0770;

std::string_view what_to_do(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return "; free some space on that disk";
    case EACCES:
    case EPERM:
      return "; give this user access to it";
    case EROFS:
      return "; mount it writable";
    case EIO:
      return "; check that disk before going on";
    default:
      return "";
  }
}

ErrorKind kind_of(int error_number) {
  switch (error_number) {
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return ErrorKind::configuration;
    case EIO:
      return ErrorKind::operator_needed;
    default:
      return ErrorKind::transient;
  }
}

}  // namespace

Error file_error(int error_number, std::string_view action, std::string_view path) {
  return Error{fmt::format("cannot {} {}: {}{}", action, path,
                           std::generic_category().message(error_number), what_to_do(error_number)),
               kind_of(error_number)};
}

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = other.fd_;
    other.fd_ = -1;
  }
  return *this;
}

File File::open(const std::string& path, int flags, int* error_number) {
  int fd;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, kFileMode);
  } while (fd < 0 && errno == EINTR);
  if (error_number) *error_number = fd < 0 ? errno : 0;
  return File(fd);
}

void File::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

int File::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return written < 0 ? errno : EIO;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int File::sync_data() { return ::fdatasync(fd_) == 0 ? 0 : errno; }

std::int64_t File::size() const {
  struct stat status {};
  return ::fstat(fd_, &status) == 0 ? static_cast<std::int64_t>(status.st_size) : -1;
}

int make_folders(const std::string& path) {
  for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    const std::string folder = path.substr(0, at);
    struct stat status {};
    if (::mkdir(folder.c_str(), kFolderMode) != 0) {
      const int error_number = errno;
      if (::stat(folder.c_str(), &status) != 0) return error_number;
      if (!S_ISDIR(status.st_mode)) return ENOTDIR;
    }
    if (at == std::string::npos) return 0;
  }
}

int sync_folder(const std::string& path) {
  int error_number = 0;
  const File folder = File::open(path, O_RDONLY | O_DIRECTORY, &error_number);
  if (!folder.is_open()) return error_number;
  return ::fsync(folder.fd()) == 0 ? 0 : errno;
}

Result<std::optional<std::string>> read_file(const std::string& path, std::size_t bytes_max) {
  int error_number = 0;
  const File file = File::open(path, O_RDONLY, &error_number);
  if (error_number == ENOENT) return std::optional<std::string>();
  if (!file.is_open()) return file_error(error_number, "open", path);
  std::string bytes;
  char block[1 << 16];
  for (;;) {
    const ssize_t count = ::read(file.fd(), block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error(errno, "read", path);
    if (count == 0) return std::optional(std::move(bytes));
    bytes.append(block, static_cast<std::size_t>(count));
    if (bytes.size() > bytes_max) {
      return configuration_error(fmt::format("{} is larger than {} bytes", path, bytes_max));
    }
  }
}

}  // namespace mendel

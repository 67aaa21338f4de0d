// File: the few POSIX calls that durable files are made of, with errors as values. What is written
// is durable only after sync() of the file and, for a new name, sync_folder().
// Threads: functions are safe everywhere; a File belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/result.hpp"

namespace mendel {

// "cannot <action> <path>: <reason>[; what to do]". Kind by errno: what a person must set right
// (missing, not permitted, read-only) is configuration, a failing disk needs an operator, the rest
// (a full disk) is transient.
Error file_error(int error_number, std::string_view action, std::string_view path);

// Owns a file descriptor.
class File {
 public:
  File() = default;
  explicit File(int fd) : fd_(fd) {}
  ~File() { close(); }
  File(File&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  File& operator=(File&& other) noexcept;

  // open(2) with O_CLOEXEC, mode 0660 (less the umask); errno is in `error_number` on failure.
  static File open(const std::string& path, int flags, int* error_number = nullptr);

  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  void close();

  // These return 0 or errno.
  int write_all(std::string_view bytes);
  int sync_data();
  std::int64_t size() const;  // -1 on failure

 private:
  int fd_ = -1;
};

// 0 or errno. A folder that is there already is fine; modes are 0770 less the umask.
int make_folders(const std::string& path);
int sync_folder(const std::string& path);

// The whole file, or nullopt when there is none. Refuses one above `bytes_max`.
Result<std::optional<std::string>> read_file(const std::string& path, std::size_t bytes_max);

}  // namespace mendel

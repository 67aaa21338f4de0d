#include "shared/store/store.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "shared/base/file.hpp"
#include "shared/base/ids.hpp"
#include "shared/base/log.hpp"
#include "shared/base/time.hpp"

namespace mendel::store {
namespace {

constexpr std::size_t kExperimentBytesMax = 16 << 20;  // a TOML file written by hand is far below
constexpr std::size_t kRunFileBytesMax = 512 << 20;    // a checkpoint of 1 M genomes of 64 genes
constexpr const char* kFolders[] = {"datasets", "experiments", "runs", "log", "epochs"};

enum class Look { missing, empty, filled };

// What is at `path`: a folder that holds nothing is how an unmounted volume looks.
Result<Look> look_at(const std::string& path) {
  DIR* folder = ::opendir(path.c_str());
  if (!folder) {
    if (errno == ENOENT) return Look::missing;
    return file_error(errno, "open the store", path);
  }
  Look look = Look::empty;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == ".." || name == "lost+found") continue;
    if (name.starts_with("store.id.tmp.")) continue;  // a creation that was cut off
    look = Look::filled;
  }
  ::closedir(folder);
  return look;
}

Result<std::string> read_id(const std::string& path) {
  const auto content = read_file(path + "/store.id", 64);
  if (!content) return content.error();
  if (!*content) {
    return operator_error(fmt::format(
        "{} holds files but no store.id, so it is no store: check [pipeline] store", path));
  }
  std::string id = **content;
  if (!id.empty() && id.back() == '\n') id.pop_back();
  if (is_ulid(id)) return id;
  return operator_error(
      fmt::format("{}/store.id does not hold a store's id: restore it from a backup", path));
}

Status check_writable(const std::string& path) {
  const std::string probe = fmt::format("{}/.probe.{}", path, make_incarnation());
  int error_number = 0;
  const File file = File::open(probe, O_WRONLY | O_CREAT | O_EXCL, &error_number);
  if (file.is_open()) {
    ::unlink(probe.c_str());
    return {};
  }
  if (error_number == ENOSPC || error_number == EDQUOT) return {};  // full is not unwritable
  Error error = file_error(error_number, "write to the store", path);
  error.kind = ErrorKind::configuration;
  return error;
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// A run id or file name becomes part of a path: nothing from outside may leave its folder.
bool is_plain_name(std::string_view name) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  return !name.empty() && name.size() <= 128 && name.front() != '.' &&
         name.find_first_not_of(kAllowed) == std::string_view::npos;
}

Status check_names(std::string_view run, std::string_view name) {
  if (is_plain_name(run) && is_plain_name(name)) return {};
  return configuration_error(fmt::format(
      "'{}' / '{}' cannot name a run's file: use letters, digits, '-', '_', '.'", run, name));
}

std::string without_trailing_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

Result<Store> Store::open_to_read(const std::string& given) {
  if (given.empty()) {
    return configuration_error("no store is configured: set [pipeline] store in the topology");
  }
  const std::string path = without_trailing_slash(given);
  const Result<Look> look = look_at(path);
  if (!look) return look.error();
  if (*look == Look::missing) {
    return configuration_error(
        fmt::format("the store {} does not exist: mount it, or create it with `mendel up`", path));
  }
  if (*look == Look::empty) {
    return configuration_error(
        fmt::format("the store {} is empty: mount it, or create a new one with `mendel up`", path));
  }
  const Result<std::string> id = read_id(path);
  if (!id) return id.error();
  return Store(path, *id);
}

Result<Store> Store::open(const std::string& given) {
  Result<Store> store = open_to_read(given);
  if (!store) return store;
  if (Status writable = check_writable(store->path()); !writable) return writable.error();
  for (const char* folder : kFolders) {
    const std::string full = fmt::format("{}/{}", store->path(), folder);
    if (const int error_number = make_folders(full)) {
      return file_error(error_number, "create the store's folder", full);
    }
  }
  return store;
}

Result<Store> Store::create(const std::string& given, std::int64_t wall_ns) {
  if (given.empty()) return open(given);
  const std::string path = without_trailing_slash(given);
  const Result<Look> look = look_at(path);
  if (!look) return look.error();
  if (*look != Look::filled) {
    if (const int error_number = make_folders(path)) {
      return file_error(error_number, "create the store", path);
    }
    // The id comes first: open() completes the layout of a store that was cut off here.
    if (Status status = publish_file(path + "/store.id", make_ulid(wall_ns) + "\n"); !status) {
      return status.error();
    }
  }
  return open(path);
}

Status Store::publish_experiment(const Digest& digest, std::string_view text) const {
  check(sha256(text) == digest, "an experiment is published under the hash of its text");
  const std::string file = fmt::format("{}/experiments/{}.toml", path_, digest.hex());
  if (const auto there = read_file(file, kExperimentBytesMax); there && *there && **there == text) {
    return {};
  }
  return publish_file(file, text);
}

Result<std::string> Store::read_experiment(const Digest& digest) const {
  const std::string file = fmt::format("{}/experiments/{}.toml", path_, digest.hex());
  auto text = read_file(file, kExperimentBytesMax);
  if (!text) return text.error();
  if (!*text) return transient_error(fmt::format("{} is not visible in the store yet", file));
  if (sha256(**text) != digest) {
    return operator_error(fmt::format("{} is not what its name says: restore it", file));
  }
  return std::move(**text);
}

Status Store::save_run_file(std::string_view run, std::string_view name,
                            std::string_view bytes) const {
  if (Status names = check_names(run, name); !names) return names;
  const std::string folder = fmt::format("{}/runs/{}", path_, run);
  if (::access(folder.c_str(), F_OK) != 0) {
    if (const int error_number = make_folders(folder)) {
      return file_error(error_number, "create the run's folder", folder);
    }
    if (const int error_number = sync_folder(path_ + "/runs")) {
      return file_error(error_number, "sync", path_ + "/runs");
    }
  }
  return publish_file(fmt::format("{}/{}", folder, name), bytes);
}

Result<std::optional<std::string>> Store::read_run_file(std::string_view run,
                                                        std::string_view name) const {
  if (Status names = check_names(run, name); !names) return names.error();
  return read_file(fmt::format("{}/runs/{}/{}", path_, run, name), kRunFileBytesMax);
}

Result<std::vector<std::string>> Store::runs() const {
  std::vector<std::string> names;
  const std::string path = path_ + "/runs";
  DIR* folder = ::opendir(path.c_str());
  if (!folder) {
    if (errno == ENOENT) return names;
    return file_error(errno, "list", path);
  }
  while (const dirent* entry = ::readdir(folder)) {
    if (is_plain_name(entry->d_name)) names.emplace_back(entry->d_name);
  }
  ::closedir(folder);
  std::sort(names.begin(), names.end());
  return names;
}

std::string Store::dataset_path(const Digest& id) const {
  return fmt::format("{}/datasets/{}.bars", path_, id.hex());
}

std::string Store::log_path(std::string_view log) const {
  return fmt::format("{}/log/{}", path_, log);
}

Status Store::note_backup(std::int64_t wall_ns) const {
  const std::string folder = path_ + "/backups";
  if (::mkdir(folder.c_str(), 0750) != 0 && errno != EEXIST)
    return file_error(errno, "create a folder of the store", folder);
  return publish_file(folder + "/latest", format_time(wall_ns) + "\n");
}

std::optional<std::int64_t> Store::latest_backup_ns() const {
  const auto text = read_file(path_ + "/backups/latest", 64);
  if (!text || !*text) return std::nullopt;
  return parse_time(std::string_view(**text).substr(0, (*text)->find('\n')));
}

void Store::audit(std::string_view json_line) const {
  const std::string path = path_ + "/audit.log";
  int error_number = 0;
  File file = File::open(path, O_WRONLY | O_CREAT | O_APPEND, &error_number);
  if (file.is_open()) error_number = file.write_all(std::string(json_line) + "\n");
  if (error_number != 0) {
    log::repeated(log::Level::error, "store.audit",
                  file_error(error_number, "append to the audit log", path).message);
  }
}

Status publish_file(const std::string& path, std::string_view bytes) {
  // Not the pid: every container has a process 1, and they may share the store.
  const std::string temporary = fmt::format("{}.tmp.{}", path, make_incarnation());
  int error_number = 0;
  File file = File::open(temporary, O_WRONLY | O_CREAT | O_EXCL, &error_number);
  if (!file.is_open()) return file_error(error_number, "create", temporary);
  error_number = file.write_all(bytes);
  if (error_number == 0 && ::fsync(file.fd()) != 0) error_number = errno;
  file.close();
  if (error_number == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error_number = errno;
  if (error_number != 0) {
    ::unlink(temporary.c_str());
    return file_error(error_number, "write", path);
  }
  error_number = sync_folder(parent_of(path));
  if (error_number != 0) {
    return file_error(error_number, "sync the folder of", path);
  }
  return {};
}

}  // namespace mendel::store

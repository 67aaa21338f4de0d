#include "shared/durable_log/folder.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "shared/base/file.hpp"
#include "shared/durable_log/log.hpp"
#include "shared/durable_log/segment.hpp"

namespace mendel::durable_log {

Result<std::vector<std::string>> list_segments(const std::string& path) {
  std::vector<std::string> names;
  DIR* folder = ::opendir(path.c_str());
  if (!folder) {
    if (errno == ENOENT) return names;
    return file_error(errno, "list the log", path);
  }
  while (const dirent* entry = ::readdir(folder)) {
    if (parse_segment_name(entry->d_name)) names.emplace_back(entry->d_name);
  }
  ::closedir(folder);
  std::sort(names.begin(), names.end());
  return names;
}

std::uint64_t bytes_behind(const std::string& folder, const Position& from) {
  const Result<std::vector<std::string>> names = list_segments(folder);
  if (!names) return 0;
  std::uint64_t bytes = 0;
  for (const std::string& name : *names) {
    struct stat status {};
    if (name < from.segment || ::stat((folder + "/" + name).c_str(), &status) != 0) continue;
    const std::uint64_t covered = name == from.segment ? from.offset : 0;
    const std::uint64_t begin = std::max<std::uint64_t>(covered, kHeaderBytes);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    bytes += size > begin ? size - begin : 0;
  }
  return bytes;
}

}  // namespace mendel::durable_log

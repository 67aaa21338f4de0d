#include "tests/tidy/source_tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace mendel::tidy {

namespace fs = std::filesystem;

std::string root() { return MENDEL_SOURCE_DIR; }

std::string read_file(const std::string& path) {
  std::ifstream file(root() + "/" + path, std::ios::binary);
  EXPECT_TRUE(file) << path << " is missing";
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> folder(const std::string& path) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(root() + "/" + path)) {
    names.push_back(path + "/" + entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

const std::vector<SourceFile>& sources() {
  static const std::vector<SourceFile> files = [] {
    std::vector<SourceFile> found;
    for (const char* top : {"shared", "stages", "topology", "tests"}) {
      for (const auto& entry : fs::recursive_directory_iterator(root() + "/" + top)) {
        const std::string extension = entry.path().extension().string();
        if (extension != ".cpp" && extension != ".hpp") continue;
        SourceFile file{fs::relative(entry.path(), root()).string(), {}};
        std::ifstream stream(entry.path());
        for (std::string line; std::getline(stream, line);) file.lines.push_back(line);
        found.push_back(std::move(file));
      }
    }
    std::sort(found.begin(), found.end(),
              [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
    return found;
  }();
  return files;
}

}  // namespace mendel::tidy

// The source tree as the tidy tests read it.
#pragma once

#include <string>
#include <vector>

namespace mendel::tidy {

struct SourceFile {
  std::string path;  // from the root: "shared/base/hash.cpp"
  std::vector<std::string> lines;
};

// All .cpp and .hpp files below shared, stages, topology and tests, sorted by path.
const std::vector<SourceFile>& sources();
// A text file by its path from the root; fails the test when it is missing.
std::string read_file(const std::string& path);
// Paths from the root of all files in a folder (not below it).
std::vector<std::string> folder(const std::string& path);
std::string root();

}  // namespace mendel::tidy

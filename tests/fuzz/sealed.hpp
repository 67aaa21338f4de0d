// What the targets of binary formats share. Their inputs begin with a byte that says how the rest
// is taken: even = as it is, odd = its checksums are put right first. Without the latter no input
// gets past the first checksum, and what hides behind it is never met.
#pragma once

#include <stdlib.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include "shared/base/bytes.hpp"
#include "shared/base/check.hpp"
#include "shared/base/hash.hpp"

namespace mendel::fuzz {

struct Input {
  bool seal = false;
  std::string bytes;
};

inline Input take_input(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return {};
  return {data[0] % 2 == 1, std::string(reinterpret_cast<const char*>(data) + 1, size - 1)};
}

// Writes XXH3 of `summed` at `at`, where there is room for it.
inline void seal(std::string& bytes, std::size_t at, std::string_view summed) {
  const std::uint64_t sum = checksum(summed);
  if (at + sizeof sum <= bytes.size()) std::memcpy(bytes.data() + at, &sum, sizeof sum);
}

// A number where `at` points to, 0 where there is none.
template <class Number>
Number number_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? ByteReader(bytes.substr(at)).number<Number>() : Number{};
}

// A folder in memory, made once and removed when the process ends.
class MemoryFolder {
 public:
  MemoryFolder() {
    std::string pattern = std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : "/tmp";
    pattern += "/mendel-fuzz-XXXXXX";
    check(::mkdtemp(pattern.data()) != nullptr, "a folder for the input");
    path_ = pattern;
  }
  ~MemoryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;

  // Returns the path of the file, which holds these bytes now.
  std::string write(const std::string& name, std::string_view bytes) const {
    std::string path = path_ + "/" + name;
    std::FILE* file = std::fopen(path.c_str(), "wb");
    check(file != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size(),
          "the input as a file");
    std::fclose(file);
    return path;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace mendel::fuzz

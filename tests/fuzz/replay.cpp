// Runs a fuzz target on every file of some folders, where libFuzzer is not there:
//   TARGET [--mutations N] FOLDER…   with N seeded changes of every file, the same at every run
// Fails when an input makes the process grow by more than kGrowthBytesMax.
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// The largest thing that any format may hold in memory at once is a record or frame of 32 MiB, with
// the window it is read through and a copy.
constexpr long kGrowthBytesMax = 160L << 20;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCountsMemory = false;  // a sanitizer's own is counted with it
#else
constexpr bool kCountsMemory = true;
#endif

long peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024;
}

class Target {
 public:
  void run(const std::string& name, const std::string& bytes) {
    const long before = peak_bytes();
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    ++inputs_;
    if (!kCountsMemory || peak_bytes() - before <= kGrowthBytesMax) return;
    std::printf("%s: took %ld MiB of memory\n", name.c_str(), (peak_bytes() - before) >> 20);
    std::exit(1);
  }
  std::size_t inputs() const { return inputs_; }

 private:
  std::size_t inputs_ = 0;
};

// One change of the kinds that find most: cut, bits, extreme numbers, a piece twice or elsewhere.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : state_(seed) {}

  std::string change(std::string bytes) {
    for (std::uint64_t left = 1 + below(3); left > 0 && !bytes.empty(); --left) once(bytes);
    return bytes;
  }

 private:
  std::uint64_t below(std::uint64_t bound) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 33) % bound;
  }

  void once(std::string& bytes) {
    const std::size_t at = below(bytes.size());
    const std::size_t count = std::min<std::size_t>(1 + below(16), bytes.size() - at);
    switch (below(6)) {
      case 0:
        bytes.resize(at);
        return;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        return;
      case 2: {
        constexpr std::uint64_t kExtremes[] = {0, ~std::uint64_t{0}, 1, std::uint64_t{1} << 63,
                                               255};
        const std::uint64_t value = kExtremes[below(5)];
        std::memcpy(bytes.data() + at, &value, std::min<std::size_t>(count, sizeof value));
        return;
      }
      case 3:
        bytes.insert(at, bytes.substr(at, count));
        return;
      case 4:
        bytes.erase(at, count);
        return;
      default:
        bytes.replace(at, count, bytes.substr(below(bytes.size()), count));
    }
  }

  std::uint64_t state_;
};

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  int mutations = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--mutations") == 0 && i + 1 < argc) {
      mutations = std::atoi(argv[++i]);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      files.push_back(entry.path());
    }
  }
  std::stable_sort(files.begin(), files.end());
  Target target;
  for (const std::filesystem::path& path : files) {
    std::printf("%s\n", path.c_str());
    std::fflush(stdout);
    const std::string bytes = content(path);
    target.run(path, bytes);
    for (int i = 0; i < mutations; ++i) {
      target.run(path.string() + " changed",
                 Mutator(static_cast<std::uint64_t>(i) + 1).change(bytes));
    }
  }
  std::printf("%zu files, %zu inputs\n", files.size(), target.inputs());
  return files.empty() ? 1 : 0;
}

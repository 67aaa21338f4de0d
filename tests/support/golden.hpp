// The generator behind the golden values of docs/metrics.md.
#pragma once

#include <cstdint>
#include <vector>

namespace mendel::golden {

// r = ((x >> 16) mod 401 - offset) / 10^4 with x <- (1103515245 x + 12345) mod 2^31.
inline std::vector<double> returns(std::uint64_t x, int offset, std::size_t count) {
  std::vector<double> all;
  for (std::size_t i = 0; i < count; ++i) {
    x = (1103515245 * x + 12345) % (1ull << 31);
    all.push_back((static_cast<double>((x >> 16) % 401) - offset) / 1e4);
  }
  return all;
}

}  // namespace mendel::golden

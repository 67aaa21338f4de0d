#include "shared/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace mendel {

void check(bool condition, std::string_view what, std::source_location where) {
  if (condition) return;
  std::fprintf(stderr, "%s:%u: check failed: %.*s\n", where.file_name(), where.line(),
               static_cast<int>(what.size()), what.data());
  std::abort();
}

}  // namespace mendel

#include "shared/wire/detailed_key.hpp"

#include <string>

#include "shared/base/bytes.hpp"

namespace mendel::wire {

Digest detailed_key(const Digest& evaluation_key, std::uint8_t detail) {
  if (detail == 0) return evaluation_key;
  std::string bytes;
  append_text(bytes, "mendel evaluation with detail");
  bytes += evaluation_key.view();
  append_number(bytes, detail);
  return sha256(bytes);
}

}  // namespace mendel::wire

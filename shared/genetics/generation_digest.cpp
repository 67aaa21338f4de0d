#include "shared/genetics/generation_digest.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

#include "shared/base/bytes.hpp"

namespace mendel::genetics {
namespace {

// Members' bytes are gathered: a call of libcrypto costs as much as hashing one.
constexpr std::size_t kHashedAtOnce = 4096;
constexpr std::uint64_t kNullBits = 0x7ff8000000000000;

void append_values(std::string& out, const std::vector<std::optional<double>>& values) {
  for (const auto& value : values) {
    if (value)
      append_number(out, *value);
    else
      append_number(out, kNullBits);
  }
}

}  // namespace

Digest digest_before(const Digest& nameless_experiment, const Digest& dataset_id) {
  return Sha256().update(nameless_experiment.view()).update(dataset_id.view()).finish();
}

Digest digest_of(const Digest& previous, const Population& scored) {
  Sha256 hash;
  hash.update(previous.view());
  std::string bytes;
  for (const auto& island : scored.islands) {
    for (const auto& member : island.slots) {
      for (const double value : member.genome) append_number(bytes, value);
      append_values(bytes, member.scoring.objectives);
      append_values(bytes, member.scoring.limits);
      append_number(bytes, static_cast<std::uint8_t>(member.scoring.validity));
      if (bytes.size() < kHashedAtOnce) continue;
      hash.update(bytes);
      bytes.clear();
    }
  }
  hash.update(bytes);
  return hash.finish();
}

}  // namespace mendel::genetics

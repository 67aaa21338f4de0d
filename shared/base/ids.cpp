#include "shared/base/ids.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include "shared/base/check.hpp"
#include "shared/base/time.hpp"

namespace mendel {
namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

template <class Number>
Number random_bits() {
  Number bits{};
  check(getrandom(&bits, sizeof bits, 0) == sizeof bits, "the kernel gives random bytes");
  return bits;
}

}  // namespace

std::string make_ulid(std::int64_t wall_ns) {
  auto value = static_cast<unsigned __int128>(wall_ns / kNsPerMs) << 80;
  value |= static_cast<unsigned __int128>(random_bits<std::uint16_t>()) << 64;
  value |= random_bits<std::uint64_t>();
  std::string text(26, '0');
  for (int i = 25; i >= 0; --i) {
    text[i] = kCrockford[static_cast<unsigned>(value & 31)];
    value >>= 5;
  }
  return text;
}

bool is_ulid(std::string_view text) {
  if (text.size() != 26 || text.front() > '7') return false;
  return text.find_first_not_of(kCrockford) == std::string_view::npos;
}

std::string make_incarnation() { return fmt::format("{:016x}", random_bits<std::uint64_t>()); }

}  // namespace mendel

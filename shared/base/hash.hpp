// Hashes: SHA-256 (libcrypto) for identities, XXH3 (xxHash) for checksums.
// Threads: functions are safe everywhere; one Sha256 object belongs to one thread.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mendel {

// A SHA-256 value: dataset ids, experiment digests, evaluation keys, generation digests.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  auto operator<=>(const Digest&) const = default;

  std::string hex() const;        // 64 lower-case hexadecimal digits
  std::string_view view() const;  // the 32 raw bytes
  bool is_zero() const { return *this == Digest{}; }

  // nullopt unless `text` is exactly 64 hexadecimal digits.
  static std::optional<Digest> from_hex(std::string_view text);
  // nullopt unless `raw` is exactly 32 bytes.
  static std::optional<Digest> from_bytes(std::string_view raw);
};

// For hash maps keyed by Digest: its bytes are already uniformly distributed.
struct DigestHash {
  std::size_t operator()(const Digest& digest) const noexcept {
    std::size_t hash;
    std::memcpy(&hash, digest.bytes.data(), sizeof hash);
    return hash;
  }
};

// Incremental SHA-256.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  Sha256& update(std::string_view bytes);
  // The digest of all updates; the object must not be used afterwards.
  Digest finish();
  // The digest of all updates and `more`; the object stays as it is.
  Digest finished_with(std::string_view more) const;

 private:
  friend Digest sha256(std::string_view bytes);

  struct Context;
  std::unique_ptr<Context> context_;
};

Digest sha256(std::string_view bytes);

// 64-bit XXH3 of `bytes`, seed 0.
std::uint64_t checksum(std::string_view bytes);

}  // namespace mendel

#include "shared/base/hash.hpp"

#include <openssl/evp.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

#include "shared/base/check.hpp"

namespace mendel {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

std::string Digest::hex() const {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (std::uint8_t byte : bytes) {
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 15];
  }
  return text;
}

std::string_view Digest::view() const {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::optional<Digest> Digest::from_hex(std::string_view text) {
  Digest digest;
  if (text.size() != digest.bytes.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return digest;
}

std::optional<Digest> Digest::from_bytes(std::string_view raw) {
  Digest digest;
  if (raw.size() != digest.bytes.size()) return std::nullopt;
  std::memcpy(digest.bytes.data(), raw.data(), raw.size());
  return digest;
}

struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  Context() { check(evp != nullptr, "memory for SHA-256"); }
  ~Context() { EVP_MD_CTX_free(evp); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  void begin() {
    // Looked up once: libcrypto searches its providers for it, under a lock.
    static const EVP_MD* const kMethod = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    check(EVP_DigestInit_ex(evp, kMethod, nullptr) == 1, "SHA-256 start");
  }
  void begin_as(const Context& other) {
    check(EVP_MD_CTX_copy_ex(evp, other.evp) == 1, "SHA-256 copy");
  }
  void update(std::string_view bytes) {
    check(EVP_DigestUpdate(evp, bytes.data(), bytes.size()) == 1, "SHA-256 update");
  }
  Digest finish() {
    Digest digest;
    unsigned int size = 0;
    check(EVP_DigestFinal_ex(evp, digest.bytes.data(), &size) == 1 && size == 32, "SHA-256 end");
    return digest;
  }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) { context_->begin(); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(std::string_view bytes) {
  context_->update(bytes);
  return *this;
}

Digest Sha256::finish() { return context_->finish(); }

Digest Sha256::finished_with(std::string_view more) const {
  thread_local Context context;
  context.begin_as(*context_);
  context.update(more);
  return context.finish();
}

Digest sha256(std::string_view bytes) {
  thread_local Sha256::Context context;
  context.begin();
  context.update(bytes);
  return context.finish();
}

std::uint64_t checksum(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace mendel

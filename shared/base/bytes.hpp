// Little-endian bytes: the one way numbers become bytes in files, digests and binary wire fields.
// Threads: plain values.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace mendel {

static_assert(std::endian::native == std::endian::little,
              "formats are little-endian and written by memcpy; port bytes.hpp first");

// Appends the little-endian bytes of a number (integers, float, double) to `out`.
template <class Number>
void append_number(std::string& out, Number value) {
  static_assert(std::is_arithmetic_v<Number>);
  char raw[sizeof(Number)];
  std::memcpy(raw, &value, sizeof(Number));
  out.append(raw, sizeof(Number));
}

// Appends a u32 length and the bytes.
inline void append_text(std::string& out, std::string_view text) {
  append_number(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

// Reads what append_number and append_text wrote. After a read past the end every further read
// returns zero or empty text, and ok() is false: check once, at the end.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  template <class Number>
  Number number() {
    static_assert(std::is_arithmetic_v<Number>);
    Number value{};
    if (!take(sizeof(Number))) return value;
    std::memcpy(&value, bytes_.data() + at_ - sizeof(Number), sizeof(Number));
    return value;
  }

  std::string_view text() { return raw(number<std::uint32_t>()); }

  std::string_view raw(std::size_t size) {
    return take(size) ? bytes_.substr(at_ - size, size) : std::string_view{};
  }

  bool ok() const { return ok_; }
  std::size_t remaining() const { return bytes_.size() - at_; }

 private:
  bool take(std::size_t size) {
    ok_ = ok_ && size <= remaining();
    if (ok_) at_ += size;
    return ok_;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace mendel

// Cursor: reads msgpack items one after another, in place and without allocating. The codec knows
// what must come next, so it needs no tree of what there is.
// Threads: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mendel::wire {

class Cursor {
 public:
  enum class Type : std::uint8_t { none, positive, negative, boolean, text, binary, array };

  // `none`: the bytes end within it, or it is of a type that no message has.
  struct Item {
    Type type = Type::none;
    std::uint64_t number = 0;  // positive; negative in two's complement; boolean; items of an array
    std::string_view bytes;    // of text and binary
  };

  explicit Cursor(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }

  // The next item; of an array only its head. After `none` nothing that follows has a meaning.
  Item next() {
    if (at_ == end_) return {};
    const auto head = static_cast<std::uint8_t>(*at_++);
    if (head < 0x80) return {Type::positive, head, {}};
    if (head >= 0xe0) return integer<std::int8_t>(static_cast<std::int8_t>(head));
    if (head >= 0xa0 && head < 0xc0) return raw(Type::text, head & 0x1fU);
    if (head >= 0x90 && head < 0xa0) return {Type::array, head & 0x0fU, {}};
    return wide(head);
  }

 private:
  template <class Number>
  static Item integer(Number value) {
    const Type type = value < 0 ? Type::negative : Type::positive;
    return {type, static_cast<std::uint64_t>(value), {}};
  }

  Item wide(std::uint8_t head) {
    switch (head) {
      case 0xc2:
      case 0xc3:
        return {Type::boolean, head & 1U, {}};
      case 0xc4:
        return sized<std::uint8_t>(Type::binary);
      case 0xc5:
        return sized<std::uint16_t>(Type::binary);
      case 0xc6:
        return sized<std::uint32_t>(Type::binary);
      case 0xcc:
        return number<std::uint8_t>();
      case 0xcd:
        return number<std::uint16_t>();
      case 0xce:
        return number<std::uint32_t>();
      case 0xcf:
        return number<std::uint64_t>();
      case 0xd0:
        return number<std::int8_t>();
      case 0xd1:
        return number<std::int16_t>();
      case 0xd2:
        return number<std::int32_t>();
      case 0xd3:
        return number<std::int64_t>();
      case 0xd9:
        return sized<std::uint8_t>(Type::text);
      case 0xda:
        return sized<std::uint16_t>(Type::text);
      case 0xdb:
        return sized<std::uint32_t>(Type::text);
      case 0xdc:
        return sized<std::uint16_t>(Type::array);
      case 0xdd:
        return sized<std::uint32_t>(Type::array);
      default:
        return {};
    }
  }

  // Big-endian, as msgpack has its numbers.
  template <class Number>
  bool take(Number& value) {
    if (remaining() < sizeof value) return false;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof value; ++i)
      bits = bits << 8 | static_cast<std::uint8_t>(at_[i]);
    value = static_cast<Number>(bits);
    at_ += sizeof value;
    return true;
  }

  template <class Number>
  Item number() {
    Number value = 0;
    return take(value) ? integer(value) : Item{};
  }

  template <class Size>
  Item sized(Type type) {
    Size size = 0;
    if (!take(size)) return {};
    return type == Type::array ? Item{type, size, {}} : raw(type, size);
  }

  Item raw(Type type, std::size_t size) {
    if (remaining() < size) return {};
    const std::string_view bytes(at_, size);
    at_ += size;
    return {type, size, bytes};
  }

  const char* at_;
  const char* end_;
};

}  // namespace mendel::wire

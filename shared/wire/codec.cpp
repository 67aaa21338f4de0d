#include "shared/wire/codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#define MSGPACK_NO_BOOST
#include <msgpack.hpp>

#include "shared/base/bytes.hpp"
#include "shared/base/check.hpp"
#include "shared/wire/cursor.hpp"
#include "shared/wire/fields.hpp"

namespace mendel::wire {
namespace {

constexpr std::string_view kMagic = "MN";
constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kBarBytes = 6 * 8;
constexpr std::size_t kMetricsBytes = 1 + 9 * market::kMetricCount;
static_assert(sizeof(market::Bar) == kBarBytes, "bars travel as their memory");
constexpr std::size_t kReservedItemsMax = 4096;  // of a list whose items are not read yet
static_assert(kCandidatesPerBatchMax <= kItemsMax && kBarsPerBatchMax <= kItemsMax);
static_assert(kTextBytesMax < kFrameBytesMax);

struct FieldCounter {
  std::uint32_t count = 0;
  template <class T>
  void operator()(const char*, const T&) {
    ++count;
  }
};

template <class Struct>
std::uint32_t field_count() {
  static const std::uint32_t count = [] {
    FieldCounter counter;
    const Struct sample{};
    fields(counter, sample);
    return counter.count;
  }();
  return count;
}

// ---- encoding --------------------------------------------------------------------------------

// At most so many bytes, so that a frame is written in one go into room that is there.
class Bound {
 public:
  template <class T>
  void operator()(const char*, const T& value) {
    add(value);
  }
  template <class Struct>
  void add_struct(const Struct& value) {
    bytes += kHeadBytesMax;
    fields(*this, value);
  }

  std::size_t bytes = 0;

 private:
  static constexpr std::size_t kHeadBytesMax = 9;  // of a number, or before text, binary, array

  template <class Number>
  requires std::is_arithmetic_v<Number> || std::is_enum_v<Number>
  void add(Number) { bytes += kHeadBytesMax + sizeof(Number); }
  void add(const std::string& text) { bytes += kHeadBytesMax + text.size(); }
  void add(const Digest&) { bytes += kHeadBytesMax + sizeof(Digest::bytes); }
  void add(const market::Metrics&) { bytes += kHeadBytesMax + kMetricsBytes; }
  void add(const std::vector<double>& values) { add_items(values); }
  void add(const std::vector<std::uint64_t>& values) { add_items(values); }
  void add(const std::vector<market::Bar>& bars) { add_items(bars); }
  void add(const std::vector<Digest>& digests) { add_items(digests); }
  void add(const std::vector<std::string>& texts) {
    bytes += kHeadBytesMax;
    for (const std::string& text : texts) add(text);
  }
  template <class Struct>
  void add(const std::vector<Struct>& items) {
    bytes += kHeadBytesMax;
    for (const Struct& item : items) add_struct(item);
  }
  template <class Item>
  void add_items(const std::vector<Item>& items) {
    bytes += kHeadBytesMax + items.size() * sizeof(Item);
  }
};

// Where msgpack writes to: memory with enough room.
class Room {
 public:
  explicit Room(char* at) : at_(at) {}
  void write(const char* bytes, std::size_t size) {
    if (size == 0) return;  // of an empty list, which is nowhere
    std::memcpy(at_, bytes, size);
    at_ += size;
  }
  const char* at() const { return at_; }

 private:
  char* at_;
};

class Encoder {
 public:
  explicit Encoder(Room& room) : pack_(room) {}

  template <class T>
  void operator()(const char*, const T& value) {
    put(value);
  }

  template <class Struct>
  void put_struct(const Struct& value) {
    pack_.pack_array(field_count<Struct>());
    fields(*this, value);
  }

 private:
  void put(const std::string& text) {
    check(text.size() <= kTextBytesMax, "wire: text within kTextBytesMax");
    pack_.pack_str(static_cast<std::uint32_t>(text.size()));
    pack_.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
  }
  void put(std::uint64_t value) { pack_.pack_uint64(value); }
  void put(std::int64_t value) { pack_.pack_int64(value); }
  void put(std::uint32_t value) { pack_.pack_uint32(value); }
  void put(std::uint8_t value) { pack_.pack_uint8(value); }
  void put(bool value) { value ? pack_.pack_true() : pack_.pack_false(); }
  void put(double value) { put_raw(&value, sizeof value); }
  void put(market::Window window) { put(static_cast<std::uint8_t>(window)); }
  void put(const Digest& digest) { put_raw(digest.bytes.data(), digest.bytes.size()); }
  void put(const market::Metrics& metrics) {
    std::array<char, kMetricsBytes> raw;
    raw[0] = static_cast<char>(market::kMetricCount);
    std::memcpy(raw.data() + 1, metrics.values.data(), sizeof metrics.values);
    std::memcpy(raw.data() + 1 + sizeof metrics.values, metrics.reasons.data(),
                sizeof metrics.reasons);
    put_raw(raw.data(), raw.size());
  }
  void put(const std::vector<double>& values) { put_raw(values.data(), values.size() * 8); }
  void put(const std::vector<std::uint64_t>& values) { put_raw(values.data(), values.size() * 8); }
  void put(const std::vector<market::Bar>& bars) { put_raw(bars.data(), bars.size() * kBarBytes); }
  void put(const std::vector<Digest>& digests) { put_raw(digests.data(), digests.size() * 32); }
  void put(const std::vector<std::string>& texts) {
    put_count(texts.size());
    for (const std::string& text : texts) put(text);
  }
  template <class Struct>
  void put(const std::vector<Struct>& items) {
    put_count(items.size());
    for (const Struct& item : items) put_struct(item);
  }

  void put_count(std::size_t count) {
    check(count <= kItemsMax, "wire: list within kItemsMax");
    pack_.pack_array(static_cast<std::uint32_t>(count));
  }
  void put_raw(const void* data, std::size_t size) {
    check(size <= kTextBytesMax, "wire: binary within kTextBytesMax");
    pack_.pack_bin(static_cast<std::uint32_t>(size));
    pack_.pack_bin_body(static_cast<const char*>(data), static_cast<std::uint32_t>(size));
  }

  msgpack::packer<Room> pack_;
};

// ---- decoding --------------------------------------------------------------------------------

// Reads one struct from a msgpack array; the first misfit is kept as `problem`.
class Decoder {
 public:
  Decoder(std::string_view payload, std::uint8_t version) : cursor_(payload), version_(version) {}

  template <class Struct>
  void get_struct(Struct& value, const char* name) {
    const std::uint32_t missing = version_ == kWireVersion ? 0 : kNewFields<Struct>;
    const Cursor::Item head = cursor_.next();
    if (head.type != Cursor::Type::array || head.number != field_count<Struct>() - missing) {
      return fail(name, "has another number of fields than its version");
    }
    const std::uint64_t outer = std::exchange(fields_left_, head.number);
    fields(*this, value);
    fields_left_ = outer;
  }

  // A field that the frame's version did not have keeps its default.
  template <class T>
  void operator()(const char* name, T& value) {
    if (fields_left_ == 0 || !problem.empty()) return;
    --fields_left_;
    get(value, name);
  }

  std::size_t remaining() const { return cursor_.remaining(); }

  std::string problem;

 private:
  void fail(const char* name, std::string_view what) {
    if (problem.empty()) problem = fmt::format("{} {}", name, what);
  }

  std::string_view raw(const char* name) {
    const Cursor::Item item = cursor_.next();
    if (item.type == Cursor::Type::binary && item.bytes.size() <= kTextBytesMax) return item.bytes;
    fail(name, "is not binary");
    return {};
  }

  void get(std::string& text, const char* name) {
    const Cursor::Item item = cursor_.next();
    if (item.type != Cursor::Type::text || item.bytes.size() > kTextBytesMax) {
      return fail(name, "is not text");
    }
    text.assign(item.bytes);
  }
  template <class Number>
  requires std::is_unsigned_v<Number> &&
      (!std::is_same_v<Number, bool>)void get(Number& value, const char* name) {
    const Cursor::Item item = cursor_.next();
    if (item.type != Cursor::Type::positive || item.number > std::numeric_limits<Number>::max()) {
      return fail(name, "is not a number of its range");
    }
    value = static_cast<Number>(item.number);
  }
  void get(std::int64_t& value, const char* name) {
    const Cursor::Item item = cursor_.next();
    const bool positive = item.type == Cursor::Type::positive;
    if (!positive && item.type != Cursor::Type::negative) return fail(name, "is not a number");
    if (positive && item.number > std::numeric_limits<std::int64_t>::max()) {
      return fail(name, "is out of range");
    }
    value = static_cast<std::int64_t>(item.number);
  }
  void get(bool& value, const char* name) {
    const Cursor::Item item = cursor_.next();
    if (item.type != Cursor::Type::boolean) return fail(name, "is not true or false");
    value = item.number != 0;
  }
  void get(double& value, const char* name) {
    const std::string_view bytes = raw(name);
    if (bytes.size() != sizeof value) return fail(name, "is not 8 bytes");
    std::memcpy(&value, bytes.data(), sizeof value);
  }
  void get(market::Window& window, const char* name) {
    std::uint8_t value = 0;
    get(value, name);
    if (value != 1 && value != 2) return fail(name, "is no known window");
    window = static_cast<market::Window>(value);
  }
  void get(Digest& digest, const char* name) {
    const auto read = Digest::from_bytes(raw(name));
    if (!read) return fail(name, "is not 32 bytes");
    digest = *read;
  }
  void get(market::Metrics& metrics, const char* name) {
    const std::string_view bytes = raw(name);
    if (bytes.size() != kMetricsBytes || bytes[0] != static_cast<char>(market::kMetricCount)) {
      return fail(name, "has another number of metrics");
    }
    const char* const reasons = bytes.data() + 1 + sizeof metrics.values;
    const auto last = static_cast<std::uint8_t>(market::Undefined::no_bars);
    if (std::any_of(reasons, reasons + market::kMetricCount,
                    [&](char code) { return static_cast<std::uint8_t>(code) > last; })) {
      return fail(name, "has an unknown reason");
    }
    std::memcpy(metrics.values.data(), bytes.data() + 1, sizeof metrics.values);
    std::memcpy(metrics.reasons.data(), reasons, sizeof metrics.reasons);
  }
  template <class Item>
  void get_items(std::vector<Item>& items, const char* name) {
    const std::string_view bytes = raw(name);
    if (bytes.size() % sizeof(Item) != 0) return fail(name, "is cut off");
    items.resize(bytes.size() / sizeof(Item));
    if (!bytes.empty()) std::memcpy(items.data(), bytes.data(), bytes.size());
  }
  void get(std::vector<double>& values, const char* name) { get_items(values, name); }
  void get(std::vector<std::uint64_t>& values, const char* name) { get_items(values, name); }
  void get(std::vector<market::Bar>& bars, const char* name) {
    get_items(bars, name);
    if (bars.size() > kBarsPerBatchMax) fail(name, "are more than kBarsPerBatchMax");
  }
  void get(std::vector<Digest>& digests, const char* name) { get_items(digests, name); }
  void get(std::vector<std::string>& texts, const char* name) {
    const std::uint64_t count = get_count(1, name);
    texts.resize(count);
    for (std::uint64_t i = 0; i < count && problem.empty(); ++i) get(texts[i], name);
  }
  template <class Struct>
  void get(std::vector<Struct>& items, const char* name) {
    const std::uint64_t count = get_count(field_count<Struct>() - kNewFields<Struct>, name);
    items.reserve(std::min<std::uint64_t>(count, kReservedItemsMax));
    for (std::uint64_t i = 0; i < count && problem.empty(); ++i) {
      get_struct(items.emplace_back(), name);
    }
  }
  // The length of a list whose items take at least `item_bytes` each: what cannot be there is not
  // allocated either.
  std::uint64_t get_count(std::size_t item_bytes, const char* name) {
    const Cursor::Item head = cursor_.next();
    if (head.type == Cursor::Type::array && head.number <= kItemsMax &&
        head.number * item_bytes <= cursor_.remaining()) {
      return head.number;
    }
    fail(name, "is not a list");
    return 0;
  }

  Cursor cursor_;
  std::uint8_t version_;
  std::uint64_t fields_left_ = 0;
};

template <std::size_t I = 0>
bool make_empty(std::uint8_t kind, Message& message) {
  if constexpr (I < std::variant_size_v<Message>) {
    using Struct = std::variant_alternative_t<I, Message>;
    if (static_cast<std::uint8_t>(Struct::kKind) != kind) return make_empty<I + 1>(kind, message);
    message.emplace<I>();
    return true;
  }
  return false;
}

Status decode_payload(std::string_view payload, std::uint8_t version, Message& message) {
  Decoder decoder(payload, version);
  std::visit([&](auto& value) { decoder.get_struct(value, "message"); }, message);
  if (!decoder.problem.empty()) return transient_error("frame: " + decoder.problem);
  if (decoder.remaining() > 0) return transient_error("frame: bytes behind the message");
  return {};
}

template <class Struct>
std::string encode_struct(const Struct& value) {
  Bound bound;
  bound.add_struct(value);
  std::string frame(kHeaderBytes + bound.bytes, '\0');
  char* const payload = frame.data() + kHeaderBytes;
  Room room(payload);
  Encoder(room).put_struct(value);
  const std::string_view body(payload, static_cast<std::size_t>(room.at() - payload));
  check(body.size() <= bound.bytes, "wire: a frame within its bound");
  check(kHeaderBytes + body.size() <= kFrameBytesMax, "wire: frame within kFrameBytesMax");
  std::string header(kMagic);
  append_number(header, kWireVersion);
  append_number(header, static_cast<std::uint8_t>(Struct::kKind));
  append_number(header, static_cast<std::uint32_t>(body.size()));
  append_number(header, checksum(body));
  std::memcpy(frame.data(), header.data(), kHeaderBytes);
  frame.resize(kHeaderBytes + body.size());
  return frame;
}

}  // namespace

std::string encode(const Message& message) {
  return std::visit([](const auto& value) { return encode_struct(value); }, message);
}

std::string encode(const ScoreBatch& batch) { return encode_struct(batch); }

Result<Message> decode(std::string_view frame) {
  if (frame.size() > kFrameBytesMax) return transient_error("frame: larger than kFrameBytesMax");
  ByteReader reader(frame);
  if (reader.raw(kMagic.size()) != kMagic) return transient_error("frame: no magic bytes");
  const auto version = reader.number<std::uint8_t>();
  const auto kind = reader.number<std::uint8_t>();
  const auto size = reader.number<std::uint32_t>();
  const auto sum = reader.number<std::uint64_t>();
  if (!reader.ok()) return transient_error("frame: shorter than its header");
  if (version != kWireVersion && version + 1 != kWireVersion) {
    return transient_error(fmt::format("frame: version {}, this is {}", version, kWireVersion));
  }
  if (size != reader.remaining()) return transient_error("frame: cut off or too long");
  const std::string_view payload = reader.raw(size);
  if (checksum(payload) != sum) return transient_error("frame: checksum differs");
  Message message;
  if (!make_empty(kind, message)) {
    return transient_error(fmt::format("frame: unknown kind {}", kind));
  }
  if (Status read = decode_payload(payload, version, message); !read) return read.error();
  return message;
}

std::string_view kind_name(const Message& message) {
  return std::visit([](const auto& value) { return kind_word(value); }, message);
}

}  // namespace mendel::wire

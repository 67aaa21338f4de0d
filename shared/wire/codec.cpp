#include "shared/wire/codec.hpp"

#include <fmt/format.h>

#include <limits>
#define MSGPACK_NO_BOOST
#include <msgpack.hpp>

#include "shared/base/bytes.hpp"
#include "shared/base/check.hpp"
#include "shared/wire/fields.hpp"

namespace mendel::wire {
namespace {

constexpr std::string_view kMagic = "MN";
constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kNestingMax = 8;
constexpr std::size_t kBarBytes = 6 * 8;
static_assert(sizeof(market::Bar) == kBarBytes, "bars travel as their memory");
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
  FieldCounter counter;
  const Struct sample{};
  fields(counter, sample);
  return counter.count;
}

// ---- encoding --------------------------------------------------------------------------------

class Encoder {
 public:
  explicit Encoder(msgpack::sbuffer& buffer) : pack_(buffer) {}

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
    std::string raw;
    append_number(raw, static_cast<std::uint8_t>(market::kMetricCount));
    for (double value : metrics.values) append_number(raw, value);
    for (market::Undefined reason : metrics.reasons) {
      append_number(raw, static_cast<std::uint8_t>(reason));
    }
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

  msgpack::packer<msgpack::sbuffer> pack_;
};

// ---- decoding --------------------------------------------------------------------------------

// Reads one struct from a msgpack array; the first misfit is kept as `problem`.
class Decoder {
 public:
  explicit Decoder(std::uint8_t version) : version_(version) {}

  template <class Struct>
  void get_struct(const msgpack::object& object, Struct& value, const char* name) {
    const std::uint32_t missing = version_ == kWireVersion ? 0 : kNewFields<Struct>;
    if (object.type != msgpack::type::ARRAY ||
        object.via.array.size != field_count<Struct>() - missing) {
      return fail(name, "has another number of fields than its version");
    }
    const msgpack::object* outer = std::exchange(next_, object.via.array.ptr);
    const msgpack::object* outer_end = std::exchange(end_, next_ + object.via.array.size);
    fields(*this, value);
    next_ = outer;
    end_ = outer_end;
  }

  // A field that the frame's version did not have keeps its default.
  template <class T>
  void operator()(const char* name, T& value) {
    if (next_ == end_) return;
    const msgpack::object& object = *next_++;
    if (problem.empty()) get(object, value, name);
  }

  std::string problem;

 private:
  void fail(const char* name, std::string_view what) {
    if (problem.empty()) problem = fmt::format("{} {}", name, what);
  }

  std::string_view raw(const msgpack::object& object, const char* name) {
    if (object.type == msgpack::type::BIN) return {object.via.bin.ptr, object.via.bin.size};
    fail(name, "is not binary");
    return {};
  }

  void get(const msgpack::object& object, std::string& text, const char* name) {
    if (object.type != msgpack::type::STR) return fail(name, "is not text");
    text.assign(object.via.str.ptr, object.via.str.size);
  }
  template <class Number>
  requires std::is_unsigned_v<Number> &&
      (!std::is_same_v<Number, bool>)void get(const msgpack::object& object, Number& value,
                                              const char* name) {
    if (object.type != msgpack::type::POSITIVE_INTEGER ||
        object.via.u64 > std::numeric_limits<Number>::max()) {
      return fail(name, "is not a number of its range");
    }
    value = static_cast<Number>(object.via.u64);
  }
  void get(const msgpack::object& object, std::int64_t& value, const char* name) {
    const bool positive = object.type == msgpack::type::POSITIVE_INTEGER;
    if (!positive && object.type != msgpack::type::NEGATIVE_INTEGER) {
      return fail(name, "is not a number");
    }
    if (positive && object.via.u64 > std::numeric_limits<std::int64_t>::max()) {
      return fail(name, "is out of range");
    }
    value = positive ? static_cast<std::int64_t>(object.via.u64) : object.via.i64;
  }
  void get(const msgpack::object& object, bool& value, const char* name) {
    if (object.type != msgpack::type::BOOLEAN) return fail(name, "is not true or false");
    value = object.via.boolean;
  }
  void get(const msgpack::object& object, double& value, const char* name) {
    const std::string_view bytes = raw(object, name);
    if (bytes.size() != sizeof value) return fail(name, "is not 8 bytes");
    std::memcpy(&value, bytes.data(), sizeof value);
  }
  void get(const msgpack::object& object, market::Window& window, const char* name) {
    std::uint8_t value = 0;
    get(object, value, name);
    if (value != 1 && value != 2) return fail(name, "is no known window");
    window = static_cast<market::Window>(value);
  }
  void get(const msgpack::object& object, Digest& digest, const char* name) {
    const auto read = Digest::from_bytes(raw(object, name));
    if (!read) return fail(name, "is not 32 bytes");
    digest = *read;
  }
  void get(const msgpack::object& object, market::Metrics& metrics, const char* name) {
    const std::string_view bytes = raw(object, name);
    ByteReader reader(bytes);
    if (reader.number<std::uint8_t>() != market::kMetricCount ||
        bytes.size() != 1 + 9 * market::kMetricCount) {
      return fail(name, "has another number of metrics");
    }
    for (double& value : metrics.values) value = reader.number<double>();
    for (market::Undefined& reason : metrics.reasons) {
      const auto code = reader.number<std::uint8_t>();
      if (code > static_cast<std::uint8_t>(market::Undefined::no_bars)) {
        return fail(name, "has an unknown reason");
      }
      reason = static_cast<market::Undefined>(code);
    }
  }
  template <class Item>
  void get_items(const msgpack::object& object, std::vector<Item>& items, const char* name) {
    const std::string_view bytes = raw(object, name);
    if (bytes.size() % sizeof(Item) != 0) return fail(name, "is cut off");
    items.resize(bytes.size() / sizeof(Item));
    if (!bytes.empty()) std::memcpy(items.data(), bytes.data(), bytes.size());
  }
  void get(const msgpack::object& object, std::vector<double>& values, const char* name) {
    get_items(object, values, name);
  }
  void get(const msgpack::object& object, std::vector<std::uint64_t>& values, const char* name) {
    get_items(object, values, name);
  }
  void get(const msgpack::object& object, std::vector<market::Bar>& bars, const char* name) {
    get_items(object, bars, name);
    if (bars.size() > kBarsPerBatchMax) fail(name, "are more than kBarsPerBatchMax");
  }
  void get(const msgpack::object& object, std::vector<Digest>& digests, const char* name) {
    get_items(object, digests, name);
  }
  void get(const msgpack::object& object, std::vector<std::string>& texts, const char* name) {
    if (object.type != msgpack::type::ARRAY) return fail(name, "is not a list");
    texts.resize(object.via.array.size);
    for (std::size_t i = 0; i < texts.size(); ++i) get(object.via.array.ptr[i], texts[i], name);
  }
  template <class Struct>
  void get(const msgpack::object& object, std::vector<Struct>& items, const char* name) {
    if (object.type != msgpack::type::ARRAY) return fail(name, "is not a list");
    for (std::uint32_t i = 0; i < object.via.array.size && problem.empty(); ++i) {
      get_struct(object.via.array.ptr[i], items.emplace_back(), name);
    }
  }

  std::uint8_t version_;
  const msgpack::object* next_ = nullptr;
  const msgpack::object* end_ = nullptr;
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

bool by_reference(msgpack::type::object_type, std::size_t, void*) { return true; }

Result<Message> decode_payload(std::string_view payload, std::uint8_t version, Message message) {
  Decoder decoder(version);
  try {
    const msgpack::unpack_limit limit(kItemsMax, 0, kTextBytesMax, kTextBytesMax, 0, kNestingMax);
    std::size_t used = 0;
    bool referenced = false;
    const msgpack::object_handle handle = msgpack::unpack(payload.data(), payload.size(), used,
                                                          referenced, by_reference, nullptr, limit);
    if (used != payload.size()) return transient_error("frame: bytes behind the message");
    std::visit([&](auto& value) { decoder.get_struct(handle.get(), value, "message"); }, message);
  } catch (const std::exception& error) {
    return transient_error(fmt::format("frame: not a message: {}", error.what()));
  }
  if (!decoder.problem.empty()) return transient_error("frame: " + decoder.problem);
  return message;
}

}  // namespace

std::string encode(const Message& message) {
  msgpack::sbuffer payload(512);
  Encoder encoder(payload);
  std::visit([&](const auto& value) { encoder.put_struct(value); }, message);
  const std::string_view body(payload.data(), payload.size());
  check(kHeaderBytes + body.size() <= kFrameBytesMax, "wire: frame within kFrameBytesMax");
  std::string frame;
  frame.reserve(kHeaderBytes + body.size());
  frame += kMagic;
  append_number(frame, kWireVersion);
  append_number(frame, std::visit(
                           [](const auto& value) {
                             return static_cast<std::uint8_t>(std::decay_t<decltype(value)>::kKind);
                           },
                           message));
  append_number(frame, static_cast<std::uint32_t>(body.size()));
  append_number(frame, checksum(body));
  frame += body;
  return frame;
}

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
  return decode_payload(payload, version, std::move(message));
}

std::string_view kind_name(const Message& message) {
  return std::visit([](const auto& value) { return kind_word(value); }, message);
}

}  // namespace mendel::wire

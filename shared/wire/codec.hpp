// Frames: message <-> bytes. A frame is a 16-byte header (magic "MN", version, kind, payload bytes,
// XXH3 of the payload) and a msgpack array of the message's fields; doubles travel as binary
// little-endian fields, bit-exact. docs/wire.md has the grammar.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "shared/base/result.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::wire {

// Written; this one and the one before it are read.
inline constexpr std::uint8_t kWireVersion = 2;
// Limits of what is accepted; senders stay below them by construction.
inline constexpr std::size_t kFrameBytesMax = 32 << 20;
inline constexpr std::size_t kItemsMax = 1 << 20;       // elements of any list
inline constexpr std::size_t kTextBytesMax = 16 << 20;  // bytes of any text or binary field
inline constexpr std::size_t kBarsPerBatchMax = 4096;
inline constexpr std::size_t kCandidatesPerBatchMax = 4096;
inline constexpr std::size_t kGenesMax = 256;

// Requires that the message is within the limits (a programmer's error otherwise).
std::string encode(const Message& message);
std::string encode(const ScoreBatch& batch);

// Refuses anything that is not exactly one well-formed frame of a known version and kind. Never
// throws, never allocates more than a small multiple of the frame. Errors are transient: the
// receiver counts, logs once per kind, and drops.
Result<Message> decode(std::string_view frame);

// One JSON object: {"message": "<kind>", field: value, …}; digests in hex, times ISO-8601.
std::string to_json(const Message& message);

std::string_view kind_name(const Message& message);  // "bar_batch"

}  // namespace mendel::wire

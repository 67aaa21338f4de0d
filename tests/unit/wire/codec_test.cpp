#include "shared/wire/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "shared/base/bytes.hpp"
#include "shared/base/rng.hpp"
#include "tests/unit/wire/samples.hpp"

namespace mendel::wire {
namespace {

using testing::HasSubstr;

// A frame around any payload, with a right checksum.
std::string frame_around(std::uint8_t version, std::uint8_t kind, std::string_view payload) {
  std::string frame = "MN";
  append_number(frame, version);
  append_number(frame, kind);
  append_number(frame, static_cast<std::uint32_t>(payload.size()));
  append_number(frame, checksum(payload));
  return frame.append(payload);
}

TEST(Codec, HasASampleOfEveryKind) {
  EXPECT_EQ(sample_messages().size(), std::variant_size_v<Message>);
}

TEST(Codec, RoundTripsEveryMessageToTheByte) {
  for (const Message& message : sample_messages()) {
    const std::string frame = encode(message);
    const Result<Message> again = decode(frame);
    ASSERT_TRUE(again) << kind_name(message) << ": " << again.error().message;
    EXPECT_EQ(again->index(), message.index());
    EXPECT_EQ(encode(*again), frame) << kind_name(message);
  }
}

TEST(Codec, KeepsTheBitsOfDoubles) {
  const auto again = decode(encode(sample_messages().front()));
  const auto& bar = std::get<BarBatch>(*again).bars.front();
  EXPECT_TRUE(std::signbit(bar.volume));
}

TEST(Codec, RefusesEveryCutOfAFrame) {
  for (const Message& message : sample_messages()) {
    const std::string frame = encode(message);
    for (std::size_t size = 0; size < frame.size(); ++size) {
      EXPECT_FALSE(decode(std::string_view(frame).substr(0, size)));
    }
    EXPECT_FALSE(decode(frame + "x"));
  }
}

TEST(Codec, RefusesAFlippedBit) {
  const std::string frame = encode(sample_messages().front());
  for (std::size_t i = 0; i < frame.size(); ++i) {
    std::string bad = frame;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(decode(bad)) << "byte " << i;
  }
}

TEST(Codec, RefusesOtherVersionsAndKindsByName) {
  EXPECT_THAT(decode(frame_around(9, 1, "\x90")).error().message, HasSubstr("version 9"));
  EXPECT_THAT(decode(frame_around(0, 1, "\x90")).error().message, HasSubstr("version 0"));
  EXPECT_THAT(decode(frame_around(1, 200, "\x90")).error().message, HasSubstr("unknown kind 200"));
}

TEST(Codec, RefusesAnotherNumberOfFields) {
  EXPECT_THAT(decode(frame_around(1, 1, "\x90")).error().message, HasSubstr("number of fields"));
}

// Logs hold frames of the version before for as long as they live: here a score without blocks.
TEST(Codec, ReadsTheVersionBefore) {
  Score empty;
  const std::string frame = encode(ScoreBatch{"ev", {empty}});
  std::string payload = frame.substr(16);
  // The score is the last thing of the payload, an array of 8; its last field two bytes, an empty
  // binary.
  const std::size_t array = payload.find('\x98');
  ASSERT_NE(array, std::string::npos);
  payload[array] = '\x97';
  payload.resize(payload.size() - 2);
  const Result<Message> decoded = decode(frame_around(1, 7, payload));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(encode(*decoded), frame);
  EXPECT_FALSE(decode(frame_around(2, 7, payload)));
  EXPECT_FALSE(decode(frame_around(1, 7, frame.substr(16))));
}

// Five bytes that announce an array of four billion: refused, not allocated.
TEST(Codec, RefusesHostileSizesWithoutAllocating) {
  for (const std::string& payload :
       {std::string("\xdd\xff\xff\xff\xff"), std::string("\xc6\xff\xff\xff\xff"),
        std::string("\xdb\xff\xff\xff\xff"), std::string(2000, '\x91')}) {
    EXPECT_FALSE(decode(frame_around(1, 1, payload)));
  }
}

// Other writers of msgpack may take more bytes for a number, a text or a list than they need.
TEST(Codec, ReadsEveryWidthOfAnItem) {
  const Result<Message> wide = decode(
      frame_around(2, 11,
                   std::string("\xdc\x00\x03\xda\x00\x01q\xc5\x00\x00\xdd\x00\x00\x00\x01\xdb"
                               "\x00\x00\x00\x01r",
                               21)));
  ASSERT_TRUE(wide) << wide.error().message;
  Query query;
  query.query_id = "q";
  query.record_ids = {"r"};
  EXPECT_EQ(encode(*wide), encode(query));
}

TEST(Codec, SurvivesMutatedPayloads) {
  Draws draws(20261122, 0, 0, 0, Purpose::sample);
  for (int round = 0; round < 20000; ++round) {
    const auto messages = sample_messages();
    const Message& message = messages[draws.below(messages.size())];
    std::string payload = encode(message).substr(16);
    for (std::uint64_t flips = 1 + draws.below(4); flips > 0; --flips) {
      payload[draws.below(payload.size())] = static_cast<char>(draws.bits());
    }
    const auto kind = static_cast<std::uint8_t>(1 + draws.below(17));
    const auto version = static_cast<std::uint8_t>(1 + round % 2);
    if (const auto decoded = decode(frame_around(version, kind, payload))) {
      EXPECT_TRUE(decode(encode(*decoded)));
    }
  }
}

// Frozen bytes of version 2: a change here is a change of the wire format and needs a new version.
TEST(Codec, WireBytesAreFrozen) {
  Sha256 sha;
  for (const Message& message : sample_messages()) sha.update(encode(message));
  EXPECT_EQ(sha.finish().hex(), "abb15c5c396b278f598f21cb57d30a48df8e19591d993f0f87a07804f50666bb");
}

}  // namespace
}  // namespace mendel::wire

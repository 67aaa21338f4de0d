#include "shared/base/hash.hpp"

#include <gtest/gtest.h>

namespace mendel {
namespace {

// FIPS 180-2, appendix B.1.
TEST(Sha256, GivesThePublishedDigestOfAbc) {
  EXPECT_EQ(sha256("abc").hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, IsTheSameInPieces) {
  EXPECT_EQ(Sha256().update("a").update("bc").finish(), sha256("abc"));
}

TEST(Sha256, CanBeFinishedInManyWays) {
  Sha256 hash;
  hash.update(std::string(70, 'a'));
  EXPECT_EQ(hash.finished_with("bc"), sha256(std::string(70, 'a') + "bc"));
  EXPECT_EQ(hash.finished_with(""), sha256(std::string(70, 'a')));
  EXPECT_EQ(hash.update("d").finish(), sha256(std::string(70, 'a') + "d"));
}

TEST(Digest, RoundTripsThroughHexAndBytes) {
  const Digest digest = sha256("abc");
  EXPECT_EQ(Digest::from_hex(digest.hex()), digest);
  EXPECT_EQ(Digest::from_bytes(digest.view()), digest);
}

TEST(Digest, RefusesOtherLengthsAndLetters) {
  EXPECT_FALSE(Digest::from_hex("ab"));
  EXPECT_FALSE(Digest::from_hex(std::string(64, 'g')));
  EXPECT_FALSE(Digest::from_bytes("short"));
}

// The value of the xxHash project's own sanity table for an empty input and seed 0.
TEST(Checksum, IsXxh3) { EXPECT_EQ(checksum(""), 0x2D06800538D394C2ull); }

}  // namespace
}  // namespace mendel

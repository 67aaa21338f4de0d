#include "shared/base/bytes.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace mendel {
namespace {

TEST(ByteReader, ReadsWhatWasAppended) {
  std::string bytes;
  append_number(bytes, std::uint32_t{7});
  append_number(bytes, -0.0);
  append_text(bytes, "genes");
  ByteReader reader(bytes);
  EXPECT_EQ(reader.number<std::uint32_t>(), 7u);
  EXPECT_TRUE(std::signbit(reader.number<double>()));
  EXPECT_EQ(reader.text(), "genes");
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.remaining(), 0u);
}

TEST(ByteReader, IsNotOkAfterReadingPastTheEnd) {
  ByteReader reader("abc");
  EXPECT_EQ(reader.number<std::uint32_t>(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.raw(1), "");
}

TEST(ByteReader, RefusesATextLengthBeyondTheEnd) {
  std::string bytes;
  append_number(bytes, std::uint32_t{0xFFFFFFFF});
  ByteReader reader(bytes);
  EXPECT_EQ(reader.text(), "");
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace mendel

#include "shared/base/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mendel {
namespace {

TEST(Utf8, CharactersHaveTheirBytes) {
  EXPECT_EQ(utf8_character_bytes("ab"), 1u);
  EXPECT_EQ(utf8_character_bytes("éa"), 2u);
  EXPECT_EQ(utf8_character_bytes("€"), 3u);
  EXPECT_EQ(utf8_character_bytes("𝄞"), 4u);
  EXPECT_EQ(utf8_character_bytes(std::string_view("\0", 1)), 1u);
  EXPECT_EQ(utf8_character_bytes(""), 0u);
}

TEST(Utf8, WhatIsCutOverlongOrBeyondIsNone) {
  EXPECT_TRUE(is_utf8("größe €𝄞"));
  EXPECT_TRUE(is_utf8(""));
  for (const char* text :
       {"caf\xe9", "\xc3", "\xe2\x82", "\xf0\x9d\x84", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80",
        "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xff", "\x80"})
    EXPECT_FALSE(is_utf8(text)) << text;
}

}  // namespace
}  // namespace mendel

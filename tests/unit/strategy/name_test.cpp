#include "shared/strategy/name.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "shared/base/utf8.hpp"
#include "tests/unit/strategy/samples.hpp"

namespace mendel::strategy {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

std::string name_of_file(const std::string& file) {
  const Result<Experiment> experiment = read_experiment(kSample, file);
  return experiment ? experiment->name : experiment.error().message;
}

TEST(Name, IsOneLineOf1To100BytesOfUtf8) {
  for (const std::string& name : {std::string("a"), repeated("x", 100), repeated("é", 50)})
    EXPECT_TRUE(is_valid_name(name)) << name;
  for (const std::string& name :
       {std::string(), repeated("x", 101), repeated("é", 51), std::string("caf\xe9"),
        std::string("two\nlines"), std::string("\x1b[31m"), std::string("a\0b", 3)})
    EXPECT_FALSE(is_valid_name(name)) << name;
  EXPECT_EQ(check_name("--name", "caf\xe9").error().message,
            "--name must have 1 to 100 bytes of UTF-8 on one line, without control characters");
}

TEST(Name, OfAFileIsCutBetweenCharacters) {
  EXPECT_EQ(name_of_file("demo/sp500.toml"), "sp500");
  EXPECT_EQ(name_of_file(repeated("é", 60).insert(0, 1, 'x') + ".toml"),
            repeated("é", 49).insert(0, 1, 'x'));
  EXPECT_EQ(name_of_file(repeated("戦", 34) + ".toml"), repeated("戦", 33));
  EXPECT_EQ(name_of_file("caf\xe9.toml"), "caf?");
  EXPECT_EQ(name_of_file("\x1b[31m.toml"), "?[31m");
  EXPECT_EQ(name_of_file(".toml"), "experiment");
}

TEST(Name, WithASuffixFitsToo) {
  EXPECT_EQ(name_from("ma", " seed 7"), "ma seed 7");
  EXPECT_EQ(name_from(repeated("é", 50), " seed 7"), repeated("é", 46) + " seed 7");
}

TEST(Name, ThatBreaksTheRuleIsRefused) {
  EXPECT_THAT(error_of("name = \"\"\n" + kSample),
              HasSubstr("1:8: 'name' must have 1 to 100 bytes"));
  EXPECT_THAT(error_of("name = \"a\\nb\"\n" + kSample), HasSubstr("on one line"));
  EXPECT_THAT(error_of(kSample, {{"name", "caf\xe9"}}), StartsWith("override name: must be UTF-8"));
}

// What a run is made of is read again when its dispatcher starts: for any bytes as a file's name.
TEST(Name, OfAnyBytesReadsAgain) {
  std::mt19937 random(20240607);
  for (int i = 0; i < 2000; ++i) {
    std::string file;
    for (auto bytes = random() % 260; bytes > 0; --bytes) {
      switch (random() % 4) {
        case 0:
          file += static_cast<char>(random() % 256);
          break;
        case 1:
          file += "\"\\.'/\x1b\n "[random() % 8];
          break;
        default:
          file += std::vector<const char*>{"é", "戦", "𝄞", "x"}[random() % 4];
      }
    }
    const Result<Experiment> once = read_experiment(kSample, file);
    ASSERT_TRUE(once) << once.error().message;
    EXPECT_TRUE(is_valid_name(once->name)) << file;
    const Result<Experiment> twice = read_experiment(once->canonical_text, "checkpoint");
    ASSERT_TRUE(twice) << twice.error().message;
    EXPECT_EQ(twice->canonical_text, once->canonical_text);
  }
}

}  // namespace
}  // namespace mendel::strategy

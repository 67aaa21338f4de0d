#include "shared/config/value.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace mendel::config {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(Toml, KeepsOrderTypesAndPlaces) {
  const auto document = parse_toml("[data]\nb = 1\na = [2.5, 3]\nday = 2021-01-02\n", "x.toml");
  ASSERT_TRUE(document);
  const Value& data = *document->find("data");
  EXPECT_EQ(data.entries()[0].first, "b");
  EXPECT_EQ(data.entries()[1].first, "a");
  EXPECT_EQ(data.find("a")->items()[0].as_number(), 2.5);
  EXPECT_EQ(data.find("day")->as_text(), "2021-01-02");
  EXPECT_EQ(data.find("a")->place.line, 3);
  EXPECT_EQ(data.find("a")->place.column, 5);
}

TEST(Toml, NamesFileLineAndColumnOfAMistake) {
  const auto document = parse_toml("a = 1\nb = = 2\n", "x.toml");
  ASSERT_FALSE(document);
  EXPECT_THAT(document.error().message, StartsWith("x.toml:2:"));
  EXPECT_EQ(document.error().kind, ErrorKind::configuration);
}

TEST(Toml, RefusesATimeWithoutDigitsInsteadOfAborting) {
  for (const std::string text : {"a = 2021-01-01Tx", "a = [2020-01-01T#", "a = 2021-01-01T12:x"}) {
    EXPECT_FALSE(parse_toml(text, "e.toml")) << text;
  }
}

TEST(Json, RoundTrips) {
  const std::string text = R"({"run":"x","best":{"genes":{"fast":10},"list":[1,2.5,null,true]}})";
  const auto document = parse_json(text, "test");
  ASSERT_TRUE(document);
  EXPECT_EQ(to_json(*document), text);
  EXPECT_EQ(document->find_path("best.genes.fast")->as_integer(), 10);
  EXPECT_EQ(document->find_path("best.absent.fast"), nullptr);
}

TEST(Json, WritesNonFiniteNumbersAsNull) {
  Value value;
  value.set("x", std::numeric_limits<double>::quiet_NaN());
  value.set("y", std::numeric_limits<double>::infinity());
  EXPECT_EQ(to_json(value), R"({"x":null,"y":null})");
}

TEST(Json, RefusesDeepNestingAndGarbage) {
  EXPECT_FALSE(parse_json(std::string(100000, '['), "test"));
  EXPECT_FALSE(parse_json("{\"a\":", "test"));
  EXPECT_FALSE(parse_json("", "test"));
}

TEST(Names, SuggestsTheNearest) {
  const std::vector<std::string> known = {"population", "generations", "seed"};
  EXPECT_EQ(nearest_name("populaton", known), "population");
  EXPECT_EQ(nearest_name("zzz", known), "");
  EXPECT_EQ(suggestion("sed", known), "; did you mean 'seed'?");
  EXPECT_THAT(suggestion("zzz", known), HasSubstr("known: population"));
}

TEST(TextFile, MissingOneNamesItsPath) {
  const auto text = read_text_file("/nonexistent/x.toml");
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().message, HasSubstr("/nonexistent/x.toml"));
  EXPECT_EQ(text.error().exit_code(), 2);
}

}  // namespace
}  // namespace mendel::config

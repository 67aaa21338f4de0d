#include "shared/config/value.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace mendel::config {
namespace {

using testing::ContainsRegex;
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

// Once a stack overflow: each segment is a table in a table.
TEST(Toml, RefusesAKeyThatIsNestedTooDeep) {
  std::string key = "a";
  for (int i = 0; i < 50000; ++i) key += ".a";
  for (const std::string& text :
       {key + " = 1\n", "[" + key + "]\nb = 1\n", "[[" + key + "]]\n", "x = { " + key + " = 1 }\n",
        "x = { y = \"\"\"a\"\"\"\"\", " + key + " = 1 }\n"}) {
    const auto document = parse_toml("first = 'a.b.c'\n" + text, "x.toml");
    ASSERT_FALSE(document);
    EXPECT_THAT(document.error().message,
                ContainsRegex("^x.toml:2:[0-9]+: a key of more than 8 segments"));
  }
}

TEST(Toml, SaysTooDeepInPlainWords) {
  const auto document = parse_toml("x = " + std::string(300, '['), "x.toml");
  ASSERT_FALSE(document);
  EXPECT_THAT(document.error().message, HasSubstr("nested deeper than 256"));
  EXPECT_THAT(document.error().message, testing::Not(HasSubstr("TOML_")));
}

TEST(Toml, ColumnsCountCharacters) {
  EXPECT_THAT(parse_toml("a = 1\n\"é\" = = 2\n", "x.toml").error().message,
              StartsWith("x.toml:2:7: "));
  EXPECT_THAT(parse_toml("a = 1\n\"é\".b.c.d.e.f.g.h.i = 2\n", "x.toml").error().message,
              StartsWith("x.toml:2:18: "));
}

// The worst that passes the check: eight segments at each of the parser's own levels.
TEST(Toml, SurvivesTheDeepestKeysThatAreAllowed) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "a.a.a.a.a.a.a.a={";
  EXPECT_FALSE(parse_toml("k = {" + text + std::string(301, '}'), "x.toml"));
  std::string allowed;
  for (int i = 0; i < 200; ++i) allowed += "a.a.a.a.a.a.a.a={";
  EXPECT_TRUE(parse_toml("k = {" + allowed + std::string(201, '}'), "x.toml"));
}

TEST(Toml, CountsNoDotsInsideTextOrComments) {
  EXPECT_TRUE(parse_toml(
      "a = \"1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8\\\".9\" # . . . . . . . . . . . . . . . . . .\n"
      "b = \"\"\"\n. . . . . . . . . . . . . . . . . . .\n\"\"\"\n"
      "c = '. . . . . . . . . . . . . . . . . . '\nd = [1.5, 2.5]\n",
      "x.toml"));
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
  EXPECT_EQ(nearest_name("fats", {"fast", "slow"}), "fast");
  EXPECT_EQ(suggestion("sed", known), "; did you mean 'seed'?");
  EXPECT_THAT(suggestion("zzz", known), HasSubstr("known: population"));
}

TEST(TextFile, MissingOneNamesItsPath) {
  const auto text = read_text_file("/nonexistent/x.toml");
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().message, HasSubstr("/nonexistent/x.toml"));
  EXPECT_EQ(text.error().exit_code(), 2);
}

TEST(Names, ThatAreBegunOrPartOfAKnownOneAreSuggested) {
  const std::vector<std::string> known = {"max_drawdown_bars", "max_drawdown", "sharpe_ratio"};
  EXPECT_EQ(nearest_name("sharp", known), "sharpe_ratio");
  EXPECT_EQ(nearest_name("drawdown", known), "max_drawdown");
  EXPECT_EQ(nearest_name("max", known), "");
  EXPECT_EQ(suggestion("ratios_of_all", {"sharpe_ratio"}), "; known: sharpe_ratio");
}

TEST(OneLine, KeepsNoControlCharacter) { EXPECT_EQ(one_line("a\nb\x7f\r é"), "a?b?? é"); }

// toml++ takes such letters for impossible where it looks for white space.
TEST(Toml, SurvivesLettersOutsideAsciiWhereWhiteSpaceIsLookedFor) {
  EXPECT_FALSE(parse_toml("b\u00e4 = 2\n", "x.toml"));
  EXPECT_FALSE(parse_toml("b = 2\u00e4\n", "x.toml"));
  const auto joined = parse_toml("a = \"\"\"x\\\n  \u00e4\"\"\"\n", "x.toml");
  ASSERT_TRUE(joined) << joined.error().message;
  EXPECT_EQ(joined->find("a")->as_text(), "x\u00e4");
}

}  // namespace
}  // namespace mendel::config

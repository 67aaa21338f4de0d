#include "shared/strategy/expression.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/unit/strategy/samples.hpp"

namespace mendel::strategy {
namespace {

std::string canonical(std::string_view condition) {
  const Experiment experiment = read(with_entry(condition));
  return experiment.strategy.entry_long ? to_text(*experiment.strategy.entry_long) : "";
}

std::int64_t look_back(std::string_view condition) { return read(with_entry(condition)).look_back; }

// The complaint about the sample's entry, without the file; the text begins at 8:15.
std::string complaint(std::string_view condition) {
  const std::string message = error_of(with_entry(condition));
  const std::string prefix = "test.toml:8:";
  EXPECT_EQ(message.substr(0, prefix.size()), prefix) << message;
  return message.substr(std::min(prefix.size(), message.size()));
}

TEST(Expression, PrintsWithOneSpacingAndTheFewestParentheses) {
  EXPECT_EQ(canonical("((close)>(1.50))"), "close > 1.5");
  EXPECT_EQ(canonical("close-(1-2)-3 > 0"), "close - (1 - 2) - 3 > 0");
  EXPECT_EQ(canonical("(close*2)+(3/(high*2)) > - - 1"), "close * 2 + 3 / (high * 2) > --1");
  EXPECT_EQ(canonical("-(close+1) < (-close)[2]"), "-(close + 1) < (-close)[2]");
  EXPECT_EQ(canonical("not(close>1 or open>1)and(low>1 or low>2)"),
            "not (close > 1 or open > 1) and (low > 1 or low > 2)");
  EXPECT_EQ(canonical("crossover( ema(close,fast) , 1e-7 )"), "crossover(ema(close, fast), 1e-07)");
}

TEST(Expression, LetsArePutIn) {
  const std::string text = with(with_entry("b > a"), "entry_long",
                                "let.a = \"close + 1\"\nlet.b = \"a * 2\"\nentry_long");
  EXPECT_EQ(to_text(*read(text).strategy.entry_long), "(close + 1) * 2 > close + 1");
}

TEST(LookBack, AddsNestedOnesAndTakesTheLargestBeside) {
  EXPECT_EQ(look_back("close > 1"), 0);
  EXPECT_EQ(look_back("close[3] > 1"), 3);
  EXPECT_EQ(look_back("sma(close, 10) > 1"), 9);
  EXPECT_EQ(look_back("ema(close, 10) > 1"), 100);
  EXPECT_EQ(look_back("rsi(close, 14) > 1"), 140);
  EXPECT_EQ(look_back("crossover(close, 1)"), 1);
  EXPECT_EQ(look_back("crossover(ema(sma(close, 10), 5)[2], sma(close, 30))"), 1 + 2 + 50 + 9);
  EXPECT_EQ(look_back("(sma(close, 10) > close[4])[7] and ema(high, 1) > 0"), 16);
}

TEST(LookBack, TakesTheUpperBoundOfThePeriodsGenes) {
  EXPECT_EQ(look_back("sma(close, fast) > 1"), 19);
  EXPECT_EQ(look_back("ema(close, fast * 3 - 1) > 1"), 590);
  EXPECT_EQ(look_back("close[20 - fast] > 1"), 18);
  EXPECT_EQ(look_back("sma(close, max(1, fast - 10)) > 1"), 9);
}

TEST(Expression, RefusesPeriodsThatCouldLeaveTheirRange) {
  EXPECT_EQ(
      complaint("sma(close, fast - 2) > 1"),
      "26: 'n' of sma(x, n) can be 0: it must be 1 or more; narrow the genes or write max(1, …)");
  EXPECT_EQ(complaint("ema(close, fast / 2) > 1"),
            "26: 'n' of ema(x, n) must be a whole number for all values of its genes");
  EXPECT_EQ(complaint("ema(close, 1 / (fast - 5)) > 1"),
            "26: 'n' of ema(x, n) may have no value for some genes: a divisor can be 0, or it "
            "grows too large");
  EXPECT_EQ(complaint("rsi(close, close) > 1"),
            "26: 'n' of rsi(x, n) cannot vary from bar to bar: use numbers and genes only");
  EXPECT_EQ(complaint("sma(close, 1e6) > 1"),
            "26: 'n' of sma(x, n) is 1000000: it must be at most 100000");
}

TEST(Expression, RefusesANegativeIndexWhereItStands) {
  EXPECT_EQ(complaint("close > close[-1]"),
            "29: the index is -1: it must be 0 or more, as no bar after this one can be read");
  EXPECT_EQ(complaint("close[fast - 3] > 1"),
            "21: the index can be -1: it must be 0 or more, as no bar after this one can be read");
}

TEST(Expression, SaysOfAnOddIndexWhatIsOddAboutIt) {
  EXPECT_EQ(complaint("close[1.5] > 1"), "21: the index is 1.5: it must be a whole number");
  EXPECT_EQ(complaint("close[fast / 2] > 1"),
            "21: the index must be a whole number for all values of its genes");
  EXPECT_EQ(complaint("close[fast / 2 - 3] > 1"),
            "21: the index can be -2: it must be 0 or more, as no bar after this one can be read");
  EXPECT_EQ(complaint("close[1 / 0] > 1"),
            "21: the index has no value: it divides by 0, or grows too large");
  EXPECT_EQ(complaint("close[1e300] > 1"), "21: the index is 1e+300: it must be at most 100000");
  EXPECT_EQ(complaint("sma(close, 0) > 1"), "26: 'n' of sma(x, n) is 0: it must be 1 or more");
}

TEST(Expression, NamesTheNearestKnownName) {
  EXPECT_EQ(complaint("closs > fast"), "15: unknown name 'closs'; did you mean 'close'?");
  EXPECT_EQ(complaint("close > fest"), "23: unknown name 'fest'; did you mean 'fast'?");
  EXPECT_EQ(complaint("crosover(close, 1)"),
            "15: unknown function 'crosover'; did you mean 'crossover'?");
}

TEST(Expression, WordsInCapitalsAreShownInLowerCase) {
  EXPECT_EQ(complaint("close > 1 AND close < 9"),
            "25: expected an operator or the end, not 'AND'; write 'and'");
  EXPECT_EQ(complaint("(close > 1 Or close < 9)"), "26: expected ')', not 'Or'; write 'or'");
  EXPECT_EQ(complaint("NOT close > 1"), "15: unknown name 'NOT'; write 'not'");
  EXPECT_EQ(complaint("NOT (close > 1)"), "15: unknown function 'NOT'; write 'not'");
  EXPECT_EQ(complaint("CLOSE > 1"), "15: unknown name 'CLOSE'; did you mean 'close'?");
  EXPECT_EQ(complaint("SMA(close, 5) > 1"), "15: unknown function 'SMA'; did you mean 'sma'?");
}

TEST(Expression, AFunctionWithoutItsArgumentsShowsThem) {
  EXPECT_EQ(complaint("close > atr"),
            "23: 'atr' is a function; write atr(n) ('mendel language atr' explains it)");
  EXPECT_EQ(complaint("rsi > 70"),
            "15: 'rsi' is a function; write rsi(x, n) ('mendel language rsi' explains it)");
}

TEST(Expression, DoubleQuotesInsideDoubleQuotesAreNamed) {
  for (const char* condition : {"at(\"1w\", close) > 1", "close > symbol(\"A\", close)"}) {
    const std::string error = error_of(with_entry(condition));
    EXPECT_THAT(error, testing::StartsWith("test.toml:8:")) << condition;
    EXPECT_THAT(error, testing::EndsWith("; use single quotes around the expression")) << condition;
  }
  EXPECT_THAT(error_of(with_entry("close > \"A\"")),
              testing::Not(testing::HasSubstr("single quotes")));
}

TEST(Syntax, AMarkShowsWhatTomlRefuses) {
  EXPECT_EQ(whole_error_of("name = breakout\n"),
            "test.toml:1:8: Error while parsing value: could not determine value type; put it in "
            "quotes: \"breakout\"\n"
            "  name = breakout\n"
            "         ^");
  for (const char* text :
       {"name = \"a\"\nname = \"b\"\n", "x = [2021-13-01]\n", "x = [1, 2\n[data]\n",
        "[data]\n[data]\n", "x = \"a\n", "a.b.c.d.e.f.g.h.i.j = 1\n"}) {
    const std::string error = whole_error_of(text);
    EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 2) << error;
    EXPECT_EQ(error.back(), '^') << error;
  }
}

TEST(Syntax, SaysHowATextIsQuoted) {
  const auto hint = [](const std::string& line) {
    const std::string error = error_of(line);
    const std::size_t at = error.find("; ");
    return error.substr(at == std::string::npos ? error.size() : at + 2);
  };
  EXPECT_EQ(hint("timeframe = 1h  # an hour"), "put it in quotes: \"1h\"");
  EXPECT_EQ(hint("symbols = [SPY]"), "put it in quotes: \"SPY\"");
  EXPECT_EQ(hint("entry_long = at(\"1w\", close) > 1"),
            "put it in quotes: 'at(\"1w\", close) > 1'");
  EXPECT_EQ(hint("name = it's \"mine\""), "put it in quotes");
  EXPECT_EQ(hint("name = \u201cmine\u201d"), "write \" instead of \u201c");
  EXPECT_EQ(hint("x = True"), "write true or false");
  EXPECT_EQ(hint("x = 2021-02-30"), "");
  EXPECT_EQ(hint("x = true\nx = true"), "");
}

TEST(Syntax, AMarkedLineIsValidUtf8) {
  const std::string error = whole_error_of("x = = \"\xc3\xa4\" # \xe4 \xff\n");
  EXPECT_THAT(error, testing::HasSubstr("\xc3\xa4\" # ? ?\n")) << error;
}

TEST(Expression, RefusesWrongTypesWhereTheyStand) {
  EXPECT_EQ(complaint("close"),
            "15: a condition is wanted, and this is a number; compare it, as in 'x > 0'");
  EXPECT_EQ(complaint("close > 1 and open"),
            "29: 'and' needs a condition, and this is a number; compare it, as in 'x > 0'");
  EXPECT_EQ(complaint("(close > 1) + 2 > 1"), "16: '+' needs a number, and this is a condition");
  EXPECT_EQ(complaint("sma(close > 1, 3) > 1"),
            "19: 'x' of sma(x, n) needs a number, and this is a condition");
  EXPECT_EQ(complaint("not close"),
            "19: 'not' needs a condition, and this is a number; compare it, as in 'x > 0'");
}

TEST(Expression, RefusesBrokenSyntaxWhereItStands) {
  EXPECT_EQ(complaint(""), "15: expected a number, a name or '(', not the end");
  EXPECT_EQ(complaint("close >"), "22: expected a number, a name or '(', not the end");
  EXPECT_EQ(complaint("(close > 1"), "25: expected ')', not the end");
  EXPECT_EQ(complaint("close > 1 2"), "25: expected an operator or the end, not '2'");
  EXPECT_EQ(complaint("1 < close < 2"), "25: comparisons do not chain; write 'a < b and b < c'");
  EXPECT_EQ(complaint("close = 1"), "21: unexpected character '='; compare with '=='");
  EXPECT_EQ(complaint("close > 1.2.3"), "26: '.' cannot follow the number 1.2");
  EXPECT_EQ(complaint("sma(close) > 1"), "15: sma(x, n) takes 2 arguments, not 1");
  EXPECT_EQ(complaint("close > 1e999"), "23: this number is out of range");
  EXPECT_EQ(complaint("close > \u2018a\u2019"), "23: unexpected \u2018; write ' instead");
  EXPECT_EQ(complaint("close > 'a"), "23: this text is not closed; add a '");
}

TEST(Expression, FindsPlacesInTextsOfSeveralLines) {
  const std::string several =
      with(kSample, "\"close > fast\"", "\"\"\"\nclose > 1\n  and fest > 2\"\"\"");
  EXPECT_EQ(error_of(several), "test.toml:10:7: unknown name 'fest'; did you mean 'fast'?");
  const std::string first = with(kSample, "\"close > fast\"", "\"\"\"close > fest\n\"\"\"");
  EXPECT_EQ(error_of(first), "test.toml:8:25: unknown name 'fest'; did you mean 'fast'?");
}

TEST(Expression, AMarkShowsThePlaceInTheLine) {
  EXPECT_EQ(whole_error_of(with_entry("close > fest")),
            "test.toml:8:23: unknown name 'fest'; did you mean 'fast'?\n"
            "  entry_long = \"close > fest\"\n"
            "                        ^");
  const std::string wide = whole_error_of(with_entry("close > 1" + std::string(500, ' ') + "?"));
  EXPECT_THAT(wide, testing::EndsWith("?\"\n  " + std::string(70, ' ') + "^"));
  const std::string accents = with(kSample, "\"close > fast\"", "\"close > fäst\"");
  EXPECT_THAT(whole_error_of(accents), testing::EndsWith("\n" + std::string(25, ' ') + "^"));
}

TEST(Expression, FindsPlacesInLets) {
  const std::string text =
      with(with_entry("a > 1"), "entry_long", "let.a = \"ema(clos, 3)\"\nentry_long");
  EXPECT_EQ(error_of(text), "test.toml:8:14: unknown name 'clos'; did you mean 'close'?");
}

TEST(Expression, RefusesLetsThatDependOnThemselves) {
  const std::string text =
      with(with_entry("a > 1"), "entry_long", "let.a = \"b + 1\"\nlet.b = \"a + 1\"\nentry_long");
  EXPECT_EQ(error_of(text), "test.toml:9:10: let name 'a' depends on itself");
}

TEST(Expression, RefusesWhatIsNestedTooDeep) {
  std::string sum = "close";
  for (int i = 0; i < 62; ++i) sum = "(" + sum + " + 1)";
  EXPECT_EQ(look_back(sum + " > 1"), 0);
  EXPECT_THAT(complaint("1 + (1 + " + sum + ") > 1"),
              testing::HasSubstr("nested deeper than 64 terms"));
  EXPECT_THAT(complaint(std::string(100'000, '(')), testing::HasSubstr("nested deeper than 64"));
  EXPECT_THAT(complaint(std::string(100'000, '-')), testing::HasSubstr("nested deeper than 64"));
  EXPECT_THAT(complaint("close > " + std::string(200'000, '1')),
              testing::HasSubstr("longer than 131072 bytes"));
}

TEST(Expression, RefusesLetsThatTogetherNestTooDeep) {
  std::string lets;
  for (int i = 0; i < 200; ++i) {
    lets += "let.a" + std::to_string(i) + " = \"" + std::string(100, '(') + "a" +
            std::to_string(i + 1) + std::string(100, ')') + "\"\n";
  }
  lets += "let.a200 = \"close\"\n";
  EXPECT_THAT(error_of(with(with_entry("a0 > fast"), "entry_long", lets + "entry_long")),
              testing::HasSubstr("nested deeper than 64"));
}

TEST(Expression, RefusesDoublingLets) {
  std::string lets = "let.a0 = \"close\"\n";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "a" + std::to_string(i - 1);
    lets += "let.a" + std::to_string(i) + " = \"" + before + " + " + before + "\"\n";
  }
  EXPECT_THAT(error_of(with(kSample, "entry_long", lets + "entry_long")),
              testing::HasSubstr("more than 1024 terms"));
}

}  // namespace
}  // namespace mendel::strategy

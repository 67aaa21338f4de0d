#include "shared/strategy/explanation.hpp"

#include <gtest/gtest.h>

#include "tests/unit/strategy/samples.hpp"

namespace mendel::strategy {
namespace {

std::vector<std::string> texts(const std::vector<ExplainedTerm>& terms) {
  std::vector<std::string> list;
  for (const ExplainedTerm& term : terms) list.push_back(term.text);
  return list;
}

TEST(Explanation, ListsEachColumnAndPredicateOnce) {
  const Experiment e = read(with_entry(
      "crossover(ema(close, fast), sma(close, 9)) and not sma(close, 9) > close or fast > 3"));
  const Explanation explanation = explain(e);
  EXPECT_EQ(texts(explanation.columns),
            (std::vector<std::string>{"ema(close, fast)", "sma(close, 9)"}));
  EXPECT_EQ(texts(explanation.predicates),
            (std::vector<std::string>{"crossover(ema(close, fast), sma(close, 9))",
                                      "sma(close, 9) > close", "close < fast"}));
  EXPECT_EQ(explanation.columns[0].variants, 19u);
  EXPECT_EQ(explanation.columns[1].variants, 1u);
}

TEST(Explanation, CountsWhatAPopulationShares) {
  const Experiment e = read(with_entry("ema(close, fast) > sma(close, 9)"));
  const Sharing sharing = sharing_of(e, explain(e), {{5}, {5}, {7}});
  EXPECT_EQ(sharing.columns, 6u);
  EXPECT_EQ(sharing.distinct_columns, 3u);
  EXPECT_EQ(sharing.predicates, 6u);
  EXPECT_EQ(sharing.distinct_predicates, 4u);
}

TEST(Explanation, OneColumnThatTwoGenesReachIsShared) {
  const std::string text = with(with_entry("ema(close, fast) > ma(kind, close, slow)"), "[genes]",
                                "[genes]\nkind = { choice = [\"sma\", \"ema\"] }\n"
                                "slow = { int = [5, 50] }");
  const Experiment e = read(text);
  // fast, kind, slow: the slow one of the first genome is the fast one of the second.
  const Sharing sharing = sharing_of(e, explain(e), {{5, 1, 8}, {8, 0, 9}});
  EXPECT_EQ(sharing.distinct_columns, 3u);
}

}  // namespace
}  // namespace mendel::strategy

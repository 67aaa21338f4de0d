#include "topology/mendel/findings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Findings, AreAsBadAsTheWorstOfThem) {
  EXPECT_EQ(verdict_of({}), Outcome::pass);
  EXPECT_EQ(verdict_of({{"a", Outcome::pass, "", ""}, {"b", Outcome::warn, "", ""}}),
            Outcome::warn);
  EXPECT_EQ(verdict_of({{"a", Outcome::fail, "", ""}, {"b", Outcome::warn, "", ""}}),
            Outcome::fail);
}

TEST(Findings, AsJsonCarryEachCheckAndTheVerdict) {
  EXPECT_EQ(config::to_json(findings_value({{"tls", Outcome::warn, "sslmode=require", "do"}})),
            R"({"checks":[{"name":"tls","status":"warn","measured":"sslmode=require",)"
            R"("advice":"do"}],"verdict":"warn"})");
}

TEST(Findings, AsTextAdviseOnlyWhereSomethingIsToBeDone) {
  const std::string text = findings_text(
      {{"tls", Outcome::pass, "fine", "unseen"}, {"pooling", Outcome::fail, "2 of 4", "raise it"}});
  EXPECT_THAT(text, HasSubstr("-> raise it"));
  EXPECT_THAT(text, Not(HasSubstr("unseen")));
  EXPECT_THAT(text, HasSubstr("verdict: fail (1 passed, 0 to look at, 1 failed)"));
}

}  // namespace
}  // namespace mendel::cli

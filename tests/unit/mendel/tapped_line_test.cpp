#include "topology/mendel/tapped_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/config/value.hpp"

namespace mendel::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

runtime::TapListener::Tapped tapped_query() {
  wire::Query query;
  query.query_id = "q1";
  query.keys.resize(3);
  return {"copy.queries.ga_dispatcher.", wire::Message(query)};
}

TEST(TappedLine, ListensToWhatAStageSaysAndSends) {
  EXPECT_THAT(*tap_prefixes("evaluator"),
              ElementsAre("stat.evaluator.", "copy.credits.evaluator.", "copy.scores.evaluator."));
  EXPECT_THAT(*tap_prefixes("scores"), ElementsAre("copy.scores."));
  EXPECT_THAT(*tap_prefixes(""), ElementsAre(""));
}

TEST(TappedLine, SuggestsTheNearestStageOrEdge) {
  const auto refused = tap_prefixes("score");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("did you mean 'scores'"));
}

TEST(TappedLine, IsOneLineOfTextWithPlainFieldsAndLengthsOfLists) {
  const std::string line = tapped_text(tapped_query());
  EXPECT_THAT(line, HasSubstr("copy.queries.ga_dispatcher."));
  EXPECT_THAT(line, HasSubstr("query_id=q1"));
  EXPECT_THAT(line, HasSubstr("keys=[3]"));
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST(TappedLine, HasNoControlCharacters) {
  wire::Request request;
  request.name = "\x1b[31mred";
  const std::string line = tapped_text({"copy.requests.\x1b.", wire::Message(request)});
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_THAT(line, HasSubstr("name=?[31mred"));
}

TEST(TappedLine, IsOneJsonObjectWithItsTopic) {
  const auto document = config::parse_json(tapped_json(tapped_query()), "line");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->find("topic")->as_text(), "copy.queries.ga_dispatcher.");
  EXPECT_EQ(document->find("message")->as_text(), "query");
}

TEST(TappedLine, ShowsAFrameThatCannotBeDecodedAsAnError) {
  const runtime::TapListener::Tapped broken{"copy.bars.ingestor.", transient_error("frame: no")};
  EXPECT_THAT(tapped_text(broken), HasSubstr("error=frame: no"));
  EXPECT_THAT(tapped_json(broken), HasSubstr("\"error\":\"frame: no\""));
}

}  // namespace
}  // namespace mendel::cli

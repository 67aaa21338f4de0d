#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/config/value.hpp"
#include "shared/wire/codec.hpp"
#include "tests/unit/wire/samples.hpp"

namespace mendel::wire {
namespace {

using testing::HasSubstr;

TEST(Json, NamesTheMessageAndItsFields) {
  const std::string json = to_json(sample_messages()[6]);
  EXPECT_THAT(json, HasSubstr(R"({"message":"score_batch","evaluator":"ev","scores":[{"key":")"));
  EXPECT_THAT(json, HasSubstr(R"("born_at":"2019-10-17T09:00:00Z")"));
  EXPECT_THAT(json, HasSubstr(R"("profit_factor":null)"));
}

TEST(Json, IsOneValidLineForEveryMessage) {
  for (const Message& message : sample_messages()) {
    const std::string json = to_json(message);
    EXPECT_EQ(json.find('\n'), std::string::npos);
    EXPECT_TRUE(config::parse_json(json, "test")) << json;
  }
}

}  // namespace
}  // namespace mendel::wire

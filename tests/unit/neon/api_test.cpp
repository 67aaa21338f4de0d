#include "shared/neon/api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <numeric>

#include "tests/support/neon_service.hpp"
#include "tests/support/scratch_folder.hpp"

namespace mendel::neon {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kTimeoutMs = 300;

class NeonApi : public ::testing::Test {
 protected:
  Api api(const std::string& key = testing::kNeonKey) {
    return {{service.url(), key, testing::kNeonProject},
            http::open_client(kTimeoutMs),
            [this](std::int64_t ms) { slept.push_back(ms); }};
  }
  static config::Value body() {
    config::Value endpoint;
    endpoint.set("suspend_timeout_seconds", -1);
    config::Value body;
    body.set("endpoint", std::move(endpoint));
    return body;
  }
  testing::NeonService service;
  std::vector<std::int64_t> slept;
};

constexpr const char* kEndpoint = "/endpoints/ep-cool-forest-1";

TEST_F(NeonApi, ReadsTheProject) {
  const auto project = api().read("");
  ASSERT_TRUE(project) << project.error().message;
  EXPECT_EQ(project->find_path("project.name")->as_text(), "prices");
}

TEST_F(NeonApi, AChangeReturnsWhenItsOperationHasFinished) {
  service.play({{}, 3, "finished"});
  ASSERT_TRUE(api().change("PATCH", kEndpoint, body()));
  EXPECT_THAT(service.asked(), ElementsAre(HasSubstr("PATCH"), "GET /operations/op-1",
                                           "GET /operations/op-1", "GET /operations/op-1"));
  EXPECT_THAT(slept, ElementsAre(kPollMs, kPollMs, kPollMs));
}

TEST_F(NeonApi, AnOperationThatFailedIsAnError) {
  service.play({{}, 1, "failed"});
  const auto changed = api().change("PATCH", kEndpoint, body());
  ASSERT_FALSE(changed);
  EXPECT_THAT(changed.error().message, HasSubstr("op-1 (apply_config) failed"));
}

TEST_F(NeonApi, AnOperationThatNeverEndsIsGivenUp) {
  service.play({{}, 1'000'000, "finished"});
  const auto changed = api().change("PATCH", kEndpoint, body());
  ASSERT_FALSE(changed);
  EXPECT_THAT(changed.error().message, HasSubstr("is still running"));
  EXPECT_EQ(std::accumulate(slept.begin(), slept.end(), std::int64_t{0}), kOperationMsMax);
}

TEST_F(NeonApi, AChangeIsTriedAgainAfter423And503) {
  service.play({{{423, R"({"message":"locked"})", "", false}, {503, "", "", false}}});
  ASSERT_TRUE(api().change("PATCH", kEndpoint, body()));
  EXPECT_THAT(slept, ElementsAre(kRetryMsFirst, 2 * kRetryMsFirst));
}

TEST_F(NeonApi, AChangeIsNotTriedAgainAfter429Or500) {
  for (const int status : {429, 500, 502}) {
    service.play({{{status, R"({"message":"no"})", "", false}}});
    const auto changed = api().change("PATCH", kEndpoint, body());
    ASSERT_FALSE(changed) << status;
    EXPECT_EQ(changed.error().kind, ErrorKind::transient) << status;
    EXPECT_THAT(changed.error().message, HasSubstr("(no)")) << status;
  }
  EXPECT_EQ(service.asked().size(), 3U);
}

TEST_F(NeonApi, AChangeThatGotNoAnswerMayHaveBeenMade) {
  service.play({{{0, "", "", true}}});
  const auto changed = api().change("PATCH", kEndpoint, body());
  ASSERT_FALSE(changed);
  EXPECT_THAT(changed.error().message, HasSubstr("it may have been done"));
  EXPECT_EQ(service.asked().size(), 1U);
}

TEST_F(NeonApi, ReadingIsTriedAgainAfterSilenceTooManyRequestsAndTrouble) {
  service.play({{{0, "", "", true}, {429, "", "Retry-After: 7\r\n", false}, {500, "", "", false}}});
  ASSERT_TRUE(api().read(""));
  EXPECT_THAT(slept, ElementsAre(kRetryMsFirst, 7000, 4 * kRetryMsFirst));
}

TEST_F(NeonApi, ReadingIsGivenUpAfterAMinute) {
  service.play({std::deque<testing::ServedResponse>(100, {503, "", "", false})});
  const auto project = api().read("");
  ASSERT_FALSE(project);
  EXPECT_THAT(project.error().message, HasSubstr("HTTP 503"));
  EXPECT_LE(std::accumulate(slept.begin(), slept.end(), std::int64_t{0}), kRetryMsAll);
}

TEST_F(NeonApi, AWrongKeyFailsAtOnceAndIsNotShown) {
  const auto project = api("another_key").read("");
  ASSERT_FALSE(project);
  EXPECT_THAT(project.error().message,
              AllOf(HasSubstr("NEON_API_KEY"), Not(HasSubstr("another_key"))));
  EXPECT_EQ(project.error().kind, ErrorKind::configuration);
  EXPECT_TRUE(slept.empty());
}

TEST_F(NeonApi, WhatASillyServerSaysHasNoKeyInIt) {
  service.play({{{400, std::string(R"({"message":"your key )") + testing::kNeonKey + " is\\nodd\"}",
                  "", false}}});
  const auto project = api().read("");
  ASSERT_FALSE(project);
  EXPECT_THAT(project.error().message, AllOf(HasSubstr("your key *** is"), Not(HasSubstr("\n"))));
}

TEST_F(NeonApi, WhatIsNotJsonIsRefused) {
  service.play({{{200, "<html>", "", false}}});
  EXPECT_FALSE(api().read(""));
}

TEST_F(NeonApi, NobodyListeningIsAnErrorThatNamesTheAddress) {
  Api api({"http://127.0.0.1:1", "key", "p"}, http::open_client(kTimeoutMs), [](std::int64_t) {});
  const auto project = api.read("");
  ASSERT_FALSE(project);
  EXPECT_THAT(project.error().message, HasSubstr("http://127.0.0.1:1/projects/p"));
}

TEST_F(NeonApi, ListsAreReadToTheirEnd) {
  config::Value branch;
  branch.set("name", "try");
  config::Value body;
  body.set("branch", std::move(branch));
  ASSERT_TRUE(api().change("POST", "/branches", body));
  const auto branches = api().read_all("/branches", "branches");
  ASSERT_TRUE(branches);
  EXPECT_EQ(branches->size(), 2U);
}

class NeonAccess : public ::testing::Test {
 protected:
  NeonAccess() {
    for (const char* name : {kKeyVariable, kKeyFileVariable, kUrlVariable, kProjectVariable})
      unsetenv(name);
  }
  ~NeonAccess() override {
    for (const char* name : {kKeyVariable, kKeyFileVariable, kUrlVariable, kProjectVariable})
      unsetenv(name);
  }
};

TEST_F(NeonAccess, TheKeyComesFromAFileOrTheEnvironment) {
  const testing::ScratchFolder folder;
  std::ofstream(folder.path() + "/key") << "from_a_file\n";
  setenv(kKeyFileVariable, (folder.path() + "/key").c_str(), 1);
  setenv(kProjectVariable, "p-1", 1);
  auto access = read_access("");
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->key, "from_a_file");
  EXPECT_EQ(access->project, "p-1");
  EXPECT_EQ(access->url, kUrl);
  setenv(kKeyVariable, "from_the_environment", 1);
  EXPECT_EQ(read_access("p-2")->key, "from_the_environment");
}

TEST_F(NeonAccess, WhatIsMissingIsNamed) {
  EXPECT_THAT(read_access("").error().message, HasSubstr(kProjectVariable));
  EXPECT_THAT(read_access("p").error().message, HasSubstr(kKeyFileVariable));
}

TEST_F(NeonAccess, TheKeyGoesOverTlsOrStaysHere) {
  setenv(kKeyVariable, "key", 1);
  for (const char* url : {"http://neon.example/api", "http://127.0.0.1.example/x", "ftp://x",
                          "http://localhost:x@127.0.0.2/"}) {
    setenv(kUrlVariable, url, 1);
    EXPECT_FALSE(read_access("p")) << url;
  }
  for (const char* url : {"https://neon.example/api/", "http://127.0.0.1:80/x"}) {
    setenv(kUrlVariable, url, 1);
    EXPECT_TRUE(read_access("p")) << url;
  }
}

}  // namespace
}  // namespace mendel::neon

#include "stages/monitor/webhook.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/support/http_server.hpp"

namespace mendel::monitor {
namespace {

// Until what another thread does is done.
template <class Condition>
void await(const Condition& condition) {
  for (int i = 0; i < 10'000 && !condition(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(condition());
}

TEST(Webhook, PostsEachDocumentOnceAndInOrder) {
  testing::HttpServer server([](const auto&) { return testing::ServedResponse{}; });
  Webhook webhook(server.url() + "/hook", http::open_client(1000), 1);
  for (const char* json : {"1", "2", "3"}) webhook.post(json);
  await([&] { return webhook.counts().posted == 3; });
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(requests[i].method, "POST");
    EXPECT_EQ(requests[i].path, "/hook");
    EXPECT_EQ(requests[i].body, std::to_string(i + 1));
  }
}

TEST(Webhook, TriesAgainWhatMayPassAndDropsWhatIsRefused) {
  std::atomic<int> number = 0;
  testing::HttpServer server([&](const auto&) {
    const int i = number++;
    return testing::ServedResponse{i == 0 ? 503 : (i == 1 ? 429 : (i == 2 ? 200 : 400)), "", "",
                                   false};
  });
  Webhook webhook(server.url(), http::open_client(1000), 1);
  webhook.post("passes");
  webhook.post("refused");
  await([&] { return webhook.counts().posted == 1 && webhook.counts().dropped == 1; });
  EXPECT_EQ(webhook.counts().failed, 3U);
  EXPECT_EQ(server.requests().size(), 4U);
}

TEST(Webhook, EndsAtOnceWhileNobodyAnswers) {
  Webhook webhook("http://127.0.0.1:1/hook", http::open_client(1000), 60'000);
  webhook.post("{}");
  await([&] { return webhook.counts().failed > 0; });
}  // and does not wait a minute here

TEST(Webhook, KeepsABoundedNumber) {
  Webhook webhook("http://127.0.0.1:1/hook", http::open_client(1000), 60'000);
  for (std::size_t i = 0; i < 2 * kWaitingMax; ++i) webhook.post("{}");
  await([&] { return webhook.counts().dropped >= kWaitingMax - 1; });
}

TEST(Webhook, AnAddressIsHttpWithAHost) {
  for (const char* url : {"https://alerts.example/hook?x=1", "http://127.0.0.1:9093/"})
    EXPECT_TRUE(check_webhook(url)) << url;
  for (const char* url :
       {"", "alerts.example", "ftp://x/", "http://", "https://:80/", "http://a b/", "http://a\n/"})
    EXPECT_FALSE(check_webhook(url)) << url;
}

}  // namespace
}  // namespace mendel::monitor

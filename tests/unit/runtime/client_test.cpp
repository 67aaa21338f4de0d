#include "shared/runtime/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <time.h>

#include <atomic>
#include <thread>

#include "shared/runtime/loop.hpp"
#include "shared/runtime/tap.hpp"
#include "shared/wire/codec.hpp"
#include "tests/unit/runtime/pipeline_folder.hpp"

namespace mendel::runtime {
namespace {

// Takes the place of ga_dispatcher: answers every request but the first, as if that was lost.
class Answering : public Stage {
 public:
  void receive(Delivery delivery, Now, Outbox& out) override {
    const auto* request = std::get_if<wire::Request>(&delivery.message);
    if (request == nullptr || ++requests_ == 1) return;
    wire::Progress progress;
    progress.run = "run";
    progress.generation = 3;
    out.publish(Edge::progress, "progress.run.", progress);
    wire::Reply reply;
    reply.request_id = request->request_id;
    reply.body = "{\"echo\":\"" + request->action + "\"}";
    out.publish(Edge::progress, "reply." + request->request_id + ".", reply);
  }
  int work(Now, Outbox&) override { return 0; }

 private:
  int requests_ = 0;
};

TEST(Client, ResendsUntilItsReplyComesAndPassesProgressOn) {
  PipelineFolder folder;
  const wiring::Topology topology = folder.topology();
  std::atomic<bool> stop = false;
  std::thread dispatcher([&] {
    Answering stage;
    Board board({"ga_dispatcher", "life", "here"});
    auto loop = Loop::open(stage, board, topology);
    check(static_cast<bool>(loop), loop ? "" : loop.error().message);
    while (!stop) (*loop)->turn();
  });
  Result<Client> client = Client::open(topology);
  ASSERT_TRUE(client);
  wire::Request request;
  request.action = "list";
  const Result<wire::Reply> reply = client->ask(request, 10'000);
  const std::optional<wire::Progress> progress = client->next_progress(10'000);
  stop = true;
  dispatcher.join();
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->body, "{\"echo\":\"list\"}");
  ASSERT_TRUE(progress);
  EXPECT_EQ(progress->generation, 3);
}

TEST(Client, SaysHowToStartAPipelineWhenNobodyAnswers) {
  PipelineFolder folder;
  Result<Client> client = Client::open(folder.topology());
  ASSERT_TRUE(client);
  const Result<wire::Reply> reply = client->ask({}, 50);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, ErrorKind::transient);
  EXPECT_THAT(reply.error().message, ::testing::HasSubstr("mendel up"));
}

// Of this thread.
std::int64_t processor_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

TEST(Client, SleepsWhileNobodyAnswers) {
  PipelineFolder folder;
  Result<Client> client = Client::open(folder.topology());
  ASSERT_TRUE(client);
  const std::int64_t before = processor_ms();
  EXPECT_FALSE(client->ask({}, 2'000));
  EXPECT_LT(processor_ms() - before, 500);
}

TEST(Client, WaitsNoLongerThanSomebodyIsThere) {
  PipelineFolder folder;
  Result<Client> client = Client::open(folder.topology());
  ASSERT_TRUE(client);
  int asked = 0;
  const std::int64_t before_ns = read_clocks().monotonic_ns;
  EXPECT_FALSE(client->ask({}, 60'000, [&] { return ++asked < 2; }));
  EXPECT_EQ(asked, 2);
  EXPECT_LT(read_clocks().monotonic_ns - before_ns, 30 * kNsPerSecond);
}

TEST(TapListener, CountsWhatWasDroppedBeforeIt) {
  PipelineFolder folder;
  const wiring::Topology topology = folder.topology();
  sockets::Context context;
  auto out = sockets::Socket::open(
      context, {sockets::Kind::xpub, "taps", topology.setting("taps.out"), true});
  ASSERT_TRUE(out);
  Result<TapListener> listener = TapListener::open(topology, {"copy."});
  ASSERT_TRUE(listener);
  ASSERT_TRUE(until([&] { return out->subscription().has_value(); }, [&] { listener->next(1); }));
  const std::string frame = wire::encode(wire::Message(wire::Query{}));
  for (const std::uint64_t sequence : {5, 6, 9}) {
    out->send("copy.queries.ga_dispatcher.", frame, encode_mark({"life", sequence}));
  }
  out->send("copy.queries.ga_dispatcher.", "garbage", encode_mark({"another life", 1}));
  for (int i = 0; i < 3; ++i) {
    const auto tapped = listener->next(10'000);
    ASSERT_TRUE(tapped);
    EXPECT_TRUE(tapped->message);
    EXPECT_EQ(tapped->topic, "copy.queries.ga_dispatcher.");
  }
  const auto broken = listener->next(10'000);
  ASSERT_TRUE(broken);
  EXPECT_FALSE(broken->message);
  EXPECT_EQ(listener->dropped(), 2u);
  EXPECT_FALSE(listener->next(1));
}

}  // namespace
}  // namespace mendel::runtime

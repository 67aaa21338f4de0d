#include "shared/runtime/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/wire/codec.hpp"
#include "tests/unit/runtime/pipeline_folder.hpp"

namespace mendel::runtime {
namespace {

// Records what the loop hands to it, and sends what the test asks for.
class FakeStage : public Stage {
 public:
  void receive(Delivery delivery, Now, Outbox& out) override {
    if (const auto* batch = std::get_if<wire::BarBatch>(&delivery.message)) {
      wire::Receipt receipt;
      receipt.incarnation = batch->incarnation;
      receipt.stored_through = batch->sequence;
      out.publish(Edge::receipts, "receipt." + batch->incarnation + ".", receipt);
    }
    received.push_back(std::move(delivery));
  }
  void subscription(Edge, const std::string& topic, bool has_joined, Now, Outbox&) override {
    (has_joined ? joined : left).push_back(topic);
  }
  int work(Now, Outbox& out) override {
    for (Outgoing& outgoing : to_send) out.messages().push_back(std::move(outgoing));
    to_send.clear();
    return 0;
  }
  bool wants(Edge) const override { return hungry; }
  void backlog(Edge edge, std::size_t messages) override {
    if (edge == Edge::bars) bars_backlog = messages;
  }
  std::vector<std::string> topics(Edge) const override { return {"receipt.me."}; }
  Readiness readiness() const override { return {false, "no peers"}; }
  void samples(std::vector<wire::Sample>& out) const override { out.push_back({"mood", "", 7}); }
  void stop(Now, Outbox&) override { stopped = true; }
  bool drained() const override { return dry; }

  std::vector<Delivery> received;
  std::vector<std::string> joined;
  std::vector<std::string> left;
  std::vector<Outgoing> to_send;
  std::size_t bars_backlog = 0;
  bool hungry = true;
  bool stopped = false;
  bool dry = true;
};

wire::BarBatch batch(std::uint64_t sequence) {
  wire::BarBatch message;
  message.incarnation = "me";
  message.sequence = sequence;
  return message;
}

class LoopTest : public ::testing::Test {
 protected:
  // A process of the pipeline, turned by hand.
  struct Process {
    explicit Process(const std::string& stage_name, const wiring::Topology& topology)
        : board({stage_name, stage_name + "_life", "here"}) {
      auto opened = Loop::open(stage, board, topology);
      check(static_cast<bool>(opened), opened ? "" : opened.error().message);
      loop = std::move(*opened);
    }
    FakeStage stage;
    Board board;
    std::unique_ptr<Loop> loop;
  };

  std::unique_ptr<Process> start(const std::string& stage) {
    return std::make_unique<Process>(stage, topology_);
  }
  sockets::Socket socket(sockets::Kind kind, Edge edge, bool bind) {
    const wiring::EdgeWiring& wiring = topology_.edge(edge);
    auto opened = sockets::Socket::open(context_, {kind, "test", wiring.endpoint, bind});
    check(static_cast<bool>(opened), opened ? "" : opened.error().message);
    return std::move(*opened);
  }

  PipelineFolder folder_;
  wiring::Topology topology_ = folder_.topology();
  sockets::Context context_;
};

TEST_F(LoopTest, CarriesMessagesBetweenStagesAndTheirAnswersBack) {
  const auto loader = start("data_loader");
  const auto ingestor = start("ingestor");
  // A publisher's first messages reach only readers that have joined.
  ASSERT_TRUE(until([&] { return !loader->stage.joined.empty(); },
                    [&] {
                      loader->loop->turn(1);
                      ingestor->loop->turn(1);
                    }));
  EXPECT_EQ(loader->stage.joined.front(), "receipt.me.");
  ingestor->stage.to_send.push_back({Edge::bars, "", batch(1)});
  ingestor->stage.to_send.push_back({Edge::bars, "", batch(2)});
  ASSERT_TRUE(until([&] { return ingestor->stage.received.size() == 2; },
                    [&] {
                      loader->loop->turn(1);
                      ingestor->loop->turn(1);
                    }));
  EXPECT_EQ(ingestor->stage.received[1].topic, "receipt.me.");
  EXPECT_EQ(std::get<wire::Receipt>(ingestor->stage.received[1].message).stored_through, 2u);
  EXPECT_EQ(loader->loop->port(Edge::bars).counters().in, 2u);
  EXPECT_EQ(ingestor->loop->port(Edge::bars).counters().out, 2u);
}

TEST_F(LoopTest, CountsAndDropsBadFrames) {
  const auto loader = start("data_loader");
  sockets::Socket stranger = socket(sockets::Kind::push, Edge::bars, false);
  const std::string foreign = wire::encode(wire::Message(wire::Query{}));
  std::vector<std::string> frames = {"", "garbage", std::string(1000, '\xff'), foreign,
                                     wire::encode(wire::Message(batch(1)))};
  std::size_t sent = 0;
  ASSERT_TRUE(until([&] { return !loader->stage.received.empty(); },
                    [&] {
                      if (sent < frames.size() && stranger.send("", frames[sent])) ++sent;
                      loader->loop->turn(1);
                    }));
  EXPECT_EQ(loader->loop->port(Edge::bars).counters().bad, 4u);
  EXPECT_EQ(loader->loop->port(Edge::bars).counters().in, 1u);
}

TEST_F(LoopTest, KeepsABoundedNumberOfMessagesForAPeerThatIsAwayAndTellsTheStage) {
  const auto ingestor = start("ingestor");
  const std::size_t mark = static_cast<std::size_t>(topology_.edge(Edge::bars).high_water_mark);
  for (std::size_t i = 1; i <= mark + 10; ++i) {
    ingestor->stage.to_send.push_back({Edge::bars, "", batch(i)});
  }
  ingestor->loop->turn(0);
  ingestor->loop->turn(0);
  EXPECT_EQ(ingestor->stage.bars_backlog, mark);
  EXPECT_EQ(ingestor->loop->port(Edge::bars).counters().dropped, 10u);

  const auto loader = start("data_loader");
  ASSERT_TRUE(until([&] { return loader->stage.received.size() == mark; },
                    [&] {
                      ingestor->loop->turn(1);
                      loader->loop->turn(1);
                    }));
  EXPECT_EQ(std::get<wire::BarBatch>(loader->stage.received.front().message).sequence, 11u);
  EXPECT_EQ(ingestor->loop->port(Edge::bars).backlog(), 0u);
}

TEST_F(LoopTest, DoesNotReadAnEdgeThatTheStageDoesNotWant) {
  const auto loader = start("data_loader");
  const auto ingestor = start("ingestor");
  loader->stage.hungry = false;
  ingestor->stage.to_send.push_back({Edge::bars, "", batch(1)});
  ASSERT_TRUE(until([&] { return ingestor->loop->port(Edge::bars).counters().out == 1; },
                    [&] {
                      loader->loop->turn(1);
                      ingestor->loop->turn(1);
                    }));
  for (int i = 0; i < 20; ++i) loader->loop->turn(1);
  EXPECT_TRUE(loader->stage.received.empty());
  loader->stage.hungry = true;
  EXPECT_TRUE(
      until([&] { return !loader->stage.received.empty(); }, [&] { loader->loop->turn(1); }));
}

TEST_F(LoopTest, ShowsItsCountersAndCopiesOnTheTapWhileSomebodyListens) {
  sockets::Socket monitor = socket(sockets::Kind::xsub, Edge::taps, true);
  monitor.subscribe("stat.");
  monitor.subscribe("copy.bars.");
  const auto ingestor = start("ingestor");
  std::vector<sockets::Frame> copies;
  std::vector<sockets::Frame> stats;
  ASSERT_TRUE(until([&] { return copies.size() >= 2 && stats.size() >= 2; },
                    [&] {
                      ingestor->stage.to_send.push_back({Edge::bars, "", batch(1)});
                      ingestor->loop->turn(5);
                      while (auto frame = monitor.receive()) {
                        (frame->topic.starts_with("stat.") ? stats : copies).push_back(*frame);
                      }
                    }));
  EXPECT_EQ(copies[0].topic, "copy.bars.ingestor.");
  const auto first = decode_mark(copies[0].trailer);
  const auto second = decode_mark(copies[1].trailer);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->sender, "ingestor_life");
  EXPECT_EQ(second->sequence, first->sequence + 1);
  const auto stat = wire::decode(stats.back().bytes);
  ASSERT_TRUE(stat) << stat.error().message;
  EXPECT_EQ(stats.back().topic, "stat.ingestor.");
  EXPECT_EQ(std::get<wire::Stat>(*stat).reason, "no peers");
  bool counted = false;
  for (const wire::Sample& sample : std::get<wire::Stat>(*stat).samples) {
    counted =
        counted || (sample.name == "messages_dropped_total" && sample.labels == "edge=\"bars\"");
  }
  EXPECT_TRUE(counted);
}

TEST_F(LoopTest, SaysWhatItsProcessTakesOfTheMachine) {
  const auto ingestor = start("ingestor");
  ingestor->loop->turn(0);
  const std::string body = ingestor->board.answer("/readyz").body;
  EXPECT_THAT(body, ::testing::HasSubstr("\"process_cpu_seconds_total\":"));
  EXPECT_THAT(body, ::testing::HasSubstr("\"process_resident_memory_bytes\":"));
}

TEST_F(LoopTest, SaysOnTheBoardWhyItIsNotReady) {
  const auto ingestor = start("ingestor");
  EXPECT_THAT(ingestor->board.answer("/readyz").body, ::testing::HasSubstr("starting"));
  ingestor->loop->turn(0);
  const telemetry::Response ready = ingestor->board.answer("/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_THAT(ready.body, ::testing::HasSubstr("\"reason\":\"no peers\""));
  EXPECT_THAT(ready.body, ::testing::HasSubstr("\"mood\":7"));
  EXPECT_EQ(ingestor->board.answer("/healthz").status, 200);
}

TEST_F(LoopTest, ALoopThatHangsIsNotHealthy) {
  Board board({"evaluator", "life", "here"});
  board.progress(read_clocks().monotonic_ns - kStalledNs - kNsPerSecond);
  const telemetry::Response health = board.answer("/healthz");
  EXPECT_EQ(health.status, 503);
  EXPECT_THAT(health.body, ::testing::HasSubstr("made no turn for 31 s"));
}

TEST_F(LoopTest, StopsWhenTheStageHasDrained) {
  const auto ingestor = start("ingestor");
  ingestor->stage.dry = false;
  ingestor->loop->turn(0);
  EXPECT_FALSE(ingestor->loop->finished());
  ingestor->loop->request_stop();
  EXPECT_TRUE(ingestor->stage.stopped);
  EXPECT_FALSE(ingestor->loop->finished());
  ingestor->stage.dry = true;
  EXPECT_TRUE(ingestor->loop->finished());
}

TEST_F(LoopTest, ASecondRequestStopsAtOnce) {
  const auto ingestor = start("ingestor");
  ingestor->stage.dry = false;
  ingestor->loop->request_stop();
  ingestor->loop->request_stop();
  EXPECT_TRUE(ingestor->loop->finished());
}

TEST_F(LoopTest, RefusesToBindWhatALivingProcessHolds) {
  const auto loader = start("data_loader");
  FakeStage stage;
  Board board({"data_loader", "second", "here"});
  const auto second = Loop::open(stage, board, topology_);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, ::testing::HasSubstr("edge bars"));
}

}  // namespace
}  // namespace mendel::runtime

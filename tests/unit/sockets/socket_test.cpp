#include "shared/sockets/socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "shared/sockets/poller.hpp"

namespace mendel::sockets {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kPatienceMs = 10'000;

class SocketTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/mendel_sockets_XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    folder_ = folder;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string ipc(const std::string& name) const { return "ipc://" + folder_ + "/" + name; }

  Socket open(Kind kind, const std::string& endpoint, bool bind, int mark = 1000,
              bool verbose = false) {
    Result<Socket> socket = Socket::open(context_, {kind, "scores", endpoint, bind, mark, verbose});
    check(static_cast<bool>(socket), socket ? "" : socket.error().message);
    return std::move(*socket);
  }

  bool wait_readable(Socket& socket) {
    Poller poller;
    poller.watch(socket, true, false);
    return poller.wait(kPatienceMs) > 0;
  }
  bool wait_writable(Socket& socket) {
    Poller poller;
    poller.watch(socket, false, true);
    return poller.wait(kPatienceMs) > 0;
  }

  Context context_;
  std::string folder_;
};

TEST_F(SocketTest, PushesToAPull) {
  Socket pull = open(Kind::pull, ipc("a"), true);
  Socket push = open(Kind::push, ipc("a"), false);
  ASSERT_TRUE(wait_writable(push));
  ASSERT_TRUE(push.send("ignored", "hello"));
  ASSERT_TRUE(wait_readable(pull));
  const std::optional<Frame> frame = pull.receive();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->bytes, "hello");
  EXPECT_EQ(frame->topic, "");
  EXPECT_TRUE(frame->well_formed);
  EXPECT_FALSE(pull.receive());
}

TEST_F(SocketTest, APushWithoutAPeerKeepsTheMessageWithTheSender) {
  Socket push = open(Kind::push, ipc("nobody"), false);
  EXPECT_FALSE(push.send("", "hello"));
}

TEST_F(SocketTest, APullThatDoesNotReadMakesThePushSayWouldBlock) {
  Socket pull = open(Kind::pull, "inproc://full", true, 4);
  Socket push = open(Kind::push, "inproc://full", false, 4);
  int taken = 0;
  while (taken < 1000 && push.send("", "x")) ++taken;
  EXPECT_GE(taken, 4);
  EXPECT_LE(taken, 16);
}

TEST_F(SocketTest, PublishesUnderATopicWithATrailer) {
  Socket xpub = open(Kind::xpub, ipc("p"), true);
  Socket sub = open(Kind::sub, ipc("p"), false);
  sub.subscribe("ev.1.");
  ASSERT_TRUE(wait_readable(xpub));
  const std::optional<SubscriptionEvent> joined = xpub.subscription();
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined->topic, "ev.1.");
  EXPECT_TRUE(joined->joined);
  EXPECT_TRUE(xpub.send("ev.10.", "not for us"));
  EXPECT_TRUE(xpub.send("ev.1.", "for us", "mark"));
  ASSERT_TRUE(wait_readable(sub));
  const std::optional<Frame> frame = sub.receive();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->topic, "ev.1.");
  EXPECT_EQ(frame->bytes, "for us");
  EXPECT_EQ(frame->trailer, "mark");
}

TEST_F(SocketTest, AVerbosePublisherHearsOfEveryJoinToTheSameTopic) {
  Socket xpub = open(Kind::xpub, ipc("v"), true, 1000, true);
  for (int reader = 0; reader < 2; ++reader) {
    Socket sub = open(Kind::sub, ipc("v"), false);
    sub.subscribe("recorded.");
    ASSERT_TRUE(wait_readable(xpub));
    const std::optional<SubscriptionEvent> event = xpub.subscription();
    ASSERT_TRUE(event);
    EXPECT_TRUE(event->joined);
    sub.close(0);
    ASSERT_TRUE(wait_readable(xpub));
    const std::optional<SubscriptionEvent> left = xpub.subscription();
    ASSERT_TRUE(left);
    EXPECT_FALSE(left->joined);
  }
}

TEST_F(SocketTest, AnXsubJoinsConnectingPublishersAndPassesSubscriptionsOn) {
  Socket xsub = open(Kind::xsub, ipc("taps"), true);
  xsub.subscribe("stat.");
  Socket xpub = open(Kind::xpub, ipc("taps"), false);
  // Both sides are polled, as a loop does: the XSUB subscribes when its thread polls it.
  Poller poller;
  const std::size_t publisher = poller.watch(xpub, true, false);
  poller.watch(xsub, true, false);
  for (int turn = 0; turn < 1000 && !poller.readable(publisher); ++turn) poller.wait(100);
  const std::optional<SubscriptionEvent> joined = xpub.subscription();
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined->topic, "stat.");
  EXPECT_TRUE(xpub.send("stat.evaluator.", "alive", "1"));
  ASSERT_TRUE(wait_readable(xsub));
  EXPECT_EQ(xsub.receive()->topic, "stat.evaluator.");
}

TEST_F(SocketTest, RefusesAnIpcPathThatALivingProcessAnswersOn) {
  Socket first = open(Kind::pull, ipc("held"), true);
  const Result<Socket> second = Socket::open(context_, {Kind::pull, "scores", ipc("held"), true});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::transient);
  EXPECT_THAT(second.error().message, HasSubstr("edge scores"));
  EXPECT_THAT(second.error().message, HasSubstr("in use"));
}

TEST_F(SocketTest, TakesOverAnIpcPathThatADeadProcessLeft) {
  const std::string path = folder_ + "/left";
  std::ofstream(path) << "stale";
  EXPECT_TRUE(Socket::open(context_, {Kind::pull, "scores", "ipc://" + path, true}));
}

TEST_F(SocketTest, RefusesATcpPortInUse) {
  Socket first = open(Kind::pull, "tcp://127.0.0.1:*", true);
  const Result<Socket> second =
      Socket::open(context_, {Kind::pull, "scores", first.endpoint(), true});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("in use"));
}

TEST_F(SocketTest, RefusesAnIpcPathInAFolderThatIsNotThere) {
  const Result<Socket> socket =
      Socket::open(context_, {Kind::pull, "scores", ipc("none/scores"), true});
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().kind, ErrorKind::configuration);
  EXPECT_THAT(socket.error().message, HasSubstr("[scores] in the topology"));
}

TEST_F(SocketTest, APollerAlsoWaitsForPlainDescriptors) {
  Socket pull = open(Kind::pull, ipc("q"), true);
  const int wake = eventfd(1, EFD_CLOEXEC);
  Poller poller;
  const std::size_t socket = poller.watch(pull, true, false);
  const std::size_t descriptor = poller.watch(wake);
  EXPECT_EQ(poller.wait(kPatienceMs), 1);
  EXPECT_FALSE(poller.readable(socket));
  EXPECT_TRUE(poller.readable(descriptor));
  ::close(wake);
}

}  // namespace
}  // namespace mendel::sockets

#include "shared/database/host.hpp"

#include <gtest/gtest.h>

namespace mendel::database {
namespace {

TEST(Hosts, PooledPutsItsWordBehindTheFirstLabel) {
  EXPECT_EQ(hosts_for(Mode::pooled, "ep-x-123.us-east-1.aws.neon.tech"),
            "ep-x-123-pooler.us-east-1.aws.neon.tech");
  EXPECT_EQ(hosts_for(Mode::pooled, "ep-x-123.c-2.us-east-1.aws.neon.tech"),
            "ep-x-123-pooler.c-2.us-east-1.aws.neon.tech");
}

TEST(Hosts, PooledTwiceIsPooledOnce) {
  const std::string once = hosts_for(Mode::pooled, "ep-x.c-2.aws.neon.tech");
  EXPECT_EQ(hosts_for(Mode::pooled, once), once);
}

TEST(Hosts, DirectTakesItAway) {
  EXPECT_EQ(hosts_for(Mode::direct, "ep-x-pooler.us-east-1.aws.neon.tech"),
            "ep-x.us-east-1.aws.neon.tech");
  EXPECT_EQ(hosts_for(Mode::direct, "ep-x.us-east-1.aws.neon.tech"),
            "ep-x.us-east-1.aws.neon.tech");
  EXPECT_EQ(hosts_for(Mode::direct, "ep-x.pg-pooler.example"), "ep-x.pg-pooler.example");
}

TEST(Hosts, AsIsChangesNothing) {
  EXPECT_EQ(hosts_for(Mode::as_is, "ep-x-pooler.neon.tech"), "ep-x-pooler.neon.tech");
}

TEST(Hosts, EveryHostOfAListIsEdited) {
  EXPECT_EQ(hosts_for(Mode::pooled, "a.neon.tech,b-pooler.neon.tech"),
            "a-pooler.neon.tech,b-pooler.neon.tech");
}

TEST(Hosts, SocketsAddressesAndPlainNamesHaveNoPooledTwin) {
  for (const char* host : {"", "/run/pg.d", "10.0.0.7", "::1", "localhost", "database"}) {
    EXPECT_EQ(hosts_for(Mode::pooled, host), host);
  }
}

TEST(Hosts, LocalIsThisMachineAlone) {
  for (const char* host : {"", "/run/pg", "@abstract", "localhost", "127.0.0.1", "127.1.2.3", "::1",
                           "localhost,127.0.0.1"}) {
    EXPECT_TRUE(is_local(host)) << host;
  }
  for (const char* host : {"db", "10.0.0.1", "127.example.org", "localhost,db"}) {
    EXPECT_FALSE(is_local(host)) << host;
  }
  EXPECT_TRUE(is_socket("/run/pg"));
  EXPECT_FALSE(is_socket("127.0.0.1"));
}

}  // namespace
}  // namespace mendel::database

#include "shared/database/transport.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

namespace mendel::database {
namespace {

using testing::HasSubstr;
using testing::Not;

class Transport : public testing::Test {
 protected:
  void SetUp() override { TearDown(); }
  void TearDown() override {
    for (const char* name : {"ENVIRONMENT", "PGHOST", "PGHOSTADDR", "PGSSLMODE", "PGSSLROOTCERT",
                             "PGCHANNELBINDING"}) {
      unsetenv(name);
    }
  }
  static DsnSettings settings(const std::string& text, Mode mode = Mode::as_is) {
    const auto parsed = parse_dsn({text, "/run/dsn", mode});
    EXPECT_TRUE(parsed) << parsed.error().message;
    return parsed ? *parsed : DsnSettings{};
  }
  static std::string refusal(const std::string& text) {
    const auto parsed = parse_dsn({text, "/run/dsn"});
    return parsed ? "" : parsed.error().message;
  }
};

TEST_F(Transport, BeyondThisMachineTheServerIsVerified) {
  const DsnSettings found = settings("postgresql://u:p@ep-x.neon.tech/d");
  EXPECT_EQ(found.get("sslmode"), "verify-full");
  EXPECT_EQ(found.get("sslrootcert"), "/etc/ssl/certs/ca-certificates.crt");
  EXPECT_EQ(found.get("channel_binding"), "require");
}

TEST_F(Transport, WhatTheStringSaysStays) {
  const DsnSettings plain = settings("host=db sslmode=disable");
  EXPECT_EQ(plain.get("sslmode"), "disable");
  EXPECT_EQ(plain.get("channel_binding"), "");
  const DsnSettings own = settings("host=db sslrootcert=/ca.pem channel_binding=prefer");
  EXPECT_EQ(own.get("sslmode"), "verify-full");
  EXPECT_EQ(own.get("sslrootcert"), "/ca.pem");
  EXPECT_EQ(own.get("channel_binding"), "prefer");
}

TEST_F(Transport, LibpqsVariablesCountToo) {
  setenv("PGSSLMODE", "disable", 1);
  EXPECT_EQ(settings("host=db").get("sslmode"), "");
  TearDown();
  setenv("PGHOST", "db", 1);
  EXPECT_EQ(settings("dbname=d").get("sslmode"), "verify-full");
}

TEST_F(Transport, ThisMachineIsLeftAlone) {
  for (const char* text : {"dbname=d", "host=/run/pg", "host=localhost", "host=127.0.0.1"}) {
    EXPECT_EQ(settings(text).get("sslmode"), "") << text;
    EXPECT_EQ(settings(text).get("sslrootcert"), "") << text;
  }
}

TEST_F(Transport, TheSystemsAuthoritiesAreABundleForAnOldLibpq) {
  EXPECT_EQ(settings("host=db sslmode=verify-full sslrootcert=system").get("sslrootcert"),
            "/etc/ssl/certs/ca-certificates.crt");
}

TEST_F(Transport, AnEditedHostDropsTheOtherNamesAddress) {
  const DsnSettings found = settings("host=ep-x.neon.tech hostaddr=10.0.0.1", Mode::pooled);
  EXPECT_EQ(found.get("host"), "ep-x-pooler.neon.tech");
  EXPECT_EQ(found.get("hostaddr"), "");
}

TEST_F(Transport, ProductionRefusesWhatIsNotVerifiedAndSaysWhatToChange) {
  setenv("ENVIRONMENT", "production", 1);
  for (const char* mode : {"disable", "allow", "prefer", "require", "verify-ca"}) {
    const std::string said = refusal(std::string("host=db password=hunter2 sslmode=") + mode);
    EXPECT_THAT(said, HasSubstr("/run/dsn"));
    EXPECT_THAT(said, HasSubstr(std::string("sslmode=") + mode));
    EXPECT_THAT(said, HasSubstr("change it to sslmode=verify-full"));
    EXPECT_THAT(said, Not(HasSubstr("hunter2")));
  }
  EXPECT_THAT(refusal("host=127.0.0.1"), HasSubstr("verify-full"));
}

TEST_F(Transport, ProductionLooksAtTheAddressThatIsConnectedTo) {
  for (const char* environment : {"production", "Production", "prod"}) {
    setenv("ENVIRONMENT", environment, 1);
    EXPECT_THAT(refusal("host=/tmp hostaddr=8.8.8.8 sslmode=require"), HasSubstr("verify-full"));
    EXPECT_THAT(refusal("service=elsewhere"), HasSubstr("host=… and sslmode=verify-full"));
  }
  EXPECT_EQ(settings("host=/tmp hostaddr=8.8.8.8").get("sslmode"), "verify-full");
}

TEST_F(Transport, ProductionTakesAVerifiedServerAndASocket) {
  setenv("ENVIRONMENT", "production", 1);
  EXPECT_EQ(refusal("postgresql://u:p@ep-x.neon.tech/d"), "");
  EXPECT_EQ(refusal("host=/run/pg"), "");
}

}  // namespace
}  // namespace mendel::database

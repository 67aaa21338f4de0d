#include "shared/database/failure.hpp"

#include <gtest/gtest.h>

namespace mendel::database {
namespace {

TEST(Failure, IsPermanentWhereOnlyAPersonCanHelp) {
  for (const char* code :
       {"28P01", "28000", "3D000", "42501", "42P01", "22003", "23505", "0A000"}) {
    EXPECT_EQ(classify(code, "", false), Failure::permanent) << code;
  }
}

TEST(Failure, RetriesATransactionThatLostARace) {
  for (const char* code : {"40001", "40P01", "55P03", "53300"}) {
    EXPECT_EQ(classify(code, "", false), Failure::retry) << code;
  }
}

TEST(Failure, ReconnectsWhenTheConnectionEnded) {
  for (const char* code : {"", "08006", "57P01", "57P02", "57P03", "XX000"}) {
    EXPECT_EQ(classify(code, "", true), Failure::reconnect) << code;
  }
}

TEST(Failure, BacksOffFromAFullServer) {
  EXPECT_EQ(classify("53100", "", false), Failure::resources);
  EXPECT_EQ(classify("53200", "", false), Failure::resources);
}

TEST(Failure, ReadsTheTextOfAProxyThatGivesOneCodeToEverything) {
  EXPECT_EQ(classify("XX000", "ERROR: password authentication failed for user", true),
            Failure::permanent);
  EXPECT_EQ(
      classify("XX000", "The requested endpoint could not be found: endpoint is disabled", true),
      Failure::permanent);
  EXPECT_EQ(classify("", "certificate verify failed", true), Failure::permanent);
  EXPECT_EQ(classify("", "could not translate host name", true), Failure::reconnect);
}

TEST(Failure, FindsTheCodeInAVerboseMessage) {
  EXPECT_EQ(sqlstate_in("connection to server at \"h\" (::1), port 5432 failed: FATAL:  28P01: "
                        "password authentication failed"),
            "28P01");
  EXPECT_EQ(sqlstate_in("could not translate host name \"h\" to address: Name unknown"), "");
}

TEST(Failure, OnlyPermanentOnesAreConfigurationErrors) {
  EXPECT_EQ(to_error(Failure::permanent, "x").kind, ErrorKind::configuration);
  EXPECT_EQ(to_error(Failure::retry, "x").kind, ErrorKind::transient);
  EXPECT_EQ(to_error(Failure::resources, "x").kind, ErrorKind::transient);
}

}  // namespace
}  // namespace mendel::database

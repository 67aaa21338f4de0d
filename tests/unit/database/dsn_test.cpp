#include "shared/database/dsn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace mendel::database {
namespace {

using testing::HasSubstr;
using testing::Not;

class DsnFile : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    unsetenv(kDsnVariable);
    unsetenv(kDsnFileVariable);
  }
  void TearDown() override {
    std::filesystem::remove_all(folder_);
    unsetenv(kDsnVariable);
    unsetenv(kDsnFileVariable);
  }
  std::string path() const { return folder_ + "/dsn"; }
  void write(const std::string& text) const { std::ofstream(path()) << text; }

  std::string folder_ = "/tmp/mendel-dsn-XXXXXX";
};

TEST_F(DsnFile, IsReadAnewAtEachConnection) {
  const DsnSource source(path());
  write("host=a\n");
  EXPECT_EQ(source.read()->text, "host=a");
  write("host=b\n");
  EXPECT_EQ(source.read()->text, "host=b");
  EXPECT_EQ(source.read()->origin, path());
}

TEST_F(DsnFile, GivesWayToTheVariableWhenItIsAbsent) {
  setenv(kDsnVariable, "host=from-env", 1);
  const auto dsn = DsnSource(path()).read();
  ASSERT_TRUE(dsn);
  EXPECT_EQ(dsn->text, "host=from-env");
  EXPECT_EQ(dsn->origin, kDsnVariable);
}

TEST_F(DsnFile, MayBeNamedByAVariableThatGoesBeforeTheText) {
  write("host=a\n");
  setenv(kDsnFileVariable, path().c_str(), 1);
  setenv(kDsnVariable, "host=from-env", 1);
  EXPECT_EQ(DsnSource("").read()->text, "host=a");
  write("host=rotated\n");
  EXPECT_EQ(DsnSource("").read()->text, "host=rotated");
  EXPECT_EQ(DsnSource(path() + ".absent").read()->origin, path());
}

TEST_F(DsnFile, AConnectionStringInPlaceOfAPathIsNotRepeated) {
  setenv(kDsnFileVariable, "postgresql://u:hunter2@h/d", 1);
  const auto dsn = DsnSource("").read();
  ASSERT_FALSE(dsn);
  EXPECT_THAT(dsn.error().message, HasSubstr(kDsnVariable));
  EXPECT_THAT(dsn.error().message, Not(HasSubstr("hunter2")));
}

TEST_F(DsnFile, TheModeGoesWithTheText) {
  write("host=ep-x.aws.neon.tech");
  EXPECT_EQ(parse_dsn(*DsnSource(path(), "pooled").read())->get("host"),
            "ep-x-pooler.aws.neon.tech");
  EXPECT_EQ(parse_dsn(*DsnSource(path()).read())->get("host"), "ep-x.aws.neon.tech");
  EXPECT_THAT(DsnSource(path(), "pool").check().error().message,
              HasSubstr("as-is, direct or pooled"));
}

TEST_F(DsnFile, AbsentWithoutVariableSaysWhatToSet) {
  const auto dsn = DsnSource(path()).read();
  ASSERT_FALSE(dsn);
  EXPECT_EQ(dsn.error().kind, ErrorKind::configuration);
  EXPECT_THAT(dsn.error().message, HasSubstr(path()));
  EXPECT_THAT(dsn.error().message, HasSubstr(kDsnVariable));
}

TEST_F(DsnFile, EmptyIsAnErrorThatNamesIt) {
  setenv(kDsnVariable, "host=from-env", 1);
  write(" \n");
  const auto dsn = DsnSource(path()).read();
  ASSERT_FALSE(dsn);
  EXPECT_THAT(dsn.error().message, HasSubstr(path()));
}

TEST(Dsn, AcceptsUriAndKeyValue) {
  const auto uri = parse_dsn({"postgresql://u:p%40ss@h.example:5433/d?sslmode=require", "X"});
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->get("host"), "h.example");
  EXPECT_EQ(uri->get("password"), "p@ss");
  EXPECT_EQ(uri->get("sslmode"), "require");
  const auto words = parse_dsn({"host=h dbname='my db' user=u", "X"});
  ASSERT_TRUE(words);
  EXPECT_EQ(words->get("dbname"), "my db");
}

TEST(Dsn, DescribesItselfWithoutSecrets) {
  const auto dsn = parse_dsn({"postgresql://u:hunter2@h.example/d", "NEON_CONNECTION_STRING"});
  EXPECT_EQ(dsn->describe(), "database \"d\" on host h.example (from NEON_CONNECTION_STRING)");
}

TEST(Dsn, MalformedNamesItsOriginAndNotItsPieces) {
  for (const char* text : {"hunter2", "host=h password", "postgresql://u:hunter2@h/d?hunter2=1",
                           "postgresql://[hunter2", "host=h options='hunter2"}) {
    const auto dsn = parse_dsn({text, "/run/dsn"});
    ASSERT_FALSE(dsn) << text;
    EXPECT_EQ(dsn.error().kind, ErrorKind::configuration);
    EXPECT_THAT(dsn.error().message, HasSubstr("/run/dsn"));
    EXPECT_THAT(dsn.error().message, Not(HasSubstr("hunter2")));
    EXPECT_THAT(dsn.error().message, Not(HasSubstr("\n")));
  }
}

TEST(Redact, HidesPasswordsInEveryForm) {
  for (const char* text :
       {"x postgresql://u:hunter2@h/d y", "host=h password=hunter2 user=u", "password = 'hun ter2'",
        "postgresql://h/d?user=u&password=hunter2&sslmode=x", "sslpassword=hunter2",
        "postgresql://u:p@hunter2@h/d"}) {
    EXPECT_THAT(redact(text), Not(HasSubstr("ter2"))) << text;
    EXPECT_THAT(redact(text), HasSubstr("***")) << text;
  }
}

TEST(Redact, HidesTheKnownPasswordWhereverItStands) {
  const auto dsn = parse_dsn({"host=h user=u password='a/b c'", "X"});
  EXPECT_EQ(redact("said a/b c\nand a%2Fb%20c", *dsn), "said *** and ***");
}

TEST(Redact, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(redact("relation \"x\" does not exist"), "relation \"x\" does not exist");
  EXPECT_EQ(redact("password authentication failed for user \"u\""),
            "password authentication failed for user \"u\"");
}

TEST(ParseDsn, APasswordWhereAHostOrADatabaseShouldBeIsRefusedAndNotShown) {
  for (const char* text :
       {"postgresql://u:S3cret@Pw@127.0.0.1:1/db", "postgresql://u:12/S3cretPw@127.0.0.1:1/db",
        "host=127.0.0.1 dbname=postgresql://u:S3cretPw@127.0.0.1:1/db",
        "dbname='password=S3cretPw'"}) {
    const auto parsed = parse_dsn({text, "/run/dsn"});
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message, HasSubstr("%40"));
    EXPECT_THAT(parsed.error().message, Not(HasSubstr("Pw")));
  }
  EXPECT_TRUE(parse_dsn({"host=@abstract dbname=d user=me@work", "/run/dsn"}));
}

}  // namespace
}  // namespace mendel::database

#include "shared/database/offsets.hpp"

#include <gmock/gmock.h>

#include "tests/unit/database/server.hpp"

namespace mendel::database {
namespace {

using testing::HasSubstr;

const LogOwner kOwner{"STORE", "scores", 3};
const LogPosition kNone{};
const LogPosition kFirst{"000000000003-000001.log", 100};
const LogPosition kSecond{"000000000003-000001.log", 200};
const LogPosition kNextSegment{"000000000003-000002.log", 50};

class OffsetsTest : public Server {
 protected:
  void SetUp() override {
    Server::SetUp();
    migrate_all();
  }
  // One drain transaction that stores nothing but the offset.
  static bool load(Connection& connection, const LogOwner& owner, const LogPosition& from,
                   const LogPosition& to) {
    auto transaction = connection.begin();
    const auto moved = advance_log(*transaction, owner, from, to);
    EXPECT_TRUE(moved) << moved.error().message;
    return *moved && transaction->commit();
  }
};

TEST_F(OffsetsTest, MoveForwardOverSegments) {
  Connection connection = connect();
  ASSERT_EQ(*claim_log(connection, kOwner), kNone);
  EXPECT_TRUE(load(connection, kOwner, kNone, kFirst));
  EXPECT_TRUE(load(connection, kOwner, kFirst, kSecond));
  EXPECT_TRUE(load(connection, kOwner, kSecond, kNextSegment));
  EXPECT_EQ(*claim_log(connection, kOwner), kNextSegment);
}

TEST_F(OffsetsTest, RefuseWhatIsAlreadyApplied) {
  Connection connection = connect();
  ASSERT_TRUE(claim_log(connection, kOwner));
  ASSERT_TRUE(load(connection, kOwner, kNone, kFirst));
  EXPECT_FALSE(load(connection, kOwner, kNone, kFirst));
  EXPECT_FALSE(load(connection, kOwner, kNone, kSecond)) << "part of it is applied already";
  EXPECT_EQ(*claim_log(connection, kOwner), kFirst);
}

TEST_F(OffsetsTest, ForgetATransactionThatWasNotCommitted) {
  Connection connection = connect();
  ASSERT_TRUE(claim_log(connection, kOwner));
  {
    auto transaction = connection.begin();
    ASSERT_TRUE(*advance_log(*transaction, kOwner, kNone, kFirst));
  }
  EXPECT_EQ(*claim_log(connection, kOwner), kNone);
  EXPECT_TRUE(load(connection, kOwner, kNone, kFirst));
}

TEST_F(OffsetsTest, BelongToTheLargestEpoch) {
  Connection old_one = connect();
  Connection new_one = connect();
  ASSERT_TRUE(claim_log(old_one, kOwner));
  const LogOwner successor{"STORE", "scores", 4};
  ASSERT_TRUE(claim_log(new_one, successor));
  EXPECT_FALSE(load(old_one, kOwner, kNone, kFirst));
  EXPECT_TRUE(load(new_one, successor, kNone, kFirst));
  const auto again = claim_log(old_one, kOwner);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::transient);
  EXPECT_THAT(again.error().message, HasSubstr("epoch 4"));
}

TEST_F(OffsetsTest, OfAnotherStoreAreAnOperatorsMatter) {
  Connection connection = connect();
  ASSERT_TRUE(claim_log(connection, kOwner));
  const auto other = claim_log(connection, {"OTHER", "scores", 9});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().kind, ErrorKind::operator_needed);
  EXPECT_THAT(other.error().message, HasSubstr("STORE"));
  EXPECT_THAT(other.error().message, HasSubstr("OTHER"));
  EXPECT_EQ(psql("SELECT max(epoch) FROM mendel.log_owners"), "3");
}

TEST_F(OffsetsTest, WaitForTheSchema) {
  psql("DROP SCHEMA mendel CASCADE");
  Connection connection = connect();
  const auto claimed = claim_log(connection, kOwner);
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().kind, ErrorKind::transient);
  EXPECT_THAT(claimed.error().message, HasSubstr("run mendel migrate"));
}

}  // namespace
}  // namespace mendel::database

#include "shared/base/ids.hpp"

#include <gtest/gtest.h>

#include "shared/base/time.hpp"

namespace mendel {
namespace {

TEST(Ulid, SortsByTime) {
  const std::string earlier = make_ulid(1'000 * kNsPerMs);
  const std::string later = make_ulid(1'001 * kNsPerMs);
  EXPECT_LT(earlier, later);
  EXPECT_TRUE(is_ulid(earlier));
}

TEST(Ulid, IsNewEveryTime) { EXPECT_NE(make_ulid(0), make_ulid(0)); }

TEST(Ulid, RefusesOtherText) {
  EXPECT_FALSE(is_ulid(""));
  EXPECT_FALSE(is_ulid("8ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
  EXPECT_FALSE(is_ulid("0000000000000000000000000I"));
  EXPECT_FALSE(is_ulid("../../../../../../etc/passw"));
}

TEST(Incarnation, IsNewEveryTime) {
  EXPECT_EQ(make_incarnation().size(), 16u);
  EXPECT_NE(make_incarnation(), make_incarnation());
}

}  // namespace
}  // namespace mendel

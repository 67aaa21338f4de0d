#include "shared/store/space.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/scratch_folder.hpp"
#include "tests/support/small_disk.hpp"

namespace mendel::store {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

Now at(std::int64_t seconds) { return {(seconds + 1) * kNsPerSecond, 0}; }

struct SpaceTest : ::testing::Test {
  DiskSpace disk{100 * kGiB, 50 * kGiB};

  Space space(std::int64_t free_bytes_min) {
    return Space("/store", free_bytes_min, [this](const std::string&) { return disk; });
  }
};

TEST_F(SpaceTest, TheFloorIsTwoGiBOrFivePercentWhicheverIsSmaller) {
  Space large = space(-1);
  large.look(at(0));
  EXPECT_EQ(large.floor_bytes(), 2 * kGiB);
  disk.total_bytes = 10 * kGiB;
  Space small = space(-1);
  small.look(at(0));
  EXPECT_EQ(small.floor_bytes(), kGiB / 2);
}

TEST_F(SpaceTest, BelowTheFloorItIsShortAndSaysHowMuchThereIs) {
  Space checked = space(2 * kGiB);
  EXPECT_FALSE(checked.is_short()) << "nobody has looked";
  disk.free_bytes = 2 * kGiB - 1;
  checked.look(at(0));
  EXPECT_TRUE(checked.is_short());
  EXPECT_THAT(checked.shortage(), HasSubstr("/store has 2047 MiB free"));
  EXPECT_THAT(checked.shortage(), HasSubstr("free_bytes_min (2048 MiB)"));
  disk.free_bytes = 2 * kGiB;
  checked.look(at(0));
  EXPECT_TRUE(checked.is_short()) << "it looks once a second";
  checked.look(at(1));
  EXPECT_FALSE(checked.is_short());
  EXPECT_EQ(checked.shortage(), "");
}

TEST_F(SpaceTest, AFloorOfNothingIsNeverReached) {
  disk.free_bytes = 0;
  Space checked = space(0);
  checked.look(at(0));
  EXPECT_FALSE(checked.is_short());
}

TEST_F(SpaceTest, ADiskThatCannotBeAskedIsNotShort) {
  Space checked("/nowhere", -1);
  checked.look(at(0));
  EXPECT_FALSE(checked.is_short());
  EXPECT_FALSE(checked.has_room_for(0));
}

TEST_F(SpaceTest, AsksTheDiskOfThePath) {
  const auto root = disk_of("/");
  ASSERT_TRUE(root);
  EXPECT_GT(root->total_bytes, 0u);
  EXPECT_LE(root->free_bytes, root->total_bytes);
}

TEST(ReserveTest, IsTakenAndGivenBack) {
  const testing::ScratchFolder store;
  Space space(store.path(), 0);
  space.look(at(0));
  Reserve reserve(store.path(), 1 << 20);
  EXPECT_FALSE(reserve.is_held());
  ASSERT_TRUE(reserve.take(space, at(0)));
  EXPECT_TRUE(reserve.is_held());
  EXPECT_EQ(std::filesystem::file_size(store.file("reserve")), 1u << 20);
  EXPECT_TRUE(reserve.release());
  EXPECT_FALSE(reserve.is_held());
  EXPECT_FALSE(reserve.release());
  ASSERT_TRUE(reserve.take(space, at(1)));
  EXPECT_FALSE(reserve.is_held()) << "it tries every ten seconds";
  ASSERT_TRUE(reserve.take(space, at(10)));
  EXPECT_TRUE(reserve.is_held());
}

TEST(ReserveTest, TakesNothingOfWhatIsLeftFree) {
  const testing::ScratchFolder store;
  Space space(store.path(), kFreeBytesMost);
  space.look(at(0));
  Reserve reserve(store.path(), 4096);
  EXPECT_TRUE(reserve.take(space, at(0)));
  EXPECT_FALSE(reserve.is_held());
}

TEST(ReserveTest, OneOfNoBytesGivesAnOldOneBack) {
  const testing::ScratchFolder store;
  Space space(store.path(), 0);
  space.look(at(0));
  ASSERT_TRUE(Reserve(store.path(), 4096).take(space, at(0)));
  EXPECT_TRUE(std::filesystem::exists(store.file("reserve")));
  ASSERT_TRUE(Reserve(store.path(), 0).take(space, at(0)));
  EXPECT_FALSE(std::filesystem::exists(store.file("reserve")));
}

TEST(ReserveTest, MakesRoomOnAFullDisk) {
  const testing::SmallDisk disk(4 << 20);
  if (!disk.is_mounted()) GTEST_SKIP() << "no right to mount a small disk";
  Space space(disk.path(), 0);
  space.look(at(0));
  Reserve reserve(disk.path(), 1 << 20);
  ASSERT_TRUE(reserve.take(space, at(0)));
  disk.fill();
  EXPECT_LT(disk_of(disk.path())->free_bytes, 4096u);
  EXPECT_TRUE(reserve.release());
  EXPECT_GE(disk_of(disk.path())->free_bytes, 1u << 20);
}

}  // namespace
}  // namespace mendel::store

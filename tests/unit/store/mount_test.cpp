#include "shared/store/mount.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/scratch_folder.hpp"

namespace mendel::store {
namespace {

Now at(std::int64_t seconds) { return {(seconds + 1) * kNsPerSecond, 0}; }

class MountTest : public ::testing::Test {
 protected:
  mendel::testing::ScratchFolder folder_;
  std::string path_ = folder_.path() + "/store";
  Store store_ = *Store::create(path_, 0);
  Mount mount_{store_};
};

TEST_F(MountTest, AStoreThatIsThereIsHealthyAndReadingItTakesTime) {
  mount_.look(at(0));
  EXPECT_TRUE(mount_.is_healthy());
  EXPECT_GT(mount_.read_seconds(), 0);
}

TEST_F(MountTest, AnUnmountedOneIsNotUntilItIsBack) {
  std::filesystem::rename(path_, path_ + ".away");
  std::filesystem::create_directory(path_);
  mount_.look(at(0));
  EXPECT_FALSE(mount_.is_healthy());
  EXPECT_THAT(mount_.trouble(), ::testing::HasSubstr("there no more: the store " + path_));
  std::filesystem::remove(path_);
  std::filesystem::rename(path_ + ".away", path_);
  mount_.look(at(0));
  EXPECT_FALSE(mount_.is_healthy()) << "it looks once a second";
  mount_.look(at(1));
  EXPECT_TRUE(mount_.is_healthy());
  std::filesystem::remove_all(path_);
  mount_.look(at(10));
  EXPECT_TRUE(mount_.is_healthy()) << "it looks every ten seconds";
  mount_.look(at(11));
  EXPECT_FALSE(mount_.is_healthy());
}

TEST_F(MountTest, AnotherStoreInItsPlaceIsNotHealthy) {
  std::filesystem::remove_all(path_);
  ASSERT_TRUE(Store::create(path_, 1));
  mount_.look(at(0));
  EXPECT_FALSE(mount_.is_healthy());
}

}  // namespace
}  // namespace mendel::store

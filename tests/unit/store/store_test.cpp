#include "shared/store/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "shared/base/ids.hpp"
#include "shared/base/time.hpp"
#include "tests/support/scratch_folder.hpp"

namespace mendel::store {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kWall = 1'700'000'000 * kNsPerSecond;

void write(const std::string& path, std::string_view text) { std::ofstream(path) << text; }

struct StoreTest : ::testing::Test {
  testing::ScratchFolder scratch;
  std::string path = scratch.file("store");
  Store create() {
    auto store = Store::create(path, kWall);
    EXPECT_TRUE(store);
    return *store;
  }
};

TEST_F(StoreTest, CreatesAStoreAndOpensTheSameOne) {
  const Store store = create();
  EXPECT_TRUE(is_ulid(store.id()));
  const auto again = Store::open(path + "/");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->id(), store.id());
  EXPECT_EQ(create().id(), store.id());
}

TEST_F(StoreTest, SaysThatAMissingStoreIsMissing) {
  const auto store = Store::open(path);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::configuration);
  EXPECT_THAT(store.error().message, HasSubstr("does not exist: mount it"));
}

TEST_F(StoreTest, RefusesAnEmptyFolderThatMayBeAnUnmountedVolume) {
  std::filesystem::create_directory(path);
  const auto store = Store::open(path);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::configuration);
  EXPECT_THAT(store.error().message, HasSubstr("is empty: mount it"));
}

TEST_F(StoreTest, AsksForAnOperatorWhenTheIdIsGone) {
  create();
  std::filesystem::remove(path + "/store.id");
  for (const auto& store : {Store::open(path), Store::create(path, kWall)}) {
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind, ErrorKind::operator_needed);
    EXPECT_THAT(store.error().message, HasSubstr("no store.id"));
  }
}

TEST_F(StoreTest, AsksForAnOperatorWhenTheIdIsGarbage) {
  create();
  write(path + "/store.id", "not an id\n");
  const auto store = Store::open(path);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::operator_needed);
}

TEST_F(StoreTest, FinishesACreationThatWasCutOff) {
  std::filesystem::create_directory(path);
  write(path + "/store.id.tmp.0123", "01");
  EXPECT_TRUE(is_ulid(create().id()));
}

TEST_F(StoreTest, RefusesAFileInPlaceOfAFolder) {
  write(path, "x");
  const auto store = Store::open(path);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::configuration);
  EXPECT_THAT(store.error().message, HasSubstr(path));
}

TEST_F(StoreTest, RefusesAFolderItCannotWriteTo) {
  create();
  ::chmod(scratch.path().c_str(), 0755);
  ::chmod((path + "/store.id").c_str(), 0444);
  ::chmod(path.c_str(), 0555);
  const bool root = ::geteuid() == 0;
  if (root) {
    ASSERT_EQ(::seteuid(65534), 0);  // permissions do not bind root
  }
  const auto store = Store::open(path);
  const auto read_only = Store::open_to_read(path);
  if (root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  ::chmod(path.c_str(), 0755);
  EXPECT_TRUE(read_only) << "an evaluator only reads";
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::configuration);
  EXPECT_THAT(store.error().message, HasSubstr("give this user access"));
}

TEST_F(StoreTest, OpeningLeavesNoProbeBehind) {
  create();
  ASSERT_TRUE(Store::open(path));
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    EXPECT_THAT(entry.path().filename().string(), ::testing::Not(HasSubstr("probe")));
  }
}

TEST_F(StoreTest, PublishesAnExperimentUnderItsHash) {
  const Store store = create();
  const std::string text = "[data]\nsource = \"x\"\n";
  ASSERT_TRUE(store.publish_experiment(sha256(text), text));
  ASSERT_TRUE(store.publish_experiment(sha256(text), text));
  const auto read = store.read_experiment(sha256(text));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, text);
}

TEST_F(StoreTest, AnExperimentThatIsNotThereYetMayCome) {
  const auto read = create().read_experiment(sha256("x"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::transient);
}

TEST_F(StoreTest, RefusesAnExperimentWhoseBytesChanged) {
  const Store store = create();
  ASSERT_TRUE(store.publish_experiment(sha256("a = 1"), "a = 1"));
  write(path + "/experiments/" + sha256("a = 1").hex() + ".toml", "a = 2");
  const auto read = store.read_experiment(sha256("a = 1"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::operator_needed);
}

TEST_F(StoreTest, ReplacesARunFileAndListsRunsInOrder) {
  const Store store = create();
  ASSERT_TRUE(store.save_run_file("B", "checkpoint", "1"));
  ASSERT_TRUE(store.save_run_file("A", "checkpoint", "1"));
  ASSERT_TRUE(store.save_run_file("B", "checkpoint", "2"));
  const auto read = store.read_run_file("B", "checkpoint");
  ASSERT_TRUE(read && *read);
  EXPECT_EQ(**read, "2");
  const auto runs = store.runs();
  ASSERT_TRUE(runs);
  EXPECT_THAT(*runs, ::testing::ElementsAre("A", "B"));
  const auto none = store.read_run_file("A", "report.json");
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
}

TEST_F(StoreTest, ARunsNameCannotLeaveTheStore) {
  const Store store = create();
  for (const char* name : {"", "..", "../x", "a/b", "/etc"}) {
    EXPECT_FALSE(store.save_run_file(name, "checkpoint", "x")) << name;
    EXPECT_FALSE(store.read_run_file("A", name)) << name;
  }
}

TEST_F(StoreTest, APublishedFileLeavesNoTemporaryOne) {
  ASSERT_TRUE(publish_file(scratch.file("x"), "bytes"));
  ASSERT_TRUE(publish_file(scratch.file("x"), "other"));
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(scratch.path())) {
    ++files;
  }
  EXPECT_EQ(files, 1u);
}

TEST_F(StoreTest, PublishingIntoNowhereIsAnErrorThatNamesThePath) {
  const Status status = publish_file(scratch.file("no/such/folder"), "bytes");
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("no/such/folder"));
}

TEST_F(StoreTest, AuditsOneLineAnAction) {
  const Store store = create();
  store.audit("{\"a\":1}");
  store.audit("{\"b\":2}");
  std::ifstream file(path + "/audit.log");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, "{\"a\":1}\n{\"b\":2}\n");
}

}  // namespace
}  // namespace mendel::store

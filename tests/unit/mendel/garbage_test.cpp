#include "topology/mendel/garbage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "shared/base/hash.hpp"
#include "stages/ga_dispatcher/checkpoint.hpp"
#include "tests/support/scratch_folder.hpp"

namespace mendel::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const std::string kOld = "01HF7YAT00000000000000000A";
const std::string kNew = "01HF7YAT00000000000000000B";

struct GarbageTest : ::testing::Test {
  testing::ScratchFolder scratch;
  store::Store store = *store::Store::create(scratch.file("store"), 1);
  Catalogue catalogue{{kNew}, true};
  std::int64_t now_ns = read_clocks().wall_ns + 2 * kYoungNs;

  void add_run(const std::string& run, const std::string& state, const std::string& dataset) {
    ga_dispatcher::Checkpoint checkpoint;
    checkpoint.run = run;
    checkpoint.state = state;
    checkpoint.experiment = "experiment of " + run;
    if (!dataset.empty()) checkpoint.dataset_id = sha256(dataset);
    ASSERT_TRUE(store.save_run_file(run, "checkpoint", ga_dispatcher::encode(checkpoint)));
    ASSERT_TRUE(store.publish_experiment(sha256(checkpoint.experiment), checkpoint.experiment));
  }
  void add_dataset(const std::string& dataset) {
    ASSERT_TRUE(store::publish_file(store.dataset_path(sha256(dataset)), "bars"));
  }
  GarbageFound find() { return *find_garbage(store, catalogue, now_ns); }
  std::vector<std::string> paths() {
    std::vector<std::string> paths;
    for (const Garbage& one : find().all) paths.push_back(one.path);
    return paths;
  }
  static std::string dataset_name(const std::string& dataset) {
    return "datasets/" + sha256(dataset).hex() + ".bars";
  }
  static std::string experiment_name(const std::string& run) {
    return "experiments/" + sha256("experiment of " + run).hex() + ".toml";
  }
};

TEST_F(GarbageTest, WhatARunInTheDatabaseUsesStays) {
  add_run(kNew, "finished", "one");
  add_dataset("one");
  EXPECT_THAT(paths(), IsEmpty());
}

TEST_F(GarbageTest, ARunThatTheDatabaseForgotGoesWithAllThatOnlyItUsed) {
  add_run(kNew, "finished", "shared");
  add_run(kOld, "finished", "shared");
  add_dataset("shared");
  add_dataset("of nobody");
  std::filesystem::create_directories(store.path() + "/archive/" + kOld);
  std::filesystem::create_directories(store.path() + "/archive/" + kNew);
  EXPECT_THAT(paths(), UnorderedElementsAre("runs/" + kOld, experiment_name(kOld),
                                            dataset_name("of nobody"), "archive/" + kOld));
  EXPECT_THAT(garbage_text(find()), HasSubstr("4 that nothing refers to"));
  ASSERT_TRUE(remove_garbage(store, find().all));
  EXPECT_THAT(paths(), IsEmpty());
  EXPECT_THAT(*store.runs(), ElementsAre(kNew));
  EXPECT_TRUE(std::filesystem::exists(store.dataset_path(sha256("shared"))));
}

TEST_F(GarbageTest, AnUnfinishedRunKeepsItsOwnAndEveryExperiment) {
  add_run(kOld, "running", "one");
  add_run(kNew, "finished", "two");
  add_dataset("one");
  add_dataset("of nobody");
  ASSERT_TRUE(store.publish_experiment(sha256("variant"), "variant"));
  EXPECT_THAT(paths(), ElementsAre(dataset_name("of nobody")));
  EXPECT_THAT(find().kept, ElementsAre(HasSubstr("has not ended")));
}

TEST_F(GarbageTest, ARunThatWaitsForItsDatasetKeepsThemAll) {
  add_run(kOld, "waiting", "");
  add_dataset("of nobody");
  EXPECT_THAT(paths(), IsEmpty());
}

TEST_F(GarbageTest, WithRecordsOnTheirWayNoRunIsForgotten) {
  add_run(kOld, "finished", "one");
  add_dataset("one");
  catalogue.is_drained = false;
  EXPECT_THAT(paths(), IsEmpty());
}

TEST_F(GarbageTest, WhatIsYoungStays) {
  add_dataset("of nobody");
  now_ns -= 2 * kYoungNs;
  EXPECT_THAT(paths(), IsEmpty());
}

TEST_F(GarbageTest, ARunThatCannotBeReadKeepsDatasetsAndExperiments) {
  ASSERT_TRUE(store.save_run_file(kOld, "checkpoint", "torn"));
  add_dataset("of nobody");
  EXPECT_THAT(paths(), IsEmpty());
}

}  // namespace
}  // namespace mendel::cli

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "shared/neon/api.hpp"
#include "shared/store/store.hpp"
#include "tests/support/neon_service.hpp"
#include "tests/support/scratch_folder.hpp"
#include "topology/mendel/command.hpp"

namespace mendel::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kHistoryToo =
    R"({"project":{"history_retention_seconds":604800,"settings":{"allowed_ips":)"
    R"({"ips":["203.0.113.9"],"protected_branches_only":false}}}})";

class NeonCommand : public ::testing::Test {
 protected:
  NeonCommand() {
    setenv(neon::kUrlVariable, service.url().c_str(), 1);
    setenv(neon::kKeyVariable, testing::kNeonKey, 1);
    setenv(neon::kProjectVariable, testing::kNeonProject, 1);
  }
  ~NeonCommand() override {
    for (const char* name : {neon::kUrlVariable, neon::kKeyVariable, neon::kProjectVariable})
      unsetenv(name);
  }

  // What it prints, or the error's text; `code` is what it ends with.
  std::string run(std::vector<std::string> words) {
    words.insert(words.end(), {"--state", state.path()});
    const Command command = neon_command();
    const auto arguments = config::parse_arguments(command.spec, words);
    if (!arguments) return arguments.error().message;
    ::testing::internal::CaptureStdout();
    const Result<int> result = command.run(*arguments);
    const std::string printed = ::testing::internal::GetCapturedStdout();
    code = result ? *result : result.error().exit_code();
    return result ? printed : result.error().message;
  }
  std::vector<std::string> changes() const {
    std::vector<std::string> all;
    for (const std::string& line : service.asked())
      if (!line.starts_with("GET")) all.push_back(line);
    return all;
  }

  testing::NeonService service;
  testing::ScratchFolder state;
  int code = -1;
};

TEST_F(NeonCommand, SizeNeedsNoKeyAndNoNetwork) {
  unsetenv(neon::kKeyVariable);
  EXPECT_THAT(run({"size", "--data-gb", "10"}),
              AllOf(HasSubstr("16.5 GB of memory"), HasSubstr("5 compute units"),
                    HasSubstr("mendel neon apply --min-cu 2 --max-cu 5")));
  EXPECT_EQ(code, 0);
  EXPECT_THAT(service.asked(), IsEmpty());
  EXPECT_THAT(run({"size"}), HasSubstr("add --data-gb"));
  EXPECT_THAT(run({"size", "--data-gb", "ten"}), HasSubstr("not a number"));
}

TEST_F(NeonCommand, StatusSaysWhatIsInForceAndSuspendedIsAState) {
  const std::string text = run({"status"});
  EXPECT_EQ(code, 0) << text;
  for (const char* part : {"prices (cool-forest-12345678)", "suspended", "0.25 to 2 CU, 839",
                           "after 300 s idle (Neon's default)", "1 day", "everyone"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST_F(NeonCommand, ApplyShowsTheDifferenceAndDoesNothingWithoutYes) {
  const std::string text = run({"apply", "--min-cu", "2", "--max-cu", "8", "--suspend", "-1"});
  EXPECT_EQ(code, 0) << text;
  EXPECT_THAT(text, AllOf(HasSubstr("- 0.25 to 2 CU\n+ 2 to 8 CU"), HasSubstr("+ never"),
                          HasSubstr("- 1 day\n+ 7 days"), HasSubstr("nothing was changed")));
  EXPECT_THAT(changes(), IsEmpty());
}

TEST_F(NeonCommand, ApplyChangesProjectAndEndpointAndThenFindsNothingToChange) {
  ASSERT_TRUE(store::Store::create(state.path() + "/store", 1));
  const std::vector<std::string> words = {"apply", "--min-cu",    "2",           "--max-cu",
                                          "8",     "--allow-ips", "203.0.113.9", "--yes"};
  EXPECT_THAT(run(words), HasSubstr("applied"));
  EXPECT_THAT(changes(), ElementsAre(std::string("PATCH / ") + kHistoryToo,
                                     HasSubstr("PATCH /endpoints/ep-cool-forest-1")));
  EXPECT_THAT(run(words), HasSubstr("nothing to change"));
  EXPECT_EQ(changes().size(), 2U);
  const auto audit = config::read_text_file(state.path() + "/store/audit.log");
  ASSERT_TRUE(audit);
  EXPECT_THAT(*audit, AllOf(HasSubstr("neon apply"), HasSubstr("0.25 to 2 CU -> 2 to 8 CU")));
}

TEST_F(NeonCommand, ApplyRefusesBeforeItAsks) {
  EXPECT_THAT(run({"apply", "--allow-ips", ""}), HasSubstr("lets everyone connect"));
  EXPECT_EQ(code, 2);
  EXPECT_THAT(run({"apply", "--allow-ips", "10.0.0.0/8"}), HasSubstr("a private address"));
  EXPECT_THAT(run({"apply", "--min-cu", "1", "--max-cu", "16"}), HasSubstr("at most 8 units"));
  EXPECT_THAT(changes(), IsEmpty());
}

TEST_F(NeonCommand, BranchesAreMadeListedRestoredAndDeletedOnlyWithYes) {
  EXPECT_THAT(run({"branch", "create", "drill"}), HasSubstr("--yes does it"));
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_THAT(run({"branch", "create", "drill", "--at", "2026-01-31T12:00:00Z", "--yes"}),
              HasSubstr("branch drill is br-made-1 on host ep-made-1"));
  EXPECT_THAT(changes().back(),
              HasSubstr(R"({"branch":{"name":"drill","parent_timestamp":"2026-01-31T12:00:00Z"})"));
  EXPECT_THAT(run({"branch", "list"}), AllOf(HasSubstr("main (default)"), HasSubstr("drill")));
  EXPECT_THAT(run({"branch", "restore", "main", "--at", "2026-01-31T12:00:00Z", "--preserve-as",
                   "before", "--yes"}),
              HasSubstr("is restored"));
  EXPECT_THAT(changes().back(),
              R"(POST /branches/br-main-1/restore {"source_branch_id":"br-main-1",)"
              R"("source_timestamp":"2026-01-31T12:00:00Z","preserve_under_name":"before"})");
  EXPECT_THAT(run({"branch", "delete", "drill", "--yes"}), HasSubstr("is deleted"));
  EXPECT_EQ(changes().back(), "DELETE /branches/br-made-1");
}

TEST_F(NeonCommand, WhatABranchNeedsIsAskedFor) {
  EXPECT_THAT(run({"branch"}), HasSubstr("create, list, restore, delete"));
  EXPECT_THAT(run({"branch", "create"}), HasSubstr("add its name"));
  EXPECT_THAT(run({"branch", "restore", "main"}), HasSubstr("restore to when?"));
  EXPECT_THAT(run({"branch", "restore", "main", "--at", "2026-01-31T12:00:00Z"}),
              HasSubstr("--preserve-as NAME is needed"));
  EXPECT_THAT(run({"branch", "restore", "main", "--at", "yesterday"}), HasSubstr("write a moment"));
  EXPECT_THAT(run({"branch", "delete", "main", "--yes"}), HasSubstr("the default one"));
  EXPECT_THAT(run({"branch", "delete", "mian", "--yes"}), HasSubstr("did you mean 'main'?"));
  EXPECT_THAT(changes(), IsEmpty());
}

TEST_F(NeonCommand, NoKeyAndAWrongEndpointAreNamed) {
  EXPECT_THAT(run({"status", "--endpoint", "ep-cool-forest-2"}),
              HasSubstr("did you mean 'ep-cool-forest-1'?"));
  EXPECT_THAT(run({"aply"}), HasSubstr("did you mean 'apply'?"));
  unsetenv(neon::kKeyVariable);
  EXPECT_THAT(run({"status"}), HasSubstr(neon::kKeyFileVariable));
  EXPECT_EQ(code, 2);
}

}  // namespace
}  // namespace mendel::cli

// Whatever a run is called, the dispatcher that took it can start again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <variant>

#include "stages/ga_dispatcher/run.hpp"
#include "tests/unit/ga_dispatcher/fixture.hpp"

namespace mendel::testing {
namespace {

using ga_dispatcher::Actions;
using ga_dispatcher::Run;
using ::testing::HasSubstr;

constexpr Now kNow{kNsPerSecond, 1'700'000'000 * kNsPerSecond};

std::string nameless_text() {
  std::string text = experiment_text();
  return text.erase(0, text.find("[data]"));
}

// "" = accepted, and a dispatcher that starts again reads it; else the refusal.
std::string refusal_of(const std::string& name) {
  Actions out;
  const wire::Request request{"id", "submit", kRun, name, nameless_text()};
  const auto run = Run::submit(request, {}, kNow, out);
  if (!run) {
    EXPECT_EQ(run.error().kind, ErrorKind::configuration);
    EXPECT_TRUE(out.list().empty()) << "nothing of it is kept";
    return run.error().message;
  }
  const auto& saved = std::get<ga_dispatcher::SaveRunFile>(out.list().front());
  auto checkpoint = ga_dispatcher::decode_checkpoint(saved.bytes);
  EXPECT_TRUE(checkpoint);
  const auto again = Run::resume(std::move(*checkpoint), {}, kNow, out);
  EXPECT_TRUE(again) << again.error().message;
  return "";
}

std::string resume_error(const ga_dispatcher::Checkpoint& checkpoint) {
  Actions out;
  const auto run = Run::resume(checkpoint, {}, kNow, out);
  EXPECT_FALSE(run);
  if (run) return "";
  EXPECT_EQ(run.error().kind, ErrorKind::operator_needed);
  return run.error().message;
}

TEST(RunNames, OfARequestFollowTheRuleOfAFile) {
  EXPECT_EQ(refusal_of(""), "") << "the experiment's";
  EXPECT_EQ(refusal_of("größe"), "");
  std::string longer = "x";
  for (int i = 0; i < 60; ++i) longer += "é";
  for (const std::string& name :
       {std::string("caf\xe9"), longer, std::string("\x1b[31m"), std::string("a\nb")})
    EXPECT_EQ(refusal_of(name),
              "submit: the run's name must have 1 to 100 bytes of UTF-8 on one line, without "
              "control characters");
}

TEST(RunNames, OfAnyBytesAreRefusedOrReadAgain) {
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    std::string name;
    for (auto bytes = random() % 12; bytes > 0; --bytes)
      name += random() % 3 == 0 ? static_cast<char>(random() % 256) : "a./\"\\"[random() % 5];
    (void)refusal_of(name);
  }
}

TEST(RunNames, ACheckpointThatCannotBeReadSaysTheWayOut) {
  ga_dispatcher::Checkpoint checkpoint;
  checkpoint.run = kRun;
  checkpoint.state = "waiting";
  checkpoint.experiment = "name = \"caf\xe9\"\n" + nameless_text();
  EXPECT_THAT(resume_error(checkpoint), HasSubstr("checkpoint: its experiment: checkpoint:1:"));
  EXPECT_THAT(resume_error(checkpoint), HasSubstr("move it away to drop the run"));
  checkpoint.experiment = experiment_text();
  checkpoint.state = "walking";
  EXPECT_THAT(resume_error(checkpoint), HasSubstr("move it away to drop the run"));
  checkpoint.state = "waiting";
  checkpoint.records = {"no frame"};
  EXPECT_THAT(resume_error(checkpoint), HasSubstr("move it away to drop the run"));
  checkpoint.records.clear();
  checkpoint.state = "running";
  checkpoint.search.generation = 3;
  EXPECT_THAT(resume_error(checkpoint), HasSubstr("move it away to drop the run"));
}

}  // namespace
}  // namespace mendel::testing

// A candidate that kills whoever computes it costs a handful of restarts: never the run, never an
// innocent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/ga_dispatcher/fixture.hpp"

namespace mendel::testing {
namespace {

using ::testing::IsEmpty;

// The worst case of one evaluator is one death for each cut of 4,096 down to one, and three alone.
constexpr std::uint64_t kDeathsMax = 7;

// The genome that lies in this slot of the first generation's first island.
std::vector<double> genome_of_slot(std::size_t slot, const std::string& text) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, text);
  world.finish(kRun);
  const auto& record = std::get<wire::GenerationRecord>(
      world.records.at(std::string("generation.") + kRun + ".0.0"));
  return record.slots.at(slot).genome;
}

// What the same run gives when everyone knows from the start that the genome is bad.
Reference reference_without(const std::vector<double>& poison, const std::string& text) {
  FakeWorld world({}, [&](const std::vector<double>& genome) {
    wire::Score score = score_of(genome);
    if (genome != poison) return score;
    score.rows.clear();
    score.invalid = ga_dispatcher::kQuarantined;
    return score;
  });
  world.ask("submit", kRun, text);
  return reference_of(world.finish(kRun));
}

std::vector<Digest> quarantined(const FakeWorld& world) {
  std::vector<Digest> keys;
  for (const auto& [key, score] : world.recorded)
    if (score.invalid == ga_dispatcher::kQuarantined) keys.push_back(key);
  return keys;
}

class Poison : public ::testing::TestWithParam<int> {};  // evaluators

TEST_P(Poison, KillsAHandfulOfEvaluatorsAndIsQuarantined) {
  const std::string text = experiment_text();
  const auto poison = genome_of_slot(7, text);
  FakeWorldSettings settings;
  settings.evaluators = GetParam();
  FakeWorld world(settings, score_of);
  world.fate = [&](const auto& genome) { return genome == poison ? Fate::dies : Fate::scored; };
  world.ask("submit", kRun, text);
  const Reference reached = reference_of(world.finish(kRun));
  EXPECT_THAT(world.faults, IsEmpty());
  EXPECT_EQ(quarantined(world).size(), 1u);
  EXPECT_EQ(world.sample("quarantined_total"), 1);
  EXPECT_GE(world.deaths, 3u);
  EXPECT_LE(world.deaths, kDeathsMax);
  // The reason is a record like any other score: the same bits wherever the run is repeated.
  EXPECT_TRUE(reached == reference_without(poison, text));
  const auto& record = std::get<wire::GenerationRecord>(
      world.records.at(std::string("generation.") + kRun + ".0.0"));
  EXPECT_EQ(record.slots[7].invalid, ga_dispatcher::kQuarantined);
}

TEST_P(Poison, ThatHangsIsQuarantinedToo) {
  const std::string text = experiment_text();
  const auto poison = genome_of_slot(3, text);
  FakeWorldSettings settings;
  settings.evaluators = GetParam();
  FakeWorld world(settings, score_of);
  world.fate = [&](const auto& genome) { return genome == poison ? Fate::hangs : Fate::scored; };
  world.ask("submit", kRun, text);
  EXPECT_TRUE(reference_of(world.finish(kRun)) == reference_without(poison, text));
  EXPECT_EQ(quarantined(world).size(), 1u);
  EXPECT_LE(world.deaths, kDeathsMax + 1);  // the first time a second one may hang with it
}

INSTANTIATE_TEST_SUITE_P(OneTwoFive, Poison, ::testing::Values(1, 2, 5));

TEST(Quarantine, OutlivesTheDispatcher) {
  const std::string text = experiment_text();
  const auto poison = genome_of_slot(7, text);
  FakeWorldSettings settings;
  settings.evaluators = 2;
  settings.candidate_ms = 20;
  FakeWorld world(settings, score_of);
  world.fate = [&](const auto& genome) { return genome == poison ? Fate::dies : Fate::scored; };
  world.ask("submit", kRun, text);
  ASSERT_TRUE(world.run_until([&] { return !quarantined(world).empty(); }));
  const auto deaths = world.deaths;
  world.kill_dispatcher();
  world.start_dispatcher();
  EXPECT_TRUE(reference_of(world.finish(kRun)) == reference_without(poison, text));
  EXPECT_EQ(world.deaths, deaths);  // nobody tries again
}

TEST(Quarantine, NeverHitsAnInnocent) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    FakeWorldSettings settings;
    settings.seed = seed;
    settings.evaluators = 4;
    settings.candidate_ms = 5;
    settings.restart_ms = 100;
    FakeWorld world(settings, score_of);
    world.ask("submit", kRun, experiment_text());
    Draws draws(seed, 0, 0, 0, Purpose::sample);
    // A death, a good-bye or a new one every 15 ms or so, until the run has ended.
    for (int i = 0; i < 2000 && world.progress(kRun).state != "finished"; ++i) {
      world.run_until([] { return false; }, 0.03 * draws.unit());
      const auto living = world.evaluators();
      const bool kill = living.size() > 1 && draws.unit() < 0.6;
      if (kill && draws.unit() < 0.8)
        world.kill_evaluator(living[draws.below(living.size())]);
      else if (kill)
        world.leave_evaluator(living[draws.below(living.size())]);
      if (living.size() < 5) world.add_evaluator();
    }
    EXPECT_TRUE(reference_of(world.finish(kRun)) == reference()) << seed;
    EXPECT_THAT(quarantined(world), IsEmpty()) << seed;
    EXPECT_THAT(world.faults, IsEmpty());
  }
}

TEST(Quarantine, HitsThePoisonAndNoInnocentWhileOthersDieToo) {
  const std::string text = experiment_text();
  const auto poison = genome_of_slot(11, text);
  const Reference expected = reference_without(poison, text);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    FakeWorldSettings settings;
    settings.seed = seed;
    settings.evaluators = 4;
    settings.candidate_ms = 5;
    FakeWorld world(settings, score_of);
    world.fate = [&](const auto& genome) { return genome == poison ? Fate::dies : Fate::scored; };
    world.ask("submit", kRun, text);
    Draws draws(seed, 1, 0, 0, Purpose::sample);
    for (int i = 0; i < 2000 && world.progress(kRun).state != "finished"; ++i) {
      world.run_until([] { return false; }, 0.2 * draws.unit());
      const auto living = world.evaluators();
      if (living.size() > 2 && draws.unit() < 0.5) {
        world.kill_evaluator(living[draws.below(living.size())]);
        world.add_evaluator();
      }
    }
    EXPECT_TRUE(reference_of(world.finish(kRun)) == expected) << seed;
    EXPECT_EQ(quarantined(world).size(), 1u) << seed;
  }
}

}  // namespace
}  // namespace mendel::testing

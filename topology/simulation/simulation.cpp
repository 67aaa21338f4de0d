#include "topology/simulation/simulation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "topology/simulation/pipeline.hpp"

namespace mendel::simulation {
namespace {

std::string words_of(const Scenario& scenario) {
  std::string faults;
  for (const Fault fault : scenario.faults) faults += fmt::format(" {}", name_of(fault));
  return fmt::format(
      "experiment {}{}, {} evaluators of {} threads, {:.1f} ms a candidate, lease {} s, lost {} "
      "duplicated {} reordered {} delayed {}, a fault every {} ms for {} s:{}",
      scenario.experiment, scenario.ingest_first ? " on fresh bars" : "", scenario.evaluators,
      scenario.threads, scenario.candidate_ms, scenario.lease_ns / kNsPerSecond,
      scenario.weather.lose, scenario.weather.duplicate, scenario.weather.reorder,
      scenario.weather.delay, scenario.fault_every_ns / kNsPerMs,
      scenario.heals_at_ns / kNsPerSecond, faults);
}

}  // namespace

// Of one evaluator to which nothing happens.
const Legacy& Simulation::expected(std::size_t experiment) {
  const auto known = expected_.find(experiment);
  if (known != expected_.end()) return known->second;
  const Scenario scenario = undisturbed(experiment);
  Pipeline pipeline(scenario, engines_, {});
  auto failures = pipeline.run();
  Legacy legacy = legacy_of(pipeline.disk(), scenario.run);
  const Conservation conserved =
      conservation_of(pipeline.disk(), pipeline.database(), pipeline.market_before());
  legacy.market = conserved.market;
  failures.insert(failures.end(), legacy.failures.begin(), legacy.failures.end());
  failures.insert(failures.end(), conserved.failures.begin(), conserved.failures.end());
  if (legacy.scores.empty()) failures.push_back("nothing was evaluated");
  legacy.failures.clear();
  for (const auto& failure : failures)
    legacy.failures.push_back("where nothing goes wrong: " + failure);
  return expected_.emplace(experiment, std::move(legacy)).first->second;
}

Outcome Simulation::run(std::uint64_t seed, const World::Trace& trace) {
  Scenario scenario = scenario_of(seed);
  if (change_) change_(scenario);
  Outcome outcome;
  outcome.seed = seed;
  outcome.scenario = words_of(scenario);
  if (trace) trace(fmt::format("seed {}: {}", seed, outcome.scenario));
  const Legacy& wanted = expected(scenario.experiment);
  Pipeline pipeline(scenario, engines_, trace);
  outcome.failures = pipeline.run();
  outcome.failures.insert(outcome.failures.end(), wanted.failures.begin(), wanted.failures.end());
  Legacy legacy = legacy_of(pipeline.disk(), scenario.run);
  outcome.conserved =
      conservation_of(pipeline.disk(), pipeline.database(), pipeline.market_before());
  legacy.market = outcome.conserved.market;
  for (const auto& failure : outcome.conserved.failures) outcome.failures.push_back(failure);
  for (auto& failure : compare(wanted, legacy)) outcome.failures.push_back(std::move(failure));
  const FaultCounts faults = pipeline.faults();
  const bool died = faults[index_of(Fault::dispatcher_killed)] > 0 ||
                    faults[index_of(Fault::dispatcher_torn)] > 0 ||
                    faults[index_of(Fault::second_dispatcher)] > 0;
  if (!died && !legacy.one_birth)
    outcome.failures.push_back("a score has another birth than its generation");
  outcome.digest = legacy.digest;
  outcome.digest_differs = legacy.digest != wanted.digest;
  outcome.faults = faults;
  outcome.evaluations = legacy.scores.size();
  outcome.ended_after_ns = pipeline.ended_after_ns();
  outcome.takeovers = pipeline.disk().epochs.takeovers();
  outcome.computed = pipeline.disk().computed;
  outcome.messages = pipeline.world().messages();
  outcome.events = pipeline.world().agenda().happened();
  outcome.virtual_ns = pipeline.world().agenda().elapsed_ns();
  return outcome;
}

void Survey::add(const Outcome& outcome) {
  ++runs;
  failed += outcome.failures.empty() ? 0 : 1;
  digests_that_differ += outcome.digest_differs ? 1 : 0;
  bars_accepted += outcome.conserved.bars_accepted;
  bars_lost += outcome.conserved.bars_lost;
  bars_doubled += outcome.conserved.bars_doubled;
  scores_accepted += outcome.conserved.scores_accepted;
  scores_lost += outcome.conserved.scores_lost;
  scores_doubled += outcome.conserved.scores_doubled;
  rows_held_back += outcome.conserved.held_back;
  takeovers += outcome.takeovers;
  evaluations += outcome.evaluations;
  computed += outcome.computed;
  messages += outcome.messages;
  events += outcome.events;
  virtual_ns += outcome.virtual_ns;
  for (std::size_t i = 0; i < kFaultCount; ++i) faults[i] += outcome.faults[i];
  if (!outcome.failures.empty() && failed_seeds.size() < kSeedsKept)
    failed_seeds.push_back(outcome.seed);
  if (!outcome.failures.empty() && failures.size() < kFailuresKept) failures.push_back(outcome);
}

config::Value survey_value(const Survey& survey) {
  config::Value value;
  value.set("runs", survey.runs);
  value.set("failed", survey.failed);
  value.set("digests_that_differ", survey.digests_that_differ);
  value.set("bars_accepted", survey.bars_accepted);
  value.set("bars_lost", survey.bars_lost);
  value.set("bars_doubled", survey.bars_doubled);
  value.set("scores_accepted", survey.scores_accepted);
  value.set("scores_lost", survey.scores_lost);
  value.set("scores_doubled", survey.scores_doubled);
  value.set("rows_held_back", survey.rows_held_back);
  value.set("takeovers", survey.takeovers);
  value.set("evaluations", survey.evaluations);
  value.set("computed", survey.computed);
  value.set("messages", survey.messages);
  value.set("events", survey.events);
  value.set("virtual_seconds",
            static_cast<double>(survey.virtual_ns) / static_cast<double>(kNsPerSecond));
  value.set("real_seconds",
            static_cast<double>(survey.real_ns) / static_cast<double>(kNsPerSecond));
  config::Value faults = config::Value::table();
  for (std::size_t i = 0; i < kFaultCount; ++i) faults.set(kFaultNames[i], survey.faults[i]);
  value.set("faults", std::move(faults));
  config::Value seeds = config::Value::array();
  for (const std::uint64_t seed : survey.failed_seeds) seeds.push(seed);
  value.set("failed_seeds", std::move(seeds));
  config::Value failures = config::Value::array();
  for (const Outcome& outcome : survey.failures) {
    config::Value row;
    row.set("seed", outcome.seed);
    row.set("scenario", outcome.scenario);
    config::Value reasons = config::Value::array();
    for (const auto& reason : outcome.failures) reasons.push(reason);
    row.set("failures", std::move(reasons));
    failures.push(std::move(row));
  }
  value.set("failures", std::move(failures));
  return value;
}

std::string survey_text(const Survey& survey) {
  std::string text = fmt::format(
      "{} runs, {} failed, {} digests differ\n"
      "{} bars accepted, {} lost, {} doubled\n"
      "{} scores accepted, {} lost, {} doubled\n"
      "{} evaluations recorded, {} computed again\n"
      "{:.0f} s of virtual time, {} events, {} messages in {:.1f} s\n\nfaults\n",
      survey.runs, survey.failed, survey.digests_that_differ, survey.bars_accepted,
      survey.bars_lost, survey.bars_doubled, survey.scores_accepted, survey.scores_lost,
      survey.scores_doubled, survey.evaluations, survey.computed - survey.evaluations,
      static_cast<double>(survey.virtual_ns) / static_cast<double>(kNsPerSecond), survey.events,
      survey.messages, static_cast<double>(survey.real_ns) / static_cast<double>(kNsPerSecond));
  for (std::size_t i = 0; i < kFaultCount; ++i)
    text += fmt::format("  {:<20} {:>10}\n", kFaultNames[i], survey.faults[i]);
  text += fmt::format("\nfailed seeds: {}\n",
                      survey.failed_seeds.empty()
                          ? "none"
                          : fmt::format("{}", fmt::join(survey.failed_seeds, " ")));
  for (const Outcome& outcome : survey.failures) {
    text += fmt::format("\nseed {} failed ({})\n", outcome.seed, outcome.scenario);
    for (const auto& reason : outcome.failures) text += fmt::format("  {}\n", reason);
    text += fmt::format("  mendel simulate --seeds {} --trace replays it\n", outcome.seed);
  }
  return text;
}

}  // namespace mendel::simulation

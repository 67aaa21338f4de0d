#include "topology/simulation/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "topology/simulation/loader.hpp"

namespace mendel::simulation {
namespace {

constexpr std::uint16_t kFaultStream = 3;
// A verdict is one in a thousand histories, and needs no large sample there.
constexpr std::size_t kVerdictSample = 8;
constexpr const char* kClient = "mendel";
constexpr const char* kDispatcher = "ga_dispatcher";
constexpr const char* kWriter = "results_writer";
constexpr const char* kLoader = "data_loader";
constexpr std::int64_t kSuperviseNs = 20 * kNsPerMs;
constexpr std::uint32_t kEngine = 1;
constexpr const char* kSelfTest = "right";
constexpr std::size_t kJoinsMax = 6;  // beyond those of the beginning

}  // namespace

Pipeline::Pipeline(Scenario scenario, Engines& engines, World::Trace trace)
    : scenario_(std::move(scenario)),
      engines_(engines),
      draws_(scenario_.seed, kFaultStream, 0, 0, Purpose::sample),
      world_(scenario_.seed, std::move(trace)) {
  world_.set_weather(scenario_.weather);
  world_.add(kWriter, kWriter, [this](const std::string&) {
    return std::make_unique<Writer>(
        disk_, [this] { return fsync(); }, draws_.unit());
  });
  world_.add(kLoader, kLoader,
             [this](const std::string&) { return std::make_unique<Loader>(between(1, 50)); });
  world_.add(kDispatcher, kDispatcher, [this](const std::string& incarnation) {
    ga_dispatcher::Core::Settings settings;
    settings.incarnation = incarnation;
    settings.evaluators = {kEngine, kSelfTest, scenario_.lease_ns};
    settings.verdict_sample = kVerdictSample;
    return std::make_unique<Dispatcher>(std::move(settings), disk_);
  });
  for (int i = 0; i < scenario_.evaluators; ++i) add_evaluator(false);
  world_.add(kClient, kClient, [this](const std::string&) {
    return std::make_unique<Client>(scenario_.run, experiment_text(scenario_.experiment));
  });
  supervise();
  calendar();
  world_.agenda().after(scenario_.heals_at_ns, [this] { heal(); });
}

std::int64_t Pipeline::between(double least_ms, double most_ms) {
  return static_cast<std::int64_t>((least_ms + (most_ms - least_ms) * draws_.unit()) *
                                   static_cast<double>(kNsPerMs));
}

FaultCounts Pipeline::faults() const {
  FaultCounts counts = world_.faults();
  counts[index_of(Fault::late_file)] += disk_.late_files;
  return counts;
}

// ---- processes -------------------------------------------------------------------------------

void Pipeline::add_evaluator(bool foreign) {
  const std::string name = fmt::format("evaluator{}", evaluators_.size() + 1);
  evaluators_[name] = foreign;
  world_.add(name, "evaluator", [this, foreign](const std::string& incarnation) {
    evaluator::Identity identity;
    identity.incarnation = incarnation;
    identity.engine_version = kEngine;
    identity.self_test_digest = kSelfTest;
    identity.threads = scenario_.threads;
    if (foreign && draws_.below(2) == 0)
      identity.engine_version = kEngine + 1;
    else if (foreign)
      identity.self_test_digest = "wrong";
    EvaluatorTraits traits;
    traits.foreign = foreign;
    traits.candidate_ms = scenario_.candidate_ms;
    if (scenario_.late_files) traits.file_lag_ns = between(0, 2000);
    return std::make_unique<SimulatedEvaluator>(std::move(identity), traits, engines_, disk_);
  });
}

void Pipeline::supervise() {
  const auto look = [this](const std::string& name) {
    if (world_.find(name) != nullptr || departed_.count(name) > 0) return;
    if (world_.now().monotonic_ns >= starts_at_ns_[name]) world_.start(name);
  };
  for (const char* name : {kDispatcher, kWriter, kLoader}) look(name);
  for (const auto& [name, foreign] : evaluators_) look(name);
  world_.agenda().after(kSuperviseNs, [this] { supervise(); });
}

std::int64_t Pipeline::fsync() {
  std::int64_t ns = between(0.2, 5);
  if (std::exchange(slow_fsync_, false)) {
    world_.count(Fault::slow_fsync, kWriter);
    ns = between(200, 3000);
  }
  if (std::exchange(tear_writer_, false)) {
    const Process* before = world_.find(kWriter);
    world_.agenda().after(ns / 2, [this, before] {
      const auto* writer = as<Writer>(kWriter);
      if (writer == nullptr || writer != before || !writer->syncing()) return;
      world_.count(Fault::writer_torn, kWriter);
      kill(kWriter);
    });
  }
  return ns;
}

bool Pipeline::is_healthy(const std::string& name) const {
  if (departed_.count(name) > 0 || evaluators_.at(name)) return false;
  const auto* process = as<SimulatedEvaluator>(name);
  return process == nullptr || !process->wedged();
}

bool Pipeline::spares(const std::string& name) {
  constexpr int kMost = 2;
  const std::string incarnation = world_.incarnation(name);
  const auto alone = disk_.alone.find(incarnation);
  if (alone != disk_.alone.end() && disk_.deaths[alone->second] >= kMost) return true;
  if (alone != disk_.alone.end() && disk_.struck.count(incarnation) == 0)
    ++disk_.deaths[alone->second];
  disk_.struck.insert(incarnation);
  return false;
}

std::string Pipeline::any_evaluator() {
  std::vector<std::string> living;
  for (const auto& [name, foreign] : evaluators_)
    if (!foreign && departed_.count(name) == 0 && world_.find(name) != nullptr)
      living.push_back(name);
  return living.empty() ? "" : living[draws_.below(living.size())];
}

// ---- faults ----------------------------------------------------------------------------------

void Pipeline::calendar() {
  if (healed_ || scenario_.faults.empty()) return;
  world_.agenda().after(
      static_cast<std::int64_t>(2 * draws_.unit() * static_cast<double>(scenario_.fault_every_ns)),
      [this] {
        if (!healed_) strike(scenario_.faults[draws_.below(scenario_.faults.size())]);
        calendar();
      });
}

void Pipeline::kill(const std::string& name) {
  starts_at_ns_[name] = world_.now().monotonic_ns + between(10, 2000);
  world_.kill(name);
}

void Pipeline::pause(const std::string& name, double most_ms) {
  world_.pause(name);
  world_.agenda().after(between(50, most_ms), [this, name] { world_.resume(name); });
}

void Pipeline::strike(Fault fault) {
  switch (fault) {
    case Fault::evaluator_joined:
    case Fault::foreign_evaluator:
      if (evaluators_.size() >= static_cast<std::size_t>(scenario_.evaluators) + kJoinsMax) return;
      world_.count(fault, "");
      return add_evaluator(fault == Fault::foreign_evaluator);
    case Fault::dispatcher_killed:
    case Fault::writer_killed:
    case Fault::loader_killed: {
      const std::string name = fault == Fault::dispatcher_killed ? kDispatcher
                               : fault == Fault::writer_killed   ? kWriter
                                                                 : kLoader;
      if (world_.find(name) == nullptr) return;
      world_.count(fault, name);
      return kill(name);
    }
    case Fault::dispatcher_torn: {
      auto* dispatcher = as<Dispatcher>(kDispatcher);
      if (dispatcher == nullptr) return;
      world_.count(fault, kDispatcher);
      starts_at_ns_[kDispatcher] = world_.now().monotonic_ns + between(10, 1000);
      return dispatcher->tear_after(1 + static_cast<int>(draws_.below(12)));
    }
    case Fault::dispatcher_paused:
    case Fault::writer_paused: {
      const std::string name = fault == Fault::dispatcher_paused ? kDispatcher : kWriter;
      if (world_.find(name) == nullptr || world_.is_paused(name)) return;
      world_.count(fault, name);
      return pause(name, 8000);
    }
    case Fault::writer_torn:
      tear_writer_ = true;
      return;
    case Fault::slow_fsync:
      slow_fsync_ = true;
      return;
    default:
      return strike_evaluator(fault);
  }
}

void Pipeline::strike_evaluator(Fault fault) {
  const std::string name = any_evaluator();
  if (name.empty()) return;
  auto* process = as<SimulatedEvaluator>(name);
  if (fault == Fault::evaluator_stalled && process->hangs()) return;
  if (fault == Fault::evaluator_paused && world_.is_paused(name)) return;
  if (fault == Fault::evaluator_slowed) {
    world_.count(fault, name);
    return process->slow_down();
  }
  // An idle one that hangs would be given candidates alone, and be taken to hang on them.
  if (fault != Fault::evaluator_killed && fault != Fault::evaluator_left && !process->busy())
    return;
  if (spares(name)) return;
  world_.count(fault, name);
  if (fault == Fault::evaluator_killed) return kill(name);
  if (fault == Fault::evaluator_paused) return pause(name, 6000);
  if (fault == Fault::evaluator_wedged) return process->wedge(world_.now());
  if (fault == Fault::evaluator_left) {
    departed_.insert(name);
    return world_.ask_to_stop(name);
  }
  check(fault == Fault::evaluator_stalled, "a fault of an evaluator");
  process->stall(world_.now());
  world_.agenda().after(between(100, 15'000), [this, name] {
    if (auto* same = as<SimulatedEvaluator>(name)) same->unstall(world_.now());
  });
}

// From now on nothing breaks any more. What hangs for good stays so; somebody is there to work.
void Pipeline::heal() {
  if (std::exchange(healed_, true)) return;
  world_.note("everything is well from here on");
  world_.set_weather({});
  tear_writer_ = false;
  slow_fsync_ = false;
  for (const char* name : {kDispatcher, kWriter, kLoader}) world_.resume(name);
  if (auto* dispatcher = as<Dispatcher>(kDispatcher)) dispatcher->do_not_tear();
  bool healthy = false;
  for (const auto& [name, foreign] : evaluators_) {
    world_.resume(name);
    if (auto* process = as<SimulatedEvaluator>(name)) process->unstall(world_.now());
    healthy = healthy || is_healthy(name);
  }
  if (!healthy) add_evaluator(false);
}

// ---- the run ---------------------------------------------------------------------------------

bool Pipeline::ended() const {
  const auto* client = as<Client>(kClient);
  return !client->ended().empty() || !client->error().empty();
}

// The dispatcher waits for nothing more, and nobody is thought to hold anything.
bool Pipeline::closed() const {
  const auto* dispatcher = as<Dispatcher>(kDispatcher);
  const auto* writer = as<Writer>(kWriter);
  return dispatcher != nullptr && writer != nullptr && !writer->syncing() &&
         dispatcher->sample("batches_held") == 0 && dispatcher->sample("outstanding") == 0 &&
         dispatcher->sample("pending") == 0;
}

bool Pipeline::run_until(bool (Pipeline::*done)() const, std::int64_t within_ns) {
  const std::int64_t last_ns = world_.now().monotonic_ns + within_ns;
  while (!(this->*done)()) {
    if (world_.now().monotonic_ns > last_ns) return false;
    world_.agenda().step();
  }
  return true;
}

std::vector<std::string> Pipeline::run() {
  std::vector<std::string> failures;
  const bool in_time = run_until(&Pipeline::ended, scenario_.heals_at_ns + kEndsWithinNs);
  const auto* client = as<Client>(kClient);
  if (!in_time)
    failures.push_back(fmt::format("the run does not end within {} s after everything was well",
                                   kEndsWithinNs / kNsPerSecond));
  else if (!client->error().empty())
    failures.push_back("the run is refused: " + client->error());
  else if (client->ended() != "finished")
    failures.push_back("the run is " + client->ended());
  heal();
  if (failures.empty() && !run_until(&Pipeline::closed, kLeaseNsMax + kClosesWithinNs)) {
    const auto* dispatcher = as<Dispatcher>(kDispatcher);
    failures.push_back(
        fmt::format("{} batches are still thought to be held {} s after a lease is over",
                    dispatcher == nullptr ? -1 : dispatcher->sample("batches_held"),
                    kClosesWithinNs / kNsPerSecond));
  }
  for (const auto& complaint : disk_.complaints)
    if (std::find(failures.begin(), failures.end(), complaint) == failures.end())
      failures.push_back(complaint);
  return failures;
}

}  // namespace mendel::simulation

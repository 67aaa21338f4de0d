#include "topology/simulation/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "shared/wiring/edges.hpp"
#include "topology/simulation/loader.hpp"
#include "topology/simulation/shipper.hpp"
#include "topology/simulation/watcher.hpp"
#include "topology/simulation/writer.hpp"

namespace mendel::simulation {
namespace {

constexpr std::uint16_t kFaultStream = 3;
// A verdict is one in a thousand histories, and needs no large sample there.
constexpr std::size_t kVerdictSample = 8;
constexpr const char* kClient = "mendel";
constexpr const char* kDispatcher = "ga_dispatcher";
constexpr const char* kWriter = "results_writer";
constexpr const char* kLoader = "data_loader";
constexpr const char* kIngestor = "ingestor";
constexpr const char* kMonitor = "monitor";
constexpr std::int64_t kSuperviseNs = 20 * kNsPerMs;
constexpr std::uint32_t kEngine = 1;
constexpr const char* kSelfTest = "right";
constexpr std::size_t kJoinsMax = 6;  // beyond those of the beginning

}  // namespace

Pipeline::Pipeline(Scenario scenario, Engines& engines, World::Trace trace)
    : scenario_(std::move(scenario)),
      engines_(engines),
      draws_(scenario_.seed, kFaultStream, 0, 0, Purpose::sample),
      database_(scenario_.seed),
      shipments_(shipments_of(scenario_.experiment)),
      own_shipments_(own_shipments(scenario_.experiment)),
      world_(scenario_.seed, std::move(trace)) {
  disk_.reserve_files = scenario_.reserve_files;
  world_.set_weather(scenario_.weather);
  if (!scenario_.ingest_first) {
    for (std::size_t i = 0; i < own_shipments_; ++i) {
      const auto& one = shipments_[i];
      market_before_.add({one.source, "", 0, one.symbol, one.timeframe, one.revision, one.bars});
    }
    market_before_.senders.clear();
    database_.market = market_before_;
  }
  add_stages();
  plan();
  supervise();
  calendar();
  world_.agenda().after(scenario_.heals_at_ns, [this] { heal(); });
}

void Pipeline::plan() {
  for (const auto& [at_ns, fault] : scenario_.planned)
    world_.agenda().after(at_ns, [this, fault = fault] { strike(fault); });
  if (!scenario_.outage) return;
  world_.agenda().after(scenario_.outage->first, [this] {
    world_.count(Fault::database_away, "");
    database_.away = true;
  });
  world_.agenda().after(scenario_.outage->second, [this] { database_.away = false; });
}

void Pipeline::add_stages() {
  for (const char* role : {kMonitor, kWriter, kLoader, kDispatcher, kIngestor}) add(role);
  for (int i = 0; i < scenario_.evaluators; ++i) add_evaluator(false);
  world_.add(kClient, kClient, [this](const std::string&) {
    return std::make_unique<Client>(scenario_.run, experiment_text(scenario_.experiment), [this] {
      return !scenario_.ingest_first || disk_.jobs_done >= own_shipments_;
    });
  });
}

void Pipeline::add(const std::string& role) {
  auto& names = names_[role];
  const std::string name = names.empty() ? role : fmt::format("{}{}", role, names.size() + 1);
  names.push_back(name);
  world_.add(name, role,
             [this, role](const std::string& incarnation) { return make(role, incarnation); });
}

std::unique_ptr<Process> Pipeline::make(const std::string& role, const std::string& incarnation) {
  if (role == kMonitor) return std::make_unique<Watcher>();
  if (role == kIngestor) return std::make_unique<Shipper>(incarnation, disk_, shipments_);
  if (role == kDispatcher) {
    ga_dispatcher::Core::Settings settings;
    settings.incarnation = incarnation;
    settings.evaluators = {kEngine, kSelfTest, scenario_.lease_ns};
    settings.verdict_sample = kVerdictSample;
    return std::make_unique<Dispatcher>(std::move(settings), disk_);
  }
  Hardware hardware{[this, role] { return fsync(role); }, draws_.unit()};
  if (role == kWriter) return std::make_unique<Writer>(disk_, database_, std::move(hardware));
  return std::make_unique<Loader>(disk_, database_, std::move(hardware));
}

Process* Pipeline::owner(const std::string& role) const {
  for (const auto& name : names_.at(role)) {
    Process* process = world_.find(name);
    if (process != nullptr && process->owns() && !world_.is_paused(name)) return process;
  }
  return nullptr;
}

std::int64_t Pipeline::between(double least_ms, double most_ms) {
  return static_cast<std::int64_t>((least_ms + (most_ms - least_ms) * draws_.unit()) *
                                   static_cast<double>(kNsPerMs));
}

FaultCounts Pipeline::faults() const {
  FaultCounts counts = world_.faults();
  counts[index_of(Fault::late_file)] += disk_.late_files;
  counts[index_of(Fault::file_refused)] += disk_.refused_files;
  counts[index_of(Fault::commit_cut_off)] += database_.cut_off_commits();
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
  for (const auto& [role, names] : names_)
    for (const auto& name : names) look(name);
  for (const auto& [name, foreign] : evaluators_) look(name);
  world_.agenda().after(kSuperviseNs, [this] { supervise(); });
}

std::int64_t Pipeline::fsync(const std::string& role) {
  std::int64_t ns = slow_disk_ ? between(300, 3000) : between(0.2, 5);
  if (std::exchange(slow_fsync_, false)) {
    world_.count(Fault::slow_fsync, role);
    ns = between(200, 3000);
  }
  if (tears_.erase(role) > 0) {
    const Process* before = owner(role);
    world_.agenda().after(ns / 2, [this, role, before] {
      if (owner(role) != before || before == nullptr || !before->syncing()) return;
      world_.count(role == kWriter ? Fault::writer_torn : Fault::loader_torn, role);
      for (const auto& name : names_.at(role))
        if (world_.find(name) == before) kill(name);
    });
  }
  return ns;
}

bool Pipeline::is_healthy(const std::string& name) const {
  if (departed_.count(name) > 0 || evaluators_.at(name)) return false;
  const auto* process = as<SimulatedEvaluator>(name);
  return process == nullptr || (!process->wedged() && !process->slowed());
}

bool Pipeline::spares(const std::string& name) {
  constexpr int kMost = 2;
  const std::string incarnation = world_.incarnation(name);
  auto& alone = disk_.alone[incarnation];
  std::erase_if(alone, [this](const auto& key) { return disk_.told_scores.count(key) > 0; });
  for (const Digest& key : alone)
    if (disk_.deaths[key] >= kMost) return true;
  if (disk_.struck.count(incarnation) == 0)
    for (const Digest& key : alone) ++disk_.deaths[key];
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
    case Fault::dispatcher_torn:
    case Fault::dispatcher_paused:
      return strike_process(kDispatcher, fault);
    case Fault::writer_killed:
    case Fault::writer_paused:
      return strike_process(kWriter, fault);
    case Fault::loader_killed:
    case Fault::loader_paused:
      return strike_process(kLoader, fault);
    case Fault::ingestor_killed:
    case Fault::ingestor_paused:
      return strike_process(kIngestor, fault);
    case Fault::monitor_killed:
      return strike_process(kMonitor, fault);
    case Fault::second_dispatcher:
      return begin_second(kDispatcher, fault);
    case Fault::second_writer:
      return begin_second(kWriter, fault);
    case Fault::second_loader:
      return begin_second(kLoader, fault);
    case Fault::partition:
      return part(fault);
    case Fault::writer_torn:
    case Fault::loader_torn:
    case Fault::slow_fsync:
    case Fault::slow_disk:
    case Fault::disk_full:
    case Fault::inodes_used_up:
      return strike_disk(fault);
    case Fault::database_away:
    case Fault::database_slow:
    case Fault::commit_cut_off:
    case Fault::backends_ended:
      return strike_database(fault);
    default:
      return strike_evaluator(fault);
  }
}

// One of a role's processes; of two, any.
void Pipeline::strike_process(const std::string& role, Fault fault) {
  const auto& names = names_.at(role);
  const std::string& name = names[names.size() == 1 ? 0 : draws_.below(names.size())];
  Process* process = world_.find(name);
  if (process == nullptr) return;
  const bool pauses = fault == Fault::dispatcher_paused || fault == Fault::writer_paused ||
                      fault == Fault::loader_paused || fault == Fault::ingestor_paused;
  if (pauses && world_.is_paused(name)) return;
  world_.count(fault, name);
  if (pauses) return pause(name, 8000);
  if (fault != Fault::dispatcher_torn) return kill(name);
  starts_at_ns_[name] = world_.now().monotonic_ns + between(10, 1000);
  static_cast<Dispatcher*>(process)->tear_after(1 + static_cast<int>(draws_.below(12)));
}

// By mistake: it must stand by for as long as the first one lives.
void Pipeline::begin_second(const std::string& role, Fault fault) {
  if (names_.at(role).size() > 1) return;
  world_.count(fault, role);
  add(role);
}

void Pipeline::part(Fault fault) {
  const auto& edge = wiring::edges()[draws_.below(wiring::kEdgeCount - 1)];
  const std::string other(edge.to[edge.to[1].empty() ? 0 : draws_.below(2)]);
  world_.count(fault, fmt::format("{} and {}", edge.from, other));
  world_.part(std::string(edge.from), other, world_.now().monotonic_ns + between(200, 5000));
}

void Pipeline::for_a_while(double least_ms, double most_ms, bool& flag) {
  flag = true;
  world_.agenda().after(between(least_ms, most_ms), [&flag] { flag = false; });
}

void Pipeline::strike_disk(Fault fault) {
  if (fault == Fault::writer_torn || fault == Fault::loader_torn) {
    tears_.insert(fault == Fault::writer_torn ? kWriter : kLoader);
  } else if (fault == Fault::slow_fsync) {
    slow_fsync_ = true;
  } else {
    bool& flag = fault == Fault::slow_disk   ? slow_disk_
                 : fault == Fault::disk_full ? disk_.full
                                             : disk_.no_inodes;
    if (flag) return;
    world_.count(fault, "");
    for_a_while(500, 8000, flag);
  }
}

void Pipeline::strike_database(Fault fault) {
  if (fault == Fault::commit_cut_off) {
    if (database_.cut_off > 0) return;
    database_.cut_off = 0.5;
    world_.agenda().after(between(500, 8000), [this] { database_.cut_off = 0; });
    return;
  }
  bool& flag = fault == Fault::database_away ? database_.away : database_.slow;
  if (fault != Fault::backends_ended && flag) return;
  world_.count(fault, "");
  if (fault == Fault::backends_ended) return database_.terminate_backends();
  for_a_while(500, 15'000, flag);
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

// From now on nothing breaks any more. What hangs for good, or is slow for good, stays so; somebody
// else is there to work.
void Pipeline::heal() {
  if (std::exchange(healed_, true)) return;
  world_.note("everything is well from here on");
  world_.set_weather({});
  world_.join_again();
  database_.heal();
  tears_.clear();
  slow_fsync_ = slow_disk_ = disk_.full = disk_.no_inodes = false;
  for (const auto& [role, names] : names_)
    for (const auto& name : names) world_.resume(name);
  for (const auto& name : names_.at(kDispatcher))
    if (auto* dispatcher = as<Dispatcher>(name)) dispatcher->do_not_tear();
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
  const auto* dispatcher = static_cast<Dispatcher*>(owner(kDispatcher));
  const auto* writer = static_cast<Writer*>(owner(kWriter));
  return dispatcher != nullptr && writer != nullptr && !writer->syncing() &&
         dispatcher->sample("batches_held") == 0 && dispatcher->sample("outstanding") == 0 &&
         dispatcher->sample("pending") == 0;
}

// Everything that was ingested and recorded is in the database, and everybody is seen to be there.
bool Pipeline::stored() const {
  const auto* loader = static_cast<Loader*>(owner(kLoader));
  const auto* writer = static_cast<Writer*>(owner(kWriter));
  const auto* watcher = as<Watcher>(kMonitor);
  return loader != nullptr && writer != nullptr && watcher != nullptr && loader->drained() &&
         writer->drained() && disk_.jobs_done == shipments_.size() && watcher->missing().empty();
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
  ended_after_ns_ = world_.agenda().elapsed_ns();
  const auto* client = as<Client>(kClient);
  if (!in_time)
    failures.push_back(fmt::format("the run does not end within {} s after everything was well",
                                   kEndsWithinNs / kNsPerSecond));
  else if (!client->error().empty())
    failures.push_back("the run is refused: " + client->error());
  else if (client->ended() != "finished")
    failures.push_back("the run is " + client->ended());
  // An outage that was planned lasts, though nobody waits for the database.
  if (scenario_.outage) run_until(&Pipeline::healed, scenario_.heals_at_ns);
  heal();
  if (failures.empty() && !run_until(&Pipeline::closed, kLeaseNsMax + kClosesWithinNs)) {
    const auto* dispatcher = static_cast<Dispatcher*>(owner(kDispatcher));
    failures.push_back(
        fmt::format("{} batches are still thought to be held {} s after a lease is over",
                    dispatcher == nullptr ? -1 : dispatcher->sample("batches_held"),
                    kClosesWithinNs / kNsPerSecond));
  }
  if (failures.empty() && !run_until(&Pipeline::stored, kDrainsWithinNs)) {
    failures.push_back(
        fmt::format("{} of {} files are stored, and not all that is in the logs, {} s after "
                    "everything was well",
                    disk_.jobs_done, shipments_.size(), kDrainsWithinNs / kNsPerSecond));
  }
  for (const auto& complaint : disk_.complaints)
    if (std::find(failures.begin(), failures.end(), complaint) == failures.end())
      failures.push_back(complaint);
  return failures;
}

}  // namespace mendel::simulation

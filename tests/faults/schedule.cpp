#include "tests/faults/schedule.hpp"

#include <fmt/format.h>

#include <map>

#include "shared/base/rng.hpp"
#include "shared/wiring/edges.hpp"

namespace mendel::faults {
namespace {

constexpr int kDeathsMax = 3;

FaultKind draw_kind(Draws& draws, bool disk) {
  constexpr FaultKind kKinds[] = {
      FaultKind::kill,      FaultKind::kill,        FaultKind::kill,
      FaultKind::stop,      FaultKind::stop,        FaultKind::terminate_backends,
      FaultKind::cut_links, FaultKind::hold_links,  FaultKind::restart_database,
      FaultKind::cut_links, FaultKind::delay_links, FaultKind::fill_disk};
  return kKinds[draws.below(disk ? 12 : 11)];
}

std::string text_of(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kill:
      return "kill " + fault.stage;
    case FaultKind::stop:
      return fmt::format("stop {} for {} ms", fault.stage, fault.for_ms);
    case FaultKind::terminate_backends:
      return "terminate the database's backends";
    case FaultKind::restart_database:
      return "crash the database";
    case FaultKind::cut_links:
      return "cut the links";
    case FaultKind::hold_links:
      return fmt::format("hold the links for {} ms", fault.for_ms);
    case FaultKind::delay_links:
      return fmt::format("delay the links for {} ms", fault.for_ms);
    case FaultKind::fill_disk:
      return fmt::format("fill the disk for {} ms", fault.for_ms);
  }
  return "";
}

}  // namespace

Schedule make_schedule(std::uint64_t seed, std::size_t faults, bool disk) {
  Draws draws(seed, 0, 0, 0, Purpose::sample);
  Schedule schedule{seed, {}};
  std::map<std::string, int> deaths;
  while (schedule.faults.size() < faults) {
    Fault fault;
    fault.kind = draw_kind(draws, disk);
    fault.wait_ms = 50 + static_cast<std::int64_t>(draws.below(600));
    fault.for_ms = 200 + static_cast<std::int64_t>(draws.below(1500));
    fault.stage = wiring::kStages[draws.below(wiring::kStages.size())];
    const bool database = fault.kind == FaultKind::restart_database;
    const std::string dies = database ? "database" : fault.stage;
    if ((database || fault.kind == FaultKind::kill) && ++deaths[dies] > kDeathsMax) continue;
    schedule.faults.push_back(std::move(fault));
  }
  return schedule;
}

std::string to_text(const Schedule& schedule) {
  std::string text = fmt::format("seed {}:", schedule.seed);
  for (const Fault& fault : schedule.faults) {
    text += fmt::format(" after {} ms {};", fault.wait_ms, text_of(fault));
  }
  return text;
}

}  // namespace mendel::faults

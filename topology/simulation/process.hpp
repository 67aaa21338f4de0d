// Process: one simulated process: a stage's core and what the stage's edge does around it, on
// virtual time and virtual disks. To the World it is a runtime::Stage, as to the real loop.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <optional>

#include "shared/runtime/stage.hpp"

namespace mendel::simulation {

class Process : public runtime::Stage {
 public:
  // When something in it ends without a message: a computation, an fsync. nullopt = nothing does.
  virtual std::optional<std::int64_t> wakes_at_ns() const { return std::nullopt; }
  // It stood still for so long, its threads and its disk too.
  virtual void stood_still(std::int64_t /*ns*/) {}
  // It died within a call: the World buries it.
  virtual bool crashed() const { return false; }
  // Of several processes of a role with one owner: it is that one, as far as it knows.
  virtual bool owns() const { return false; }
  virtual bool syncing() const { return false; }
};

}  // namespace mendel::simulation

// Kernel: scores whole populations. It gives what backtest::Engine gives, sooner: conditions as
// bitmaps that the population shares, positions followed from signal to signal, blocks of bars that
// stay in the caches. What it has no fast way for, the engine's plain loop computes. docs/kernel.md
// explains it; tests/unit/kernel compares both.
// Threads: prepared once, then const and safe from many threads, each with a Workspace of its own.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "shared/backtest/engine.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::kernel {

struct Limits {
  // Columns that a workspace keeps for the next population; past it, it starts anew.
  std::size_t kept_bytes_max = 256 << 20;
  // Up to this many bars every column is kept whole; longer histories are computed block by block
  // where the definition of the column allows.
  std::size_t kept_bars_max = 1 << 16;
};

class Kernel {
 public:
  // What one thread keeps between calls.
  class Workspace;

  // The engine must outlive the kernel.
  explicit Kernel(const backtest::Engine& engine);
  ~Kernel();
  Kernel(Kernel&&) noexcept;
  Kernel& operator=(Kernel&&) noexcept;

  // Must not outlive the kernel.
  std::shared_ptr<Workspace> make_workspace(Limits limits = {}) const;

  // One outcome per genome, as Engine::evaluate(genome, windows, false). What the others of the
  // batch are, or were, changes no bit of it.
  std::vector<backtest::Outcome> evaluate(std::span<const strategy::Genome> genomes,
                                          std::uint8_t windows, Workspace& workspace) const;

  // The same as Engine::evaluate_daily, to the bit: conditions are the population's, trading is the
  // plain loop's.
  std::vector<backtest::Outcome> evaluate_daily(std::span<const strategy::Genome> genomes,
                                                std::uint8_t windows, Workspace& workspace) const;

  // Drops what earlier populations left in it; the memory stays.
  static void forget(Workspace& workspace);

  // Genomes whose trading was left to the plain loop, so far, buy-and-hold not counted.
  static std::size_t traded_plainly(const Workspace& workspace);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mendel::kernel

// Canonical text: the resolved experiment as TOML, settings in one order with their defaults (those
// that are off are 0 or left out), and the digests made from it. Reading the text again gives the
// same text.
// Threads: pure functions.
#pragma once

#include <string>

#include "shared/strategy/experiment.hpp"

namespace mendel::strategy {

// Requires the settings of `experiment`, not its text or digests.
std::string canonical_text(const Experiment& experiment);
// The same without what changes no generation: the experiment's name and [results].
std::string nameless_text(const Experiment& experiment);
// What a score depends on beside dataset, genome and engine.
std::string semantics_text(const Experiment& experiment);
// As an experiment has it: "sharpe_ratio max".
std::string objective_text(const Objective& objective);

}  // namespace mendel::strategy

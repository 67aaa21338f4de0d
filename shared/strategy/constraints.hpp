// Constraints: which one a genome breaks. Whether it breaks any, and quickly, says
// satisfies_constraints().
// Threads: pure functions.
#pragma once

#include <string>

#include "shared/strategy/experiment.hpp"

namespace mendel::strategy {

// The first that the genome breaks, for messages: "constraint 'fast < slow'"; "" = none.
std::string broken_constraint(const Experiment& experiment, const Genome& genome);

}  // namespace mendel::strategy

// The digest chain of a search: equal digests mean equal populations and equal scores in every
// generation so far. Nothing of a run's name, time or hardware enters it.
// Threads: pure functions.
#pragma once

#include "shared/base/hash.hpp"
#include "shared/genetics/population.hpp"

namespace mendel::genetics {

// What stands before generation 0: SHA-256(experiment without its names, dataset id).
Digest digest_before(const Digest& nameless_experiment, const Digest& dataset_id);

// SHA-256(previous digest, then per island and slot: canonical genome bytes, objective and limit
// values as little-endian IEEE bits with one pattern for NULL, validity byte).
Digest digest_of(const Digest& previous, const Population& scored);

}  // namespace mendel::genetics

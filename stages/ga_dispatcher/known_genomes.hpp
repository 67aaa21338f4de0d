// KnownGenomes: every distinct genome of one search, with its evaluation key and, once it is
// recorded, its scoring. Found by genome or by key in a step or two; places never change.
// Threads: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/genetics/scoring.hpp"
#include "shared/strategy/genes.hpp"

namespace mendel::ga_dispatcher {

class KnownGenomes {
 public:
  using Place = std::uint32_t;
  struct Known {
    strategy::Genome genome;
    Digest key;
    genetics::Scoring scoring;
    bool scored = false;
  };

  std::optional<Place> find(const strategy::Genome& genome) const;
  std::optional<Place> find(const Digest& key) const;
  // Requires that the genome is not known.
  Place add(strategy::Genome genome, const Digest& key);
  // Requires that it is not scored.
  void score(Place place, genetics::Scoring scoring);
  void clear() { *this = KnownGenomes(); }

  const Known& operator[](Place place) const { return all_[place]; }
  const std::vector<Known>& all() const { return all_; }  // in the order of their coming

 private:
  using Buckets = std::vector<Place>;  // place + 1; 0 = none; a power of two, at most half full

  template <class Equal>
  static std::size_t bucket(const Buckets& buckets, std::uint64_t hash, Equal equal);
  void grow();

  std::vector<Known> all_;
  Buckets by_genome_;
  Buckets by_key_;
};

}  // namespace mendel::ga_dispatcher

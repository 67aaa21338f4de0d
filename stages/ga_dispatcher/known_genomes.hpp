// KnownGenomes: every distinct genome of one search, with its evaluation key and, once it is
// recorded, its scoring. Found by genome in a step or two; places never change.
// Threads: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/genetics/scoring.hpp"
#include "shared/strategy/genes.hpp"
#include "stages/ga_dispatcher/places.hpp"

namespace mendel::ga_dispatcher {

class KnownGenomes {
 public:
  using Place = Places::Place;
  struct Known {
    genetics::Member member;
    Digest key;
    bool scored = false;
  };

  // The place of the genome, and whether it is new: `key_of(genome)` is its key then.
  template <class KeyOf>
  std::pair<Place, bool> know(const strategy::Genome& genome, KeyOf key_of) {
    const std::uint32_t hash = hash_of(genome);
    const auto place =
        by_genome_.find(hash, [&](Place other) { return (*this)[other].member.genome == genome; });
    if (place) return {*place, false};
    return {add(genome, hash, key_of(genome)), true};
  }
  // Begins to fetch what know() of the genome, or a look at the place, will need: of many, a few
  // before it is their turn.
  void prefetch(const strategy::Genome& genome) const { by_genome_.prefetch(hash_of(genome)); }
  void prefetch(Place place) const {
    const auto* known = reinterpret_cast<const char*>(&(*this)[place]);
    for (std::size_t line = 0; line < sizeof(Known); line += kLine)
      __builtin_prefetch(known + line);
  }
  // Requires that it is not scored.
  void score(Place place, genetics::Scoring scoring);
  void clear() { *this = KnownGenomes(); }

  const Known& operator[](Place place) const { return blocks_[place / kBlock][place % kBlock]; }
  std::size_t size() const { return by_genome_.size(); }

 private:
  static constexpr std::size_t kBlock = 256;
  static constexpr std::size_t kLine = 64;  // of a cache

  static std::uint32_t hash_of(const strategy::Genome& genome);
  Place add(const strategy::Genome& genome, std::uint32_t hash, const Digest& key);

  std::vector<std::unique_ptr<Known[]>> blocks_;  // nothing moves while they grow
  Places by_genome_;
};

}  // namespace mendel::ga_dispatcher

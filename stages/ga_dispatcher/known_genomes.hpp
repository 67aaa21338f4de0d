// KnownGenomes: every distinct genome of one search, with its evaluation key and, once it is
// recorded, its scoring. Found by genome or by key in a step or two; places never change.
// Threads: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/genetics/scoring.hpp"
#include "shared/strategy/genes.hpp"

namespace mendel::ga_dispatcher {

class KnownGenomes {
 public:
  using Place = std::uint32_t;
  struct Known {
    genetics::Member member;
    Digest key;
    bool scored = false;
  };

  std::optional<Place> find(const Digest& key) const;
  // The place of the genome, and whether it is new: `key_of(genome)` is its key then.
  template <class KeyOf>
  std::pair<Place, bool> know(const strategy::Genome& genome, KeyOf key_of) {
    const std::uint32_t hash = hash_of(genome);
    if (const auto place = find(genome, hash)) return {*place, false};
    return {add(genome, hash, key_of(genome)), true};
  }
  // Requires that it is not scored.
  void score(Place place, genetics::Scoring scoring);
  void clear() { *this = KnownGenomes(); }

  const Known& operator[](Place place) const { return all_[place]; }
  const std::vector<Known>& all() const { return all_; }  // in the order of their coming

 private:
  struct Bucket {
    Place next = 0;          // place + 1; 0 = none
    std::uint32_t hash = 0;  // so that others are told apart, and buckets grow, without a look
  };
  using Buckets = std::vector<Bucket>;  // a power of two, at most half full

  static std::uint32_t hash_of(const strategy::Genome& genome);
  static std::uint32_t hash_of(const Digest& key);
  static void put(Buckets& buckets, Bucket entry);
  static void grow(Buckets& buckets);
  template <class Equal>
  static std::optional<Place> find(const Buckets& buckets, std::uint32_t hash, Equal equal);
  std::optional<Place> find(const strategy::Genome& genome, std::uint32_t hash) const;
  Place add(const strategy::Genome& genome, std::uint32_t hash, const Digest& key);

  std::vector<Known> all_;
  Buckets by_genome_;
  Buckets by_key_;
};

}  // namespace mendel::ga_dispatcher

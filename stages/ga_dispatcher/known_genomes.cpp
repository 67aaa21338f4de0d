#include "stages/ga_dispatcher/known_genomes.hpp"

#include <string_view>
#include <utility>

#include "shared/base/check.hpp"

namespace mendel::ga_dispatcher {
namespace {

constexpr std::size_t kBucketsMin = 64;

// Equal genomes have one hash: the two zeros are equal.
std::uint64_t hash_of(const strategy::Genome& genome) {
  std::uint64_t hash = genome.size();
  for (const double gene : genome) {
    const double value = gene + 0.0;
    const std::string_view bytes(reinterpret_cast<const char*>(&value), sizeof value);
    hash = (hash ^ checksum(bytes)) * 0x9E3779B97F4A7C15;
    hash ^= hash >> 32;
  }
  return hash;
}

}  // namespace

// The bucket of what `equal` holds for, or the empty one where it would be.
template <class Equal>
std::size_t KnownGenomes::bucket(const Buckets& buckets, std::uint64_t hash, Equal equal) {
  const std::size_t mask = buckets.size() - 1;
  std::size_t at = static_cast<std::size_t>(hash) & mask;
  while (buckets[at] != 0 && !equal(buckets[at] - 1)) at = (at + 1) & mask;
  return at;
}

std::optional<KnownGenomes::Place> KnownGenomes::find(const strategy::Genome& genome) const {
  if (by_genome_.empty()) return std::nullopt;
  const std::size_t at = bucket(by_genome_, hash_of(genome),
                                [&](Place place) { return all_[place].genome == genome; });
  return by_genome_[at] == 0 ? std::nullopt : std::optional(by_genome_[at] - 1);
}

std::optional<KnownGenomes::Place> KnownGenomes::find(const Digest& key) const {
  if (by_key_.empty()) return std::nullopt;
  const std::size_t at =
      bucket(by_key_, DigestHash()(key), [&](Place place) { return all_[place].key == key; });
  return by_key_[at] == 0 ? std::nullopt : std::optional(by_key_[at] - 1);
}

KnownGenomes::Place KnownGenomes::add(strategy::Genome genome, const Digest& key) {
  if (by_genome_.size() < 2 * (all_.size() + 1)) grow();
  const auto place = static_cast<Place>(all_.size());
  const auto none = [](Place) { return false; };
  const std::size_t at = bucket(by_genome_, hash_of(genome),
                                [&](Place other) { return all_[other].genome == genome; });
  check(by_genome_[at] == 0, "a genome is added once");
  by_genome_[at] = place + 1;
  by_key_[bucket(by_key_, DigestHash()(key), none)] = place + 1;
  all_.push_back({std::move(genome), key, {}, false});
  return place;
}

void KnownGenomes::score(Place place, genetics::Scoring scoring) {
  Known& known = all_[place];
  check(!known.scored, "a genome is scored once");
  known.scoring = std::move(scoring);
  known.scored = true;
}

void KnownGenomes::grow() {
  const std::size_t size = by_genome_.empty() ? kBucketsMin : 2 * by_genome_.size();
  by_genome_.assign(size, 0);
  by_key_.assign(size, 0);
  const auto none = [](Place) { return false; };
  for (Place place = 0; place < all_.size(); ++place) {
    by_genome_[bucket(by_genome_, hash_of(all_[place].genome), none)] = place + 1;
    by_key_[bucket(by_key_, DigestHash()(all_[place].key), none)] = place + 1;
  }
}

}  // namespace mendel::ga_dispatcher

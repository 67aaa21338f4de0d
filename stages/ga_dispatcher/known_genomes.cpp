#include "stages/ga_dispatcher/known_genomes.hpp"

#include <bit>
#include <utility>

#include "shared/base/check.hpp"

namespace mendel::ga_dispatcher {
namespace {

constexpr std::size_t kBucketsMin = 64;
constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15;

}  // namespace

// Equal genomes have one hash: the two zeros are equal.
std::uint32_t KnownGenomes::hash_of(const strategy::Genome& genome) {
  std::uint64_t hash = genome.size() + 1;
  for (const double gene : genome) {
    const auto bits = std::bit_cast<std::uint64_t>(gene + 0.0);
    const auto product = static_cast<unsigned __int128>(hash ^ bits) * kMultiplier;
    hash = static_cast<std::uint64_t>(product >> 64) + static_cast<std::uint64_t>(product) + 1;
  }
  return static_cast<std::uint32_t>(hash ^ hash >> 32);
}

std::uint32_t KnownGenomes::hash_of(const Digest& key) {
  return static_cast<std::uint32_t>(DigestHash()(key));
}

template <class Equal>
std::optional<KnownGenomes::Place> KnownGenomes::find(const Buckets& buckets, std::uint32_t hash,
                                                      Equal equal) {
  const std::size_t mask = buckets.size() - 1;
  if (buckets.empty()) return std::nullopt;
  for (std::size_t at = hash & mask; buckets[at].next != 0; at = (at + 1) & mask)
    if (buckets[at].hash == hash && equal(buckets[at].next - 1)) return buckets[at].next - 1;
  return std::nullopt;
}

std::optional<KnownGenomes::Place> KnownGenomes::find(const strategy::Genome& genome,
                                                      std::uint32_t hash) const {
  return find(by_genome_, hash, [&](Place place) { return all_[place].member.genome == genome; });
}

std::optional<KnownGenomes::Place> KnownGenomes::find(const Digest& key) const {
  return find(by_key_, hash_of(key), [&](Place place) { return all_[place].key == key; });
}

KnownGenomes::Place KnownGenomes::add(const strategy::Genome& genome, std::uint32_t hash,
                                      const Digest& key) {
  if (by_genome_.size() < 2 * (all_.size() + 1)) {
    grow(by_genome_);
    grow(by_key_);
  }
  const auto place = static_cast<Place>(all_.size());
  put(by_genome_, {place + 1, hash});
  put(by_key_, {place + 1, hash_of(key)});
  all_.push_back({{genome, {}}, key, false});
  return place;
}

void KnownGenomes::score(Place place, genetics::Scoring scoring) {
  Known& known = all_[place];
  check(!known.scored, "a genome is scored once");
  known.member.scoring = std::move(scoring);
  known.scored = true;
}

void KnownGenomes::put(Buckets& buckets, Bucket entry) {
  const std::size_t mask = buckets.size() - 1;
  std::size_t at = entry.hash & mask;
  while (buckets[at].next != 0) at = (at + 1) & mask;
  buckets[at] = entry;
}

void KnownGenomes::grow(Buckets& buckets) {
  Buckets larger(buckets.empty() ? kBucketsMin : 2 * buckets.size());
  for (const Bucket& entry : buckets)
    if (entry.next != 0) put(larger, entry);
  buckets = std::move(larger);
}

}  // namespace mendel::ga_dispatcher

#include "stages/ga_dispatcher/known_genomes.hpp"

#include <bit>
#include <utility>

#include "shared/base/check.hpp"

namespace mendel::ga_dispatcher {
namespace {

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

KnownGenomes::Place KnownGenomes::add(const strategy::Genome& genome, std::uint32_t hash,
                                      const Digest& key) {
  const auto place = static_cast<Place>(size());
  if (place % kBlock == 0) blocks_.push_back(std::make_unique<Known[]>(kBlock));
  Known& known = blocks_.back()[place % kBlock];
  known.member.genome = genome;
  known.key = key;
  by_genome_.add(hash, place);
  return place;
}

void KnownGenomes::score(Place place, genetics::Scoring scoring) {
  Known& known = blocks_[place / kBlock][place % kBlock];
  check(!known.scored, "a genome is scored once");
  known.member.scoring = std::move(scoring);
  known.scored = true;
}

}  // namespace mendel::ga_dispatcher

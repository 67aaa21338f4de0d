#include "shared/genetics/generation_digest.hpp"

#include <gtest/gtest.h>

#include "shared/base/bytes.hpp"
#include "tests/unit/genetics/fixture.hpp"

namespace mendel::genetics {
namespace {

Population two_slots() {
  Population population;
  population.islands.resize(1);
  population.islands[0].slots = {fixture::feasible({1, 2}, {0.5}), fixture::undefined({3, 4})};
  return population;
}

TEST(GenerationDigest, HashesWhatTheDesignSays) {
  std::string bytes(sha256("before").view());
  append_number(bytes, 1.0);
  append_number(bytes, 2.0);
  append_number(bytes, 0.5);
  append_number(bytes, std::uint8_t{0});
  append_number(bytes, 3.0);
  append_number(bytes, 4.0);
  append_number(bytes, std::uint64_t{0x7ff8000000000000});
  append_number(bytes, std::uint8_t{2});
  EXPECT_EQ(digest_of(sha256("before"), two_slots()), sha256(bytes));
}

TEST(GenerationDigest, DependsOnEveryPart) {
  const Digest whole = digest_of(sha256("before"), two_slots());
  EXPECT_NE(whole, digest_of(sha256("other"), two_slots()));
  Population changed = two_slots();
  changed.islands[0].slots[1].genome[0] = 9;
  EXPECT_NE(whole, digest_of(sha256("before"), changed));
  changed = two_slots();
  changed.islands[0].slots[0].scoring.objectives[0] = 0.25;
  EXPECT_NE(whole, digest_of(sha256("before"), changed));
  changed = two_slots();
  changed.islands[0].slots[0].scoring.validity = Validity::infeasible;
  EXPECT_NE(whole, digest_of(sha256("before"), changed));
}

TEST(GenerationDigest, StartsFromTheExperimentAndTheDataset) {
  const Digest start = digest_before(sha256("experiment"), sha256("dataset"));
  EXPECT_NE(start, digest_before(sha256("experiment"), sha256("other")));
  EXPECT_NE(start, digest_before(sha256("other"), sha256("dataset")));
}

}  // namespace
}  // namespace mendel::genetics

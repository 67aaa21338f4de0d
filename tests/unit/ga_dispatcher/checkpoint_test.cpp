#include "stages/ga_dispatcher/checkpoint.hpp"

#include <gtest/gtest.h>

#include "shared/base/bytes.hpp"

namespace mendel::ga_dispatcher {
namespace {

Checkpoint sample() {
  genetics::Member scored;
  scored.genome = {1.5, -2};
  scored.scoring.objectives = {0.25, std::nullopt};
  scored.scoring.limits = {12.0};
  scored.scoring.validity = genetics::Validity::infeasible;
  scored.scoring.violation = 0.5;
  scored.scoring.ruined = true;
  scored.scoring.invalid = "why";
  Checkpoint c;
  c.run = "01JD0000000000000000000001";
  c.name = "name";
  c.state = "running";
  c.experiment = "text";
  c.dataset_id = sha256("dataset");
  c.dataset_rows = 7;
  c.birth_generation = 3;
  c.birth_ns = 99;
  c.evaluations = 5;
  c.redispatched = 2;
  c.look = 1;
  c.search.generation = 2;
  c.search.digest = sha256("digest");
  c.search.islands = {{{scored, scored}, {scored}}};
  c.search.scored = {scored};
  c.search.history = {{2, 0.5, 0.25, sha256("digest")}};
  c.records = {"frame one", "frame two"};
  return c;
}

TEST(Checkpoint, ReadsWhatItWrote) {
  const std::string bytes = encode(sample());
  const auto read = decode_checkpoint(bytes);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(encode(*read), bytes);
  const auto& member = read->search.islands[0].survivors[0];
  EXPECT_EQ(member.genome, (strategy::Genome{1.5, -2}));
  EXPECT_FALSE(member.scoring.objectives[1]);
  EXPECT_EQ(member.scoring.invalid, "why");
  EXPECT_EQ(read->records[1], "frame two");
}

TEST(Checkpoint, RefusesEveryCut) {
  const std::string bytes = encode(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto read = decode_checkpoint(std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().kind, ErrorKind::operator_needed);
  }
}

TEST(Checkpoint, RefusesEveryFlippedByte) {
  const std::string bytes = encode(sample());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x40);
    EXPECT_FALSE(decode_checkpoint(changed)) << i;
  }
}

// Behind a right checksum, too: a count that promises more than there is allocates nothing.
TEST(Checkpoint, RefusesHostileBodies) {
  const std::string good = encode(sample());
  for (std::size_t i = 8; i + 12 <= good.size(); ++i) {
    std::string changed = good.substr(0, good.size() - 8);
    changed.replace(i, 4, "\xff\xff\xff\xff");
    append_number(changed, checksum(changed));
    const auto read = decode_checkpoint(changed);  // it may be a valid one; it must not crash
    if (read) {
      EXPECT_LE(encode(*read).size(), good.size() + 8);
    }
  }
}

TEST(Checkpoint, RefusesAnotherVersion) {
  std::string bytes = encode(sample());
  bytes[4] = 9;
  const auto read = decode_checkpoint(bytes);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("version 9"), std::string::npos);
}

}  // namespace
}  // namespace mendel::ga_dispatcher

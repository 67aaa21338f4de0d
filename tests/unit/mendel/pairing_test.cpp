// A store and a real PostgreSQL that do not fit, and what pairs them.
#include "topology/mendel/pairing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "shared/database/migrations.hpp"
#include "shared/database/offsets.hpp"
#include "shared/durable_log/log.hpp"
#include "tests/support/postgres.hpp"
#include "tests/support/scratch_folder.hpp"

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;

struct PairingTest : ::testing::Test {
  testing::ScratchFolder scratch;
  store::Store store = *store::Store::create(scratch.file("store"), 1);
  std::unique_ptr<support::PrivatePostgres> postgres;
  std::optional<database::Connection> connection;

  void SetUp() override {
    auto started = support::PrivatePostgres::start();
    ASSERT_TRUE(started) << started.error().message;
    postgres = *std::move(started);
    const database::Dsn dsn{postgres->dsn(), "a test"};
    ASSERT_TRUE(database::migrate(dsn, *database::read_migrations(MENDEL_SOURCE_DIR "/sql"), {}));
    connection = *database::Connection::open(dsn, {"a test", {}});
  }
  // A log of one segment, loaded to `offset` of it by epoch `epoch` of the store.
  void load(const std::string& store_id, std::uint64_t offset, std::uint64_t epoch) {
    if (!log_) {
      log_ = *durable_log::Writer::create(store.log_path("scores"), store.id(), 1, 0);
      const durable_log::Record record{7, "a record"};
      ASSERT_TRUE(log_->append(std::span(&record, 1)));
    }
    std::filesystem::create_directories(store.path() + "/epochs/results_writer");
    ASSERT_TRUE(store::publish_file(store.path() + "/epochs/results_writer/000000000001", "x"));
    const database::LogOwner owner{store_id, "scores", epoch};
    ASSERT_TRUE(database::claim_log(*connection, owner));
    auto transaction = connection->begin();
    ASSERT_TRUE(
        *database::advance_log(*transaction, owner, {}, {durable_log::segment_name(1, 1), offset}));
    ASSERT_TRUE(transaction->commit());
  }
  Pairing read() {
    const auto pairing = read_pairing(store, *connection);
    EXPECT_TRUE(pairing) << pairing.error().message;
    return pairing ? *pairing : Pairing();
  }

 private:
  std::optional<durable_log::Writer> log_;
};

TEST_F(PairingTest, WhatBelongsTogetherFits) {
  EXPECT_TRUE(read().fits());
  load(store.id(), 70, 1);
  const Pairing pairing = read();
  EXPECT_TRUE(pairing.fits()) << pairing_text(pairing);
  EXPECT_THAT(pairing_text(pairing), HasSubstr("they belong together"));
}

TEST_F(PairingTest, ADatabaseOfAnotherStoreIsTakenOver) {
  load("01HF7YAT00ABCDEFGHJKMNPQRS", 70, 1);
  const Pairing pairing = read();
  EXPECT_FALSE(pairing.fits());
  EXPECT_THAT(pairing_text(pairing), HasSubstr("the database belongs to another store"));
  ASSERT_TRUE(pair_anew(pairing, *connection));
  EXPECT_TRUE(read().fits());
  EXPECT_TRUE(database::claim_log(*connection, {store.id(), "scores", 1}));
}

TEST_F(PairingTest, ALogThatIsShorterThanWhatIsLoadedIsLoadedAgain) {
  load(store.id(), 100'000, 9);
  const Pairing pairing = read();
  EXPECT_TRUE(pairing.logs[0].is_beyond);
  EXPECT_TRUE(pairing.logs[0].is_claimed_beyond());
  ASSERT_TRUE(pair_anew(pairing, *connection));
  EXPECT_TRUE(read().fits());
  const auto from = database::claim_log(*connection, {store.id(), "scores", 2});
  ASSERT_TRUE(from) << from.error().message;
  EXPECT_EQ(*from, database::LogPosition());
}

}  // namespace
}  // namespace mendel::cli

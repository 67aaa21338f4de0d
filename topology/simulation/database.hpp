// Database: PostgreSQL as far as the two drains and the cutter can tell: transactions that happen
// as a whole or not, log offsets with the epoch that owns them, and tables. It can be away, slow,
// end the connections it has, and cut a commit off, so that nobody knows whether it happened.
//
// SimulatedMarket and SimulatedResults are what the real drains see of it. They move the offset in
// the transaction that stores the rows, as market_tables.cpp and tables.cpp do in SQL.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/base/rng.hpp"
#include "stages/data_loader/market_tables.hpp"
#include "stages/results_writer/tables.hpp"
#include "topology/simulation/tables.hpp"

namespace mendel::simulation {

class Database {
 public:
  using Change = std::function<void(Database&)>;
  explicit Database(std::uint64_t seed);

  // ---- faults
  bool away = false;
  bool slow = false;
  double cut_off = 0;  // share of commits
  void terminate_backends() { ++backends_; }
  void heal();
  std::uint64_t cut_off_commits() const { return cut_off_commits_; }

  // How long the next transaction takes.
  std::int64_t transaction_ns();

  // ---- what a connection does
  struct Connection {
    bool open = false;
    std::uint64_t backends = 0;  // of the server that it is connected to
  };
  // Connects if need be. Error: away, or the connection has ended.
  Status reach(Connection& connection);
  // All changes or none. Error: not one, or all, and nobody knows.
  Status commit(Connection& connection, const std::vector<Change>& changes);

  // As database::claim_log and advance_log: the larger epoch stays; the offset moves only from
  // where its owner thinks that it is.
  struct Offset {
    std::uint64_t epoch = 0;
    durable_log::Position position;
  };
  bool owns(const std::string& log, std::uint64_t epoch, const durable_log::Position& from) const;

  std::map<std::string, Offset> offsets;  // by log
  MarketRows market;
  ResultRows results;

 private:
  Draws draws_;
  std::uint64_t backends_ = 1;
  std::uint64_t cut_off_commits_ = 0;
};

class SimulatedMarket : public data_loader::MarketSink, public data_loader::BarSource {
 public:
  explicit SimulatedMarket(Database& database) : database_(database) {}

  Result<Begun> begin(const std::string& store_id, std::uint64_t epoch) override;
  Result<std::vector<data_loader::StoredCounts>> store(const std::vector<wire::BarBatch>& batches,
                                                       const durable_log::Position& end) override;
  Result<std::vector<market::Series>> read(const wire::DatasetOrder& order) override;
  Result<std::string> stored_spans() override;

 private:
  Database& database_;
  Database::Connection connection_;
  std::uint64_t epoch_ = 0;
  durable_log::Position at_;
};

class SimulatedResults : public results_writer::ResultSink {
 public:
  explicit SimulatedResults(Database& database) : database_(database) {}

  Result<durable_log::Position> begin(const results_writer::LogOwner& owner) override;
  Status store(const std::vector<durable_log::Entry>& entries,
               const durable_log::Position& end) override;
  results_writer::SinkGauges gauges() const override { return {}; }

 private:
  Database& database_;
  Database::Connection connection_;
  std::uint64_t epoch_ = 0;
  durable_log::Position at_;
};

}  // namespace mendel::simulation

// Loader: the simulated process of data_loader: its core, its drain and the cutting of datasets,
// the epoch, the log and the database as its edge uses them. While another owner lives it is a
// standby.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stages/data_loader/data_loader.hpp"
#include "stages/data_loader/drain.hpp"
#include "topology/simulation/database.hpp"
#include "topology/simulation/disk.hpp"
#include "topology/simulation/drain.hpp"
#include "topology/simulation/process.hpp"
#include "topology/simulation/tenure.hpp"

namespace mendel::simulation {

class Loader : public Process {
 public:
  Loader(Disk& disk, Database& database, Hardware hardware);

  void receive(runtime::Delivery delivery, Now now, runtime::Outbox& out) override;
  void subscription(runtime::Edge edge, const std::string& topic, bool joined, Now now,
                    runtime::Outbox& out) override;
  int work(Now now, runtime::Outbox& out) override;
  bool wants(runtime::Edge edge) const override;
  std::optional<std::int64_t> wakes_at_ns() const override;
  void stood_still(std::int64_t ns) override;
  runtime::Readiness readiness() const override;
  void samples(std::vector<wire::Sample>& out) const override;

  bool owns() const override { return own_ != nullptr; }
  bool syncing() const override { return own_ && own_->tenure.syncing(); }
  bool drained() const override;

 private:
  using Drain = DrainThread<data_loader::DrainCycle>;
  struct Own {
    Own(Disk& disk, Database& database, std::uint64_t epoch, const Hardware& hardware);
    LogTenure tenure;
    data_loader::DataLoader core;
    SimulatedMarket drain_tables;
    SimulatedMarket cutter_tables;
    std::optional<Drain> drain;
    std::vector<wire::DatasetOrder> orders;  // handed to the cutter
    std::optional<std::int64_t> cuts_at_ns;  // the first of them
  };

  bool take(Now now);
  int commit(Now now);
  int follow(runtime::Outbox& out);
  int cut(Now now, runtime::Outbox& out);

  Disk& disk_;
  Database& database_;
  Hardware hardware_;
  std::unique_ptr<Own> own_;  // null: a standby
  std::vector<runtime::Delivery> arrived_;
  std::int64_t took_at_ns_ = 0;
  Now now_{};
};

}  // namespace mendel::simulation

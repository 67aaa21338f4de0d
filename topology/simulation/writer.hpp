// Writer: the simulated process of results_writer: its core and its drain, the epoch, the log and
// the database as its edge uses them. While another owner lives it is a standby.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stages/results_writer/drain.hpp"
#include "stages/results_writer/results_writer.hpp"
#include "topology/simulation/database.hpp"
#include "topology/simulation/disk.hpp"
#include "topology/simulation/drain.hpp"
#include "topology/simulation/process.hpp"
#include "topology/simulation/tenure.hpp"

namespace mendel::simulation {

class Writer : public Process {
 public:
  Writer(Disk& disk, Database& database, Hardware hardware);

  void receive(runtime::Delivery delivery, Now now, runtime::Outbox& out) override;
  void subscription(runtime::Edge edge, const std::string& topic, bool joined, Now now,
                    runtime::Outbox& out) override;
  int work(Now now, runtime::Outbox& out) override;
  bool wants(runtime::Edge edge) const override;
  std::vector<std::string> topics(runtime::Edge) const override { return {""}; }
  std::optional<std::int64_t> wakes_at_ns() const override;
  void stood_still(std::int64_t ns) override;
  runtime::Readiness readiness() const override;
  void samples(std::vector<wire::Sample>& out) const override;

  bool owns() const override { return own_ != nullptr; }
  bool syncing() const override { return own_ && own_->tenure.syncing(); }
  // Everything that is durable is in the database.
  bool drained() const override;

 private:
  using Drain = DrainThread<results_writer::DrainCycle>;
  struct Own {
    Own(Disk& disk, Database& database, std::uint64_t epoch, const Hardware& hardware);
    LogTenure tenure;
    results_writer::ResultsWriter core;
    SimulatedResults sink;
    std::optional<Drain> drain;
  };

  bool take(Now now);
  int begin_sync(Now now);
  int look_up();
  int publish(Now now, runtime::Outbox& out);

  Disk& disk_;
  Database& database_;
  Hardware hardware_;
  std::unique_ptr<Own> own_;  // null: a standby
  std::vector<wire::Message> arrived_;
  std::int64_t took_at_ns_ = 0;
  std::int64_t noticed_at_ns_ = 0;
  Now now_{};
  bool greet_ = true;
};

}  // namespace mendel::simulation

// Shipper: the simulated process of ingestor: its core, and an inbox of jobs that are read already.
// A job stays in the inbox until everything of it is stored: a killed ingestor begins it again.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stages/ingestor/ingestor.hpp"
#include "topology/simulation/disk.hpp"
#include "topology/simulation/process.hpp"

namespace mendel::simulation {

// Small, so that a few bars make a window of batches.
inline constexpr std::size_t kBatchBars = 64;
inline constexpr std::uint64_t kWindowBatches = 4;

class Shipper : public Process {
 public:
  Shipper(std::string incarnation, Disk& disk, const std::vector<ingestor::Shipment>& jobs)
      : disk_(disk), jobs_(jobs), core_(std::move(incarnation), kWindowBatches, kBatchBars) {}

  void receive(runtime::Delivery delivery, Now now, runtime::Outbox& out) override;
  int work(Now now, runtime::Outbox& out) override;
  void backlog(runtime::Edge edge, std::size_t messages) override;
  std::vector<std::string> topics(runtime::Edge edge) const override;

 private:
  Disk& disk_;
  const std::vector<ingestor::Shipment>& jobs_;
  ingestor::Ingestor core_;
  std::size_t backlog_ = 0;
  bool begun_ = false;  // the first job that is not done
};

}  // namespace mendel::simulation

// Writer: the simulated process of results_writer: its core, and the log as its edge uses it. The
// sink behind the log takes everything at once.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "stages/results_writer/results_writer.hpp"
#include "topology/simulation/disk.hpp"
#include "topology/simulation/process.hpp"

namespace mendel::simulation {

class Writer : public Process {
 public:
  // Takes the next epoch and reads the log again. `fsync_ns`: how long the next one takes;
  // `kept`: the share of what was not durable that a crash leaves.
  Writer(Disk& disk, std::function<std::int64_t()> fsync_ns, double kept);
  ~Writer() override;

  void receive(runtime::Delivery delivery, Now now, runtime::Outbox& out) override;
  void subscription(runtime::Edge edge, const std::string& topic, bool joined, Now now,
                    runtime::Outbox& out) override;
  int work(Now now, runtime::Outbox& out) override;
  std::vector<std::string> topics(runtime::Edge) const override { return {""}; }
  std::optional<std::int64_t> wakes_at_ns() const override { return syncs_at_ns_; }
  void stood_still(std::int64_t ns) override;

  bool syncing() const { return syncs_at_ns_.has_value(); }
  const results_writer::Counters& counters() const { return core_.counters(); }

 private:
  bool end_sync(Now now);
  int begin_sync(Now now);
  int look_up();
  int publish(Now now, runtime::Outbox& out);

  Disk& disk_;
  std::function<std::int64_t()> fsync_ns_;
  double kept_;
  results_writer::ResultsWriter core_;
  std::vector<wire::Message> arrived_;
  std::optional<std::int64_t> syncs_at_ns_;  // the end of the fsync under way
  durable_log::Position written_;            // behind what it makes durable
  std::int64_t noticed_at_ns_ = 0;
  bool greet_ = true;
};

}  // namespace mendel::simulation

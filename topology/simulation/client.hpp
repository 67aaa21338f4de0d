// Client: stands for `mendel evolve`: it submits a run until that is answered, and asks how it
// stands until it has ended.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "topology/simulation/process.hpp"

namespace mendel::simulation {

class Client : public Process {
 public:
  // It submits once `may_submit` says so.
  Client(std::string run, std::string experiment, std::function<bool()> may_submit)
      : run_(std::move(run)),
        experiment_(std::move(experiment)),
        may_submit_(std::move(may_submit)) {}

  void receive(runtime::Delivery delivery, Now now, runtime::Outbox& out) override;
  int work(Now now, runtime::Outbox& out) override;
  std::vector<std::string> topics(runtime::Edge edge) const override;

  // finished | failed | cancelled, as it was told; "" before.
  const std::string& ended() const { return ended_; }
  const std::string& error() const { return error_; }

 private:
  void hear(const std::string& state);

  std::string run_;
  std::string experiment_;
  std::function<bool()> may_submit_;
  std::int64_t asked_ns_ = 0;
  bool submitted_ = false;
  std::string ended_;
  std::string error_;
};

}  // namespace mendel::simulation

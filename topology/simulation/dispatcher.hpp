// Dispatcher: the simulated process of ga_dispatcher: its core, and the epoch and the store as its
// edge uses them. While another owner lives it is a standby.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "stages/ga_dispatcher/ga_dispatcher.hpp"
#include "topology/simulation/disk.hpp"
#include "topology/simulation/process.hpp"

namespace mendel::simulation {

class Dispatcher : public Process {
 public:
  Dispatcher(ga_dispatcher::Core::Settings settings, Disk& disk);
  ~Dispatcher() override;

  void receive(runtime::Delivery delivery, Now now, runtime::Outbox& out) override;
  void subscription(runtime::Edge edge, const std::string& topic, bool joined, Now now,
                    runtime::Outbox& out) override;
  int work(Now now, runtime::Outbox& out) override;
  std::vector<std::string> topics(runtime::Edge edge) const override;
  bool wants(runtime::Edge) const override { return core_ != nullptr && undone_.empty(); }
  runtime::Readiness readiness() const override {
    return {core_ != nullptr && undone_.empty(), core_ ? "the disk is full" : "standby"};
  }
  void samples(std::vector<wire::Sample>& out) const override {
    if (core_) core_->samples(out);
  }
  bool crashed() const override { return crashed_; }
  bool owns() const override { return core_ != nullptr; }

  // Dies behind its n-th action from now on; what it said in that call is not sent any more.
  void tear_after(int actions) { actions_left_ = actions; }
  void do_not_tear() { actions_left_.reset(); }
  double sample(const std::string& name) const;  // -1 = there is none

 private:
  bool take_over(Now now, runtime::Outbox& out);
  bool steps_down(Now now);
  void perform(ga_dispatcher::Actions& actions, Now now, runtime::Outbox& out);
  // False: the disk takes nothing, and the action waits.
  bool act(runtime::Outgoing& outgoing, Now now, runtime::Outbox& out);
  bool act(const ga_dispatcher::PublishExperiment& effect, Now now, runtime::Outbox& out);
  bool act(const ga_dispatcher::SaveRunFile& effect, Now now, runtime::Outbox& out);
  bool act(const ga_dispatcher::AppendAudit& effect, Now now, runtime::Outbox& out);
  bool act(ga_dispatcher::ReplyWithReport& effect, Now now, runtime::Outbox& out);
  void witness(const wire::CandidateBatch& batch);

  Disk& disk_;
  ga_dispatcher::Core::Settings settings_;
  std::unique_ptr<ga_dispatcher::Core> core_;  // null: a standby
  std::uint64_t epoch_ = 0;
  std::int64_t tried_ns_ = 0;
  std::deque<ga_dispatcher::Action> undone_;  // the first is tried once a second
  std::set<std::string> joined_;              // kept for the core that a standby makes later
  std::optional<int> actions_left_;
  bool crashed_ = false;
};

}  // namespace mendel::simulation

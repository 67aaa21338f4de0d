// Dispatcher: the simulated process of ga_dispatcher: its core, and the store as its edge uses it.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stages/ga_dispatcher/ga_dispatcher.hpp"
#include "topology/simulation/disk.hpp"
#include "topology/simulation/process.hpp"

namespace mendel::simulation {

class Dispatcher : public Process {
 public:
  Dispatcher(ga_dispatcher::Core::Settings settings, Disk& disk);

  void receive(runtime::Delivery delivery, Now now, runtime::Outbox& out) override;
  void subscription(runtime::Edge edge, const std::string& topic, bool joined, Now now,
                    runtime::Outbox& out) override;
  int work(Now now, runtime::Outbox& out) override;
  std::vector<std::string> topics(runtime::Edge edge) const override;
  void samples(std::vector<wire::Sample>& out) const override { core_.samples(out); }
  bool crashed() const override { return crashed_; }

  // Dies behind its n-th action from now on; what it said in that call is not sent any more.
  void tear_after(int actions) { actions_left_ = actions; }
  void do_not_tear() { actions_left_.reset(); }
  double sample(const std::string& name) const;  // -1 = there is none

 private:
  void restore(Now now, runtime::Outbox& out);
  void perform(ga_dispatcher::Actions& actions, Now now, runtime::Outbox& out);
  void act(runtime::Outgoing& outgoing, Now now, runtime::Outbox& out);
  void act(const ga_dispatcher::PublishExperiment& effect, Now now, runtime::Outbox& out);
  void act(const ga_dispatcher::SaveRunFile& effect, Now now, runtime::Outbox& out);
  void act(const ga_dispatcher::AppendAudit& effect, Now now, runtime::Outbox& out);
  void act(ga_dispatcher::ReplyWithReport& effect, Now now, runtime::Outbox& out);
  void witness(const wire::CandidateBatch& batch);

  Disk& disk_;
  ga_dispatcher::Core core_;
  bool restored_ = false;
  std::optional<int> actions_left_;
  bool crashed_ = false;
};

}  // namespace mendel::simulation

#include "stages/ga_dispatcher/process.hpp"

#include <fmt/format.h>

#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "shared/base/log.hpp"
#include "shared/base/version.hpp"
#include "shared/kernel/self_test.hpp"
#include "shared/store/epoch.hpp"
#include "shared/store/space.hpp"
#include "shared/store/store.hpp"
#include "stages/ga_dispatcher/ga_dispatcher.hpp"
#include "stages/ga_dispatcher/stored_runs.hpp"

namespace mendel::ga_dispatcher {
namespace {

using wiring::Edge;

constexpr std::int64_t kRetryNs = 1 * kNsPerSecond;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min() / 2;

Result<Core::Settings> read_settings(const runtime::StageContext& context) {
  const auto lease_ms =
      context.topology.integer("ga_dispatcher.lease_ms", 10'000, 100, 24 * 3600 * 1000);
  if (!lease_ms) return lease_ms.error();
  const auto report_best = context.topology.integer("ga_dispatcher.report_best", 10, 0, 1000);
  if (!report_best) return report_best.error();
  return Core::Settings{context.incarnation,
                        {kEngineVersion, kernel::kSelfTestDigest, *lease_ms * kNsPerMs},
                        *report_best,
                        {}};
}

struct SpaceSettings {
  std::int64_t free_bytes_min = -1;
  std::int64_t reserve_bytes = store::kReserveBytesDefault;
};

Result<SpaceSettings> read_space_settings(const wiring::Topology& topology) {
  const auto free_bytes_min =
      topology.integer("pipeline.free_bytes_min", -1, -1, store::kFreeBytesMost);
  if (!free_bytes_min) return free_bytes_min.error();
  const auto reserve_bytes = topology.integer("pipeline.reserve_bytes", store::kReserveBytesDefault,
                                              0, store::kReserveBytesMost);
  if (!reserve_bytes) return reserve_bytes.error();
  return SpaceSettings{*free_bytes_min, *reserve_bytes};
}

class Process : public runtime::Stage {
 public:
  Process(store::Store store, Core::Settings settings, SpaceSettings space)
      : store_(std::move(store)),
        settings_(std::move(settings)),
        space_(store_.path(), space.free_bytes_min),
        reserve_(store_.path(), static_cast<std::uint64_t>(space.reserve_bytes)) {}

  void receive(runtime::Delivery delivery, Now now, runtime::Outbox& out) override {
    // Asked here, too: a process that slept wakes up with messages, and a later owner may live.
    if (!core_ || step_down_if_superseded(now)) return;
    Actions actions;
    core_->receive(delivery, now, actions);
    perform(actions, out);
  }

  void subscription(Edge edge, const std::string& topic, bool joined, Now now,
                    runtime::Outbox&) override {
    if (edge != Edge::candidates) return;
    // Kept for the core that a standby makes later.
    if (joined)
      joined_.insert(topic);
    else
      joined_.erase(topic);
    if (core_) core_->subscription(edge, topic, joined, now);
  }

  int work(Now now, runtime::Outbox& out) override {
    if (stopping_ || failure_) return 0;
    space_.look(now);
    if (undone_.empty()) blocked_since_ns_ = now.monotonic_ns;
    blocked_seconds_ = static_cast<double>(now.monotonic_ns - blocked_since_ns_) / 1e9;
    if (!core_ && !take_over(now, out)) return 0;
    if (step_down_if_superseded(now)) return 0;
    if (!undone_.empty()) {
      if (now.monotonic_ns - tried_ns_ < kRetryNs) return 0;
      tried_ns_ = now.monotonic_ns;
      Actions nothing;
      perform(nothing, out);
      if (!undone_.empty()) return 0;
    }
    if (Status taken = reserve_.take(space_, now); !taken)
      log::repeated(log::Level::warn, "reserve", taken.error().message);
    Actions actions;
    const int done = core_->work(now, actions);
    perform(actions, out);
    return done;
  }

  bool wants(Edge) const override { return core_ != nullptr && undone_.empty(); }

  std::vector<std::string> topics(Edge edge) const override {
    if (edge == Edge::datasets) return {"dataset."};
    if (edge == Edge::recorded) return {"recorded."};
    return {""};
  }

  runtime::Readiness readiness() const override {
    if (!core_) return {false, waits_for_};
    if (!undone_.empty()) return {false, waits_for_};
    return {};
  }

  void samples(std::vector<wire::Sample>& out) const override {
    if (!core_) return;
    core_->samples(out);
    out.push_back({"takeovers_10m", "", static_cast<double>(epoch_->takeovers(read_clocks()))});
    out.push_back({"reserve_held", "", reserve_.is_held() ? 1.0 : 0.0});
    out.push_back({"epoch", "", static_cast<double>(epoch_->number())});
    out.push_back({"checkpoint_blocked_seconds", "", blocked_seconds_});
  }

  void stop(Now, runtime::Outbox&) override {
    // The store knows everything: the next start goes on from there.
    stopping_ = true;
    if (epoch_) epoch_->release();
  }

  const Error* failure() const override { return failure_ ? &*failure_ : nullptr; }

 private:
  // Becomes the owner of the role, and takes up the runs in the store.
  bool take_over(Now now, runtime::Outbox& out) {
    if (now.monotonic_ns - tried_ns_ < kRetryNs) return false;
    tried_ns_ = now.monotonic_ns;
    auto epoch = store::Epoch::take(store_, kRole, now);
    if (!epoch) {
      if (epoch.error().kind == ErrorKind::transient && space_.is_full()) give_room();
      if (epoch.error().kind != ErrorKind::transient) failure_ = epoch.error();
      waits_for_ = epoch.error().message;
      log::repeated(log::Level::warn, "epoch", waits_for_);
      return false;
    }
    epoch_.emplace(std::move(*epoch));
    core_ = std::make_unique<Core>(settings_);
    Actions actions;
    if (Status restored = restore(now, actions); !restored) {
      failure_ = restored.error();
      core_.reset();
      epoch_->release();
      return false;
    }
    for (const auto& topic : joined_) core_->subscription(Edge::candidates, topic, true, now);
    log::info("epoch {}: {}", epoch_->number(), core_->recovered());
    perform(actions, out);
    return true;
  }

  Status restore(Now now, Actions& actions) {
    const auto runs = store_.runs();
    if (!runs) return runs.error();
    for (const auto& run : *runs) {
      const auto bytes = store_.read_run_file(run, kCheckpointName);
      if (!bytes) return bytes.error();
      if (!*bytes) continue;  // a submission that was cut off before it was durable
      if (Status status = core_->restore(**bytes, now, actions); !status)
        return Error{fmt::format("{}/runs/{}: {}", store_.path(), run, status.error().message),
                     status.error().kind};
    }
    return {};
  }

  bool step_down_if_superseded(Now now) {
    epoch_->heartbeat(now);
    const auto owner = epoch_->superseded(now);
    if (!owner) return false;
    waits_for_ = "standing by: " + store::describe(*owner);
    log::warn("{}", waits_for_);
    core_.reset();
    epoch_.reset();
    undone_.clear();
    return true;
  }

  // Effects happen here and now, in order; what stands behind one that fails waits with it.
  void perform(Actions& actions, runtime::Outbox& out) {
    for (auto& action : actions.list()) undone_.push_back(std::move(action));
    while (!undone_.empty()) {
      const auto attempt = [&](auto& action) { return act(action, out); };
      Status status = std::visit(attempt, undone_.front());
      if (!status && status.error().kind == ErrorKind::transient && give_room())
        status = std::visit(attempt, undone_.front());
      if (!status) {
        waits_for_ = status.error().message;
        log::repeated(log::Level::error, "store", waits_for_);
        return;
      }
      undone_.pop_front();
    }
  }

  // What the dispatcher writes is small and cannot wait: a full disk gets its reserve back.
  bool give_room() {
    if (!reserve_.release()) return false;
    log::error("the store's disk is full: its reserve is released for checkpoints");
    return true;
  }

  Status act(runtime::Outgoing& outgoing, runtime::Outbox& out) {
    if (const auto* progress = std::get_if<wire::Progress>(&outgoing.message)) note(*progress);
    if (outgoing.topic.empty())
      out.send(outgoing.edge, std::move(outgoing.message));
    else
      out.publish(outgoing.edge, std::move(outgoing.topic), std::move(outgoing.message));
    return {};
  }

  Status act(const PublishExperiment& effect, runtime::Outbox&) {
    return store_.publish_experiment(effect.digest, effect.text);
  }

  Status act(const SaveRunFile& effect, runtime::Outbox&) {
    return store_.save_run_file(effect.run, effect.name, effect.bytes);
  }

  Status act(const AppendAudit& effect, runtime::Outbox&) {
    store_.audit(effect.json_line);
    return {};
  }

  Status act(const ReplyWithReport& effect, runtime::Outbox& out) {
    out.publish(Edge::progress, "reply." + effect.request_id + ".",
                reply_with_report(store_, effect));
    return {};
  }

  // A line for every change of a run's state.
  void note(const wire::Progress& progress) {
    std::string& last = states_[progress.run];
    if (last == progress.state) return;
    last = progress.state;
    log::info("{}", config::one_line(fmt::format(
                        "run {} ({}) is {}{}{}", progress.run, progress.name, progress.state,
                        progress.detail.empty() ? "" : ": ", progress.detail)));
  }

  store::Store store_;
  Core::Settings settings_;
  store::Space space_;
  store::Reserve reserve_;
  std::optional<store::Epoch> epoch_;
  std::unique_ptr<Core> core_;  // null: a standby
  std::set<std::string> joined_;
  std::deque<Action> undone_;
  std::map<std::string, std::string> states_;
  std::string waits_for_ = "starting";
  std::int64_t blocked_since_ns_ = 0;  // nothing is handed out behind what cannot be saved
  double blocked_seconds_ = 0;
  std::int64_t tried_ns_ = kNever;
  std::optional<Error> failure_;
  bool stopping_ = false;
};

Status check(const runtime::StageContext& context) {
  if (const auto settings = read_settings(context); !settings) return settings.error();
  if (const auto space = read_space_settings(context.topology); !space) return space.error();
  if (const auto store = store::Store::open(context.topology.store()); !store) return store.error();
  return {};
}

Result<std::unique_ptr<runtime::Stage>> make(const runtime::StageContext& context) {
  auto settings = read_settings(context);
  if (!settings) return settings.error();
  const auto space = read_space_settings(context.topology);
  if (!space) return space.error();
  auto store = store::Store::open(context.topology.store());
  if (!store) return store.error();
  settings->examine = examine_in(*store);
  return std::unique_ptr<runtime::Stage>(
      std::make_unique<Process>(std::move(*store), std::move(*settings), *space));
}

}  // namespace

runtime::StageDefinition definition() {
  return {kRole,
          "Breeds generations of candidates, hands them to evaluators, and reports the best.",
          {},
          check,
          make};
}

}  // namespace mendel::ga_dispatcher

#include "stages/evaluator/process.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "shared/base/log.hpp"
#include "shared/base/version.hpp"
#include "shared/kernel/self_test.hpp"
#include "shared/store/store.hpp"
#include "stages/evaluator/compute.hpp"
#include "stages/evaluator/engines.hpp"
#include "stages/evaluator/evaluator.hpp"
#include "stages/evaluator/scoring.hpp"
#include "stages/evaluator/threads.hpp"

namespace mendel::evaluator {
namespace {

using runtime::Edge;

// The store may appear after this process; it is looked for that often.
constexpr std::int64_t kStoreRetryNs = kNsPerSecond;

// Runs on a worker thread. A stop leaves the rest of the piece uncomputed: it is dropped anyway.
Done compute(Engines& engines, const Work& work, Compute::Signs& signs) {
  Done done{work.ticket, work.first, work.count, {}, "", 0};
  const wire::CandidateBatch& batch = *work.batch;
  const Preparation preparation = engines.get(batch.dataset_id, batch.experiment_digest);
  ++signs.steps;
  // Preparing an engine is no part of what a candidate costs: the next ones find it prepared.
  const std::int64_t started = read_clocks().monotonic_ns;
  done.not_ready = preparation.not_ready;
  if (!done.not_ready.empty()) return done;
  const std::span<const wire::Candidate> candidates =
      std::span(batch.candidates).subspan(work.first, work.count);
  if (preparation.prepared == nullptr) {
    for (const wire::Candidate& candidate : candidates) {
      done.scores.push_back(invalid_score(batch, candidate, preparation.invalid));
    }
  } else if (!signs.stop) {
    done.scores = scores(*preparation.prepared, batch, candidates);
  }
  signs.candidates += candidates.size();
  ++signs.steps;
  if (done.scores.size() < candidates.size() && !signs.stop) {
    log::repeated(log::Level::error, "key",
                  fmt::format("{} candidates of run {} have keys that are not their content's; "
                              "dropped: are dispatcher and evaluator of one version?",
                              candidates.size() - done.scores.size(), batch.run));
  }
  done.elapsed_ns = read_clocks().monotonic_ns - started;
  return done;
}

class Process : public runtime::Stage {
 public:
  Process(Identity identity, std::string store_path)
      : topic_("ev." + identity.incarnation + "."),
        threads_(identity.threads),
        self_test_(identity.self_test_digest),
        store_path_(std::move(store_path)),
        core_(std::move(identity)) {
    core_.hinder(waiting_for_store());
  }
  // A thread that hangs cannot be waited for: the process ends around it.
  ~Process() override {
    if (!failure_) return;
    static_cast<void>(compute_.release());
    static_cast<void>(engines_.release());
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void receive(runtime::Delivery delivery, Now now, runtime::Outbox& out) override {
    auto* batch = std::get_if<wire::CandidateBatch>(&delivery.message);
    if (batch == nullptr) return;
    const std::string reason = core_.receive(std::move(*batch));
    if (!reason.empty()) {
      log::repeated(log::Level::warn, "batch", "dropped a batch of candidates: " + reason);
    }
    pump(now, out);
  }

  int work(Now now, runtime::Outbox& out) override {
    open_store(now);
    const int pumped = pump(now, out);
    return pumped + core_.hello(now, out);
  }

  void backlog(Edge edge, std::size_t messages) override {
    if (edge == Edge::scores) core_.backlog(messages);
  }

  std::vector<int> wake_descriptors() const override {
    return compute_ ? std::vector<int>{compute_->wake_descriptor()} : std::vector<int>{};
  }

  std::vector<std::string> topics(Edge edge) const override {
    return {edge == Edge::candidates ? topic_ : ""};
  }

  runtime::Readiness readiness() const override {
    if (!compute_) return {false, waiting_for_store()};
    if (self_test_ != kernel::kSelfTestDigest) {
      return {false, "the self-test backtest differs on this machine: it gets no work"};
    }
    const std::string blocked = core_.blocked(now_);
    return {blocked.empty(), blocked};
  }

  std::string stalled() const override { return core_.stalled(now_); }
  const Error* failure() const override { return failure_ ? &*failure_ : nullptr; }

  void samples(std::vector<wire::Sample>& out) const override {
    out.push_back({"evaluations_total", "", static_cast<double>(core_.evaluated())});
    out.push_back({"invalid_candidates_total", "", static_cast<double>(core_.invalid())});
    out.push_back({"dropped_batches_total", "", static_cast<double>(core_.dropped_batches())});
    out.push_back({"candidate_ms", "", core_.candidate_ms()});
    out.push_back({"detailed_candidate_ms", "", core_.detailed_ms()});
    out.push_back({"candidate_seconds", "", core_.candidate_ms() / 1e3});
    out.push_back({"held_batches", "", static_cast<double>(core_.held())});
    out.push_back({"compute_threads", "", static_cast<double>(threads_)});
    out.push_back({"busy_threads", "", compute_ ? static_cast<double>(compute_->busy()) : 0.0});
  }

  void stop(Now now, runtime::Outbox& out) override {
    if (compute_) compute_->stop();
    core_.stop(now, out);
  }

 private:
  std::string waiting_for_store() const {
    return "waiting for the store " + store_path_ + " (data_loader and results_writer make it)";
  }

  // The store is opened once it is there; until then hellos say what is waited for.
  void open_store(Now now) {
    now_ = now;
    if (compute_ || now.monotonic_ns < store_retry_ns_) return;
    store_retry_ns_ = now.monotonic_ns + kStoreRetryNs;
    Result<store::Store> store = store::Store::open_to_read(store_path_);
    if (!store) return;
    engines_ = std::make_unique<Engines>(std::move(*store));
    compute_ = std::make_unique<Compute>(
        threads_, [engines = engines_.get()](const Work& work, Compute::Signs& signs) {
          return compute(*engines, work, signs);
        });
    core_.hinder("");
    log::info("store {}, {} compute threads, engine {}", store_path_, threads_, kEngineVersion);
  }

  int pump(Now now, runtime::Outbox& out) {
    if (!compute_) return 0;
    int moved = 0;
    core_.progress(compute_->candidates());
    core_.moved(compute_->steps(), now);
    if (!failure_ && core_.gives_up(now))
      failure_ = transient_error(core_.stalled(now) + "; it ends, to be started again");
    for (Done& done : compute_->collect()) {
      core_.finished(std::move(done), now, out);
      ++moved;
    }
    for (std::size_t idle = compute_->idle(); idle > 0; --idle, ++moved) {
      std::optional<Work> work = core_.next_work(now);
      if (!work) break;
      compute_->submit(std::move(*work));
    }
    return moved;
  }

  std::string topic_;
  std::size_t threads_;
  std::string self_test_;
  std::string store_path_;
  Evaluator core_;
  std::unique_ptr<Engines> engines_;
  std::unique_ptr<Compute> compute_;  // after engines_: its threads end first
  std::int64_t store_retry_ns_ = 0;
  std::optional<Error> failure_;
  Now now_;
};

Result<std::size_t> threads_from(const runtime::StageContext& context) {
  const auto most = static_cast<std::int64_t>(kThreadsMax);
  Result<std::int64_t> threads = context.arguments.has("threads")
                                     ? context.arguments.integer("threads", 0, most)
                                     : context.topology.integer("evaluator.threads", 0, 0, most);
  if (!threads) return threads.error();
  return *threads == 0 ? allowed_threads() : static_cast<std::size_t>(*threads);
}

// A store that is not there yet is waited for; one that is there must be usable.
Status check_store(const std::string& path) {
  std::error_code ignored;
  if (!path.empty() && !std::filesystem::exists(path + "/store.id", ignored)) return {};
  Result<store::Store> store = store::Store::open_to_read(path);
  return store ? Status() : Status(store.error());
}

Status check_context(const runtime::StageContext& context) {
  if (Result<std::size_t> threads = threads_from(context); !threads) return threads.error();
  return check_store(context.topology.store());
}

Result<std::unique_ptr<runtime::Stage>> make(const runtime::StageContext& context) {
  if (Status status = check_context(context); !status) return status.error();
  Identity identity;
  identity.incarnation = context.incarnation;
  identity.host = context.host;
  identity.pid = getpid();
  identity.engine_version = kEngineVersion;
  identity.self_test_digest = kernel::self_test_digest().hex();
  identity.threads = *threads_from(context);
  if (identity.self_test_digest != kernel::kSelfTestDigest) {
    log::error("the self-test backtest gives {} here instead of {}: this machine gets no work",
               identity.self_test_digest, kernel::kSelfTestDigest);
  }
  return std::unique_ptr<runtime::Stage>(
      std::make_unique<Process>(std::move(identity), context.topology.store()));
}

}  // namespace

runtime::StageDefinition definition() {
  return {"evaluator",
          "Backtests candidates against a dataset; any number of copies, killed at will.",
          {{"threads", "n", "compute threads; 0 = what affinity mask and cgroup allow"}},
          check_context,
          make};
}

}  // namespace mendel::evaluator

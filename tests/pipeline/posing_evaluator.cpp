// An evaluator that only poses: the real core, threads and sockets, but a candidate takes the time
// and has the effect that the environment says. MENDEL_POSE_MS: milliseconds a candidate, slept.
// MENDEL_POSE_LETHAL: it dies of genomes whose first gene is at least that. MENDEL_POSE_ENGINE: the
// engine version that it says it is. MENDEL_POSE_UNRULY: its scores get lost, double, and overtake
// each other.
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "shared/base/time.hpp"
#include "shared/base/version.hpp"
#include "shared/kernel/self_test.hpp"
#include "shared/runtime/stage.hpp"
#include "stages/evaluator/compute.hpp"
#include "stages/evaluator/evaluator.hpp"

namespace mendel::testing {
namespace {

using evaluator::Compute;
using evaluator::Done;
using evaluator::Work;
using runtime::Edge;

double number_from(const char* name, double otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atof(text);
}

wire::Score score_of(const wire::CandidateBatch& batch, const wire::Candidate& candidate) {
  wire::Score score;
  score.key = candidate.key;
  score.run = batch.run;
  score.generation = batch.generation;
  score.born_at_ns = batch.born_at_ns;
  for (int bit = 0; bit < 2; ++bit) {
    if ((batch.windows & 1 << bit) == 0) continue;
    wire::ScoreRow& row = score.rows.emplace_back();
    row.window = static_cast<market::Window>(bit);
    row.symbol = "portfolio";
    for (std::size_t i = 0; i < market::kMetricCount; ++i)
      row.metrics.set(static_cast<market::Metric>(i),
                      candidate.genome.empty() ? 0 : candidate.genome[0]);
  }
  return score;
}

Done compute(const Work& work, Compute::Signs& signs) {
  static const double ms = number_from("MENDEL_POSE_MS", 1);
  static const double lethal = number_from("MENDEL_POSE_LETHAL", 1e300);
  const std::int64_t started = read_clocks().monotonic_ns;
  Done done{work.ticket, work.first, work.count, {}, "", 0};
  for (std::size_t i = work.first; i < work.first + work.count && !signs.stop; ++i) {
    const wire::Candidate& candidate = work.batch->candidates[i];
    if (!candidate.genome.empty() && candidate.genome[0] >= lethal) std::_Exit(9);
    std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms));
    done.scores.push_back(score_of(*work.batch, candidate));
    ++signs.candidates;
    ++signs.steps;
  }
  done.elapsed_ns = read_clocks().monotonic_ns - started;
  return done;
}

class Posing : public runtime::Stage {
 public:
  explicit Posing(evaluator::Identity identity)
      : topic_("ev." + identity.incarnation + "."),
        core_(std::move(identity)),
        compute_(1, compute) {}

  void receive(runtime::Delivery delivery, Now now, runtime::Outbox& out) override {
    if (auto* batch = std::get_if<wire::CandidateBatch>(&delivery.message))
      core_.receive(std::move(*batch));
    pump(now, out);
  }
  int work(Now now, runtime::Outbox& out) override {
    const int moved = pump(now, out);
    return moved + core_.hello(now, out);
  }
  std::vector<int> wake_descriptors() const override { return {compute_.wake_descriptor()}; }
  std::vector<std::string> topics(Edge edge) const override {
    return {edge == Edge::candidates ? topic_ : ""};
  }
  void stop(Now now, runtime::Outbox& out) override {
    compute_.stop();
    core_.stop(now, out);
  }

 private:
  int pump(Now now, runtime::Outbox& out) {
    int moved = 0;
    core_.progress(compute_.candidates());
    core_.moved(compute_.steps(), now);
    runtime::Outbox meant;
    for (Done& done : compute_.collect()) {
      core_.finished(std::move(done), now, meant);
      ++moved;
    }
    for (runtime::Outgoing& message : meant.messages()) send(std::move(message), out);
    for (std::size_t idle = compute_.idle(); idle > 0; --idle, ++moved) {
      auto work = core_.next_work(now);
      if (!work) break;
      compute_.submit(std::move(*work));
    }
    return moved;
  }

  void send(runtime::Outgoing message, runtime::Outbox& out) {
    std::vector<runtime::Outgoing>& sent = out.messages();
    if (!unruly_ || message.edge != Edge::scores) return sent.push_back(std::move(message));
    if (++scores_ % 5 == 0) return;  // lost
    if (!late_) {
      late_ = std::move(message);
      return;
    }
    sent.push_back(message);
    sent.push_back(std::move(message));
    sent.push_back(*std::exchange(late_, std::nullopt));
  }

  std::string topic_;
  evaluator::Evaluator core_;
  Compute compute_;
  const bool unruly_ = number_from("MENDEL_POSE_UNRULY", 0) != 0;
  std::uint64_t scores_ = 0;
  std::optional<runtime::Outgoing> late_;  // until the next overtakes it
};

Result<std::unique_ptr<runtime::Stage>> make(const runtime::StageContext& context) {
  evaluator::Identity identity;
  identity.incarnation = context.incarnation;
  identity.host = context.host;
  identity.pid = getpid();
  identity.engine_version =
      static_cast<std::uint32_t>(number_from("MENDEL_POSE_ENGINE", kEngineVersion));
  identity.self_test_digest = kernel::kSelfTestDigest;
  return std::unique_ptr<runtime::Stage>(std::make_unique<Posing>(std::move(identity)));
}

}  // namespace
}  // namespace mendel::testing

int main(int argc, char** argv) {
  const mendel::runtime::StageDefinition posing{
      "evaluator",
      "Poses as an evaluator.",
      {},
      [](const mendel::runtime::StageContext&) { return mendel::Status(); },
      mendel::testing::make};
  return mendel::runtime::run(posing, argc, argv);
}

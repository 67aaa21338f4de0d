// Dispatch alone: how many genomes a second pass through ga_dispatcher's core when evaluators
// answer at once. Only the core's own time counts (and the codec's, where it is named).
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <time.h>

#include <deque>

#include "shared/wire/codec.hpp"
#include "stages/ga_dispatcher/evaluators.hpp"
#include "stages/ga_dispatcher/outstanding.hpp"
#include "tests/bench/dispatched.hpp"

namespace mendel::bench {
namespace {

using wiring::Edge;

constexpr std::int64_t kPopulation = 20'000;

constexpr std::size_t kBatch = 500;

std::vector<ga_dispatcher::Wanted> wanted_genomes() {
  std::vector<ga_dispatcher::Wanted> wanted;
  for (int i = 0; i < kPopulation; ++i)
    wanted.push_back({sha256(std::to_string(i)), {1.0, 2.0, double(i)}, 1});
  return wanted;
}

// What results_writer says of them, batch by batch.
std::vector<wire::Message> notices_of(const std::vector<ga_dispatcher::Wanted>& wanted) {
  std::vector<wire::Message> notices;
  wire::CandidateBatch batch;
  batch.run = kRun;
  for (std::size_t first = 0; first < wanted.size(); first += kBatch) {
    wire::Recorded notice;
    for (std::size_t i = first; i < first + kBatch; ++i)
      notice.scores.push_back(score_of(batch, {wanted[i].key, wanted[i].genome}));
    notices.emplace_back(std::move(notice));
  }
  return notices;
}

// A frame on its way: encoded and decoded, where the codec counts.
void travel(wire::Message& message, bool codec) {
  if (codec) message = *wire::decode(wire::encode(message));
}

// Two books, the evaluators' and what they owe, from "wanted" to "recorded", in batches of 500:
// dispatch without breeding, keys and records. With the codec also what each batch is on the wire:
// its CandidateBatch, the Credit that answers it and the Recorded with its scores, each encoded and
// decoded, which is the work of both ends.
void HandOut(benchmark::State& state) {
  const bool codec = state.range(1) != 0;
  const auto wanted = wanted_genomes();
  const auto notices = notices_of(wanted);
  ga_dispatcher::Evaluators evaluators({1, "right", 10 * kNsPerSecond});
  Now now{kNsPerSecond, 0};
  for (int i = 0; i < state.range(0); ++i) {
    const std::string name = fmt::format("e{}", i);
    evaluators.subscription("ev." + name + ".", true, now);
    evaluators.hello(hello_of(name), now);
  }
  for (auto _ : state) {
    ga_dispatcher::Outstanding outstanding;
    for (const auto& one : wanted) outstanding.add(one, {1, 1}, false);
    auto notice = notices.begin();
    while (!outstanding.empty()) {
      for (const auto& free : evaluators.free()) {
        auto taken = outstanding.take(kBatch, now);
        if (taken.candidates.empty()) break;
        std::vector<Digest> keys;
        for (const auto& candidate : taken.candidates) keys.push_back(candidate.key);
        wire::CandidateBatch batch;
        batch.candidates = std::move(taken.candidates);
        wire::Credit credit = hello_of(free.incarnation);
        credit.received_through = evaluators.assign(free.incarnation, {kRun, std::move(keys)}, now);
        wire::Message handed = std::move(batch);
        travel(handed, codec);
        wire::Message hello = std::move(credit);
        travel(hello, codec);
        for (const auto& released : evaluators.hello(std::get<wire::Credit>(hello), now))
          outstanding.settled(released.keys, now);
        const wire::Message read = codec ? *wire::decode(wire::encode(*notice)) : wire::Message();
        const auto& recorded = std::get<wire::Recorded>(codec ? read : *notice);
        for (const auto& score : recorded.scores) outstanding.complete(score.key);
        ++notice;
      }
    }
  }
  state.SetItemsProcessed(state.iterations() * kPopulation);
}
BENCHMARK(HandOut)
    ->ArgNames({"evaluators", "codec"})
    ->Args({4, 0})
    ->Args({4, 1})
    ->Args({1000, 0})
    ->Args({1000, 1})
    ->Unit(benchmark::kMillisecond);

// Of this thread, so that neighbours on the machine do not count.
double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Evaluators that answer at once, one after the other; time is what the core takes.
class Instant {
 public:
  Instant(std::int64_t evaluators, bool codec) : codec_(codec) {
    world_.submit(experiment_text(kPopulation, 300), now_);
    for (std::int64_t i = 0; i < evaluators; ++i) {
      const std::string name = fmt::format("e{:04}", i);
      world_.core.subscription(Edge::candidates, "ev." + name + ".", true, now_);
      wire::Credit credit = hello_of(name);
      credit.candidate_ms = 0.02;
      deliver(Edge::credits, std::move(credit));
    }
    work();
    work();
  }

  // Until so many more genomes were handed out; returns the seconds spent.
  double run(std::size_t genomes) {
    seconds_ = 0;
    handed_ = 0;
    while (handed_ < genomes) {
      if (batches_.empty()) work();
      check(!batches_.empty() || !world_.ended, "the run goes on");
      for (; !batches_.empty(); batches_.pop_front()) answer(batches_.front());
      work();
    }
    return seconds_;
  }

 private:
  template <class Call>
  void timed(Call call) {
    const double begin = cpu_seconds();
    call();
    seconds_ += cpu_seconds() - begin;
  }

  void deliver(Edge edge, wire::Message message) {
    ga_dispatcher::Actions actions;
    const std::string frame = codec_ ? wire::encode(message) : "";
    timed([&] {
      if (codec_) message = *wire::decode(frame);
      world_.core.receive({edge, "", std::move(message)}, now_, actions);
    });
    take(actions);
  }

  void work() {
    now_.monotonic_ns += 100'000;
    now_.wall_ns += 100'000;
    ga_dispatcher::Actions actions;
    timed([&] { world_.core.work(now_, actions); });
    take(actions);
  }

  void take(ga_dispatcher::Actions& actions) {
    for (auto& batch : world_.perform(actions, now_)) {
      handed_ += batch.candidates.size();
      wire::Message message = std::move(batch);
      if (codec_) {
        timed([&] { benchmark::DoNotOptimize(wire::encode(message)); });
      }
      batches_.push_back(std::move(std::get<wire::CandidateBatch>(message)));
    }
  }

  void answer(const wire::CandidateBatch& batch) {
    wire::Recorded notice;
    notice.epoch = 1;
    notice.sequence = ++sequence_;
    for (const auto& candidate : batch.candidates)
      notice.scores.push_back(score_of(batch, candidate));
    notice.record_ids = std::exchange(world_.recorded_ids, {});
    wire::Credit credit = hello_of(batch.target);
    credit.candidate_ms = 0.02;
    credit.received_through = batch.sequence;
    deliver(Edge::credits, std::move(credit));
    deliver(Edge::recorded, std::move(notice));
  }

  bool codec_;
  Dispatched world_;
  Now now_{kNsPerSecond, kNsPerSecond};
  std::deque<wire::CandidateBatch> batches_;
  std::uint64_t sequence_ = 0;
  std::size_t handed_ = 0;
  double seconds_ = 0;
};

// The whole core: breeding, keys, books, messages, digests, checkpoints, records.
void Core(benchmark::State& state) {
  Instant instant(state.range(0), state.range(1) != 0);
  std::size_t genomes = 0;
  for (auto _ : state) {
    state.SetIterationTime(instant.run(kPopulation));
    genomes += kPopulation;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(genomes));
}
BENCHMARK(Core)
    ->ArgNames({"evaluators", "codec"})
    ->Args({4, 0})
    ->Args({4, 1})
    ->Args({100, 1})
    ->Iterations(5)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace mendel::bench

BENCHMARK_MAIN();

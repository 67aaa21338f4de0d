// The scaling curve: one dispatcher and 1 to 1,000 evaluators. The dispatcher is real (its core and
// the codec, in measured CPU time); evaluators, results_writer and the network are simulated. Time
// in the simulation passes as the dispatcher really needs it, so that the table shows where it
// saturates, and on what. Run by hand; prints the table of docs/dispatch.md.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "shared/wire/codec.hpp"
#include "tests/bench/dispatched.hpp"

namespace mendel::bench {
namespace {

using wiring::Edge;

constexpr std::int64_t kHopNs = 100'000;           // a message on its way
constexpr std::int64_t kCommitNs = 1'000'000;      // results_writer's group commit
constexpr std::int64_t kHelloNs = 200 * kNsPerMs;  // as the evaluator has it
constexpr std::size_t kReadPerTurn = 256;          // as the runtime has it

struct Settings {
  std::int64_t evaluators = 1;
  double candidate_us = 100;
  std::int64_t population = 20'000;
  std::int64_t generations = 3;
};

struct Spent {
  std::int64_t reading_ns = 0;   // decoding and receiving
  std::int64_t handing_ns = 0;   // work() within a generation, and encoding
  std::int64_t breeding_ns = 0;  // work() that closes a generation and opens the next
};

std::int64_t cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * kNsPerSecond + time.tv_nsec;
}

class Scaling {
 public:
  explicit Scaling(Settings settings) : settings_(settings) {
    const Now start{clock_ns_, clock_ns_};
    world_.submit(experiment_text(settings_.population, settings_.generations), start);
    crowd_.resize(static_cast<std::size_t>(settings_.evaluators));
    for (std::size_t i = 0; i < crowd_.size(); ++i) {
      crowd_[i].name = fmt::format("e{:04}", i);
      names_[crowd_[i].name] = i;
      world_.core.subscription(Edge::candidates, "ev." + crowd_[i].name + ".", true, start);
      const auto offset = static_cast<std::int64_t>(i) * kHelloNs / settings_.evaluators;
      at(clock_ns_ + offset, {Event::hello, i, ""});
    }
  }

  // To the end of the run; one line of the table.
  std::string run() {
    const std::int64_t begin = clock_ns_;
    while (!world_.ended && clock_ns_ < begin + 600 * kNsPerSecond) turn();
    const double seconds = static_cast<double>(clock_ns_ - begin) / 1e9;
    const auto genomes = static_cast<double>(genomes_);
    const double rate = genomes / seconds;
    const double ideal = static_cast<double>(settings_.evaluators) * 1e6 / settings_.candidate_us;
    const auto share = [&](std::int64_t ns) {
      return 100 * static_cast<double>(ns) / static_cast<double>(clock_ns_ - begin);
    };
    return fmt::format(
        "| {} | {:.0f} | {:.0f} | {:.0f} % | {:.0f} | {:.0f} % | {:.0f} % | {:.0f} % |",
        settings_.evaluators, ideal, rate, 100 * rate / ideal,
        genomes / static_cast<double>(batches_), share(spent_.reading_ns), share(spent_.handing_ns),
        share(spent_.breeding_ns));
  }

 private:
  struct Event {
    enum Kind { hello, batch_done, frame_arrives } kind;
    std::size_t evaluator = 0;
    std::string frame;
    Edge edge = Edge::credits;
    std::uint64_t sequence = 0;
  };
  struct Simulated {
    std::string name;
    std::int64_t busy_until_ns = 0;
    std::uint64_t received_through = 0;
    std::map<std::uint64_t, wire::CandidateBatch> held;
    bool measured = false;
    std::uint64_t progress = 0;
  };

  void at(std::int64_t ns, Event event) { events_.emplace(ns, std::move(event)); }

  // A turn of the dispatcher's loop: what has arrived is read, then it works.
  void turn() {
    // What happens elsewhere until now; when nothing has arrived, time passes to the next event.
    std::vector<Event> arrived;
    const std::int64_t idle_until = clock_ns_ + 20 * kNsPerMs;
    while (!events_.empty() && arrived.size() < kReadPerTurn) {
      const auto first = events_.begin();
      const bool due = first->first <= clock_ns_ || (arrived.empty() && first->first <= idle_until);
      if (!due) break;
      clock_ns_ = std::max(clock_ns_, first->first);
      const std::int64_t when = first->first;
      Event event = std::move(first->second);
      events_.erase(first);
      if (event.kind == Event::frame_arrives)
        arrived.push_back(std::move(event));
      else
        happen(std::move(event), when);
    }
    if (arrived.empty()) clock_ns_ = std::max(clock_ns_, std::min(idle_until, next_event_ns()));
    ga_dispatcher::Actions actions;
    const std::int64_t begin = cpu_ns();
    for (Event& event : arrived) {
      world_.core.receive({event.edge, "", *wire::decode(event.frame)}, now(), actions);
    }
    const std::int64_t read = cpu_ns();
    world_.core.work(now(), actions);
    const std::int64_t worked = cpu_ns();
    auto batches = world_.perform(actions, now());
    const std::int64_t sending = cpu_ns();
    std::vector<std::string> frames;
    for (auto& batch : batches) frames.push_back(wire::encode(wire::Message(batch)));
    const std::int64_t sent = cpu_ns();
    const bool bred = !world_.recorded_ids.empty();
    spent_.reading_ns += read - begin;
    (bred ? spent_.breeding_ns : spent_.handing_ns) += worked - read;
    spent_.handing_ns += sent - sending;
    clock_ns_ += worked - begin + sent - sending;
    for (auto& batch : batches) hand(std::move(batch));
    if (bred) answer_records();
  }

  std::int64_t next_event_ns() const {
    return events_.empty() ? clock_ns_ + 20 * kNsPerMs : events_.begin()->first;
  }
  Now now() const { return {clock_ns_, clock_ns_}; }

  void hand(wire::CandidateBatch batch) {
    Simulated& evaluator = crowd_[names_.at(batch.target)];
    const std::int64_t arrives = clock_ns_ + kHopNs;
    const std::int64_t begins = std::max(arrives, evaluator.busy_until_ns);
    const double work_ns =
        static_cast<double>(batch.candidates.size()) * settings_.candidate_us * 1e3;
    evaluator.busy_until_ns = begins + static_cast<std::int64_t>(work_ns);
    evaluator.received_through = batch.sequence;
    genomes_ += batch.candidates.size();
    ++batches_;
    Event done{Event::batch_done, names_.at(batch.target), "", Edge::credits, batch.sequence};
    at(evaluator.busy_until_ns, std::move(done));
    evaluator.held.emplace(batch.sequence, std::move(batch));
  }

  void happen(Event event, std::int64_t when) {
    Simulated& evaluator = crowd_[event.evaluator];
    if (event.kind == Event::batch_done) {
      const auto held = evaluator.held.find(event.sequence);
      wire::Recorded notice;
      for (const auto& candidate : held->second.candidates)
        notice.scores.push_back(score_of(held->second, candidate));
      evaluator.held.erase(held);
      evaluator.measured = true;
      ++evaluator.progress;
      record(std::move(notice), when + kHopNs + kCommitNs);
    } else {
      at(when + kHelloNs, {Event::hello, event.evaluator, ""});
    }
    wire::Credit credit = hello_of(evaluator.name);
    credit.received_through = evaluator.received_through;
    credit.progress = evaluator.progress;
    credit.candidate_ms = evaluator.measured ? settings_.candidate_us / 1e3 : 0;
    for (const auto& [sequence, batch] : evaluator.held) credit.held.push_back(sequence);
    at(when + kHopNs,
       {Event::frame_arrives, event.evaluator, wire::encode(wire::Message(std::move(credit)))});
  }

  void record(wire::Recorded notice, std::int64_t when) {
    notice.epoch = 1;
    notice.sequence = ++sequence_;
    at(when + kHopNs,
       {Event::frame_arrives, 0, wire::encode(wire::Message(std::move(notice))), Edge::recorded});
  }

  void answer_records() {
    wire::Recorded notice;
    notice.record_ids = std::exchange(world_.recorded_ids, {});
    record(std::move(notice), clock_ns_ + kHopNs + kCommitNs);
  }

  Settings settings_;
  Dispatched world_;
  std::vector<Simulated> crowd_;
  std::map<std::string, std::size_t> names_;
  std::multimap<std::int64_t, Event> events_;
  std::int64_t clock_ns_ = kNsPerSecond;
  std::uint64_t sequence_ = 0;
  std::uint64_t genomes_ = 0;
  std::uint64_t batches_ = 0;
  Spent spent_;
};

}  // namespace
}  // namespace mendel::bench

// dispatch_scaling [microseconds a candidate] [population]
int main(int argc, char** argv) {
  mendel::bench::Settings settings;
  if (argc > 1) settings.candidate_us = std::atof(argv[1]);
  if (argc > 2) settings.population = std::atoll(argv[2]);
  fmt::print("{} us a candidate, population {}\n\n", settings.candidate_us, settings.population);
  fmt::print(
      "| evaluators | ideal genomes/s | genomes/s | of ideal | genomes a batch | reading | handing "
      "out | breeding |\n|---|---|---|---|---|---|---|---|\n");
  for (const std::int64_t evaluators : {1, 2, 4, 8, 16, 32, 64, 125, 250, 500, 1000}) {
    settings.evaluators = evaluators;
    fmt::print("{}\n", mendel::bench::Scaling(settings).run());
    std::fflush(stdout);
  }
  return 0;
}

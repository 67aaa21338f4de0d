// FakeWorld: the pipeline around ga_dispatcher's core in one thread on virtual time: evaluators,
// results_writer, data_loader and the store, as simple as their protocols allow. Messages are
// delayed, reordered between peers, and lost, all from one seed; anything may be killed.
// Threads: one.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "shared/base/rng.hpp"
#include "shared/market/metrics.hpp"
#include "shared/strategy/genes.hpp"
#include "stages/ga_dispatcher/ga_dispatcher.hpp"

namespace mendel::testing {

struct FakeWorldSettings {
  std::uint64_t seed = 1;
  int evaluators = 1;
  // Shares of messages that vanish, per message.
  double lose_batches = 0;
  double lose_scores = 0;
  double lose_notices = 0;
  double candidate_ms = 1;  // an evaluator's time for one
  double detailed_ms = 0;   // for one in detail; 0 = the same
  std::int64_t lease_ms = 2000;
  // An evaluator that died of a candidate, or was told to leave, is started again after this.
  double restart_ms = 500;
};

// What computing a genome does to its evaluator.
enum class Fate : std::uint8_t { scored, dies, hangs };

class FakeWorld {
 public:
  using Score = std::function<wire::Score(const std::vector<double>& genome)>;

  FakeWorld(FakeWorldSettings settings, Score score);
  ~FakeWorld();

  // Sends a request and runs until it is answered (at most 10 s of virtual time).
  wire::Reply ask(const std::string& action, const std::string& run,
                  const std::string& experiment = "");
  // Runs until `done`; false after `seconds` of virtual time.
  bool run_until(const std::function<bool()>& done, double seconds = 600);
  // Runs until the run's progress says that it ended; returns its report (null when there is none).
  config::Value finish(const std::string& run);

  std::string add_evaluator(const std::string& self_test = "right");
  void kill_evaluator(const std::string& incarnation);   // its connection breaks at once
  void mute_evaluator(const std::string& incarnation);   // it computes and says nothing
  void stall_evaluator(const std::string& incarnation);  // it says hello and computes nothing
  std::optional<std::string> busy_evaluator() const;     // one that holds unfinished work
  void restart_writer();                                 // a new epoch; what is recorded stays
  void stop_writer() { writer_here_ = false; }
  void leave_evaluator(const std::string& incarnation);  // it says good-bye, and drops all
  std::vector<std::string> evaluators() const;           // incarnations of the living
  void kill_dispatcher();   // what it had received and not saved is lost
  void start_dispatcher();  // from the store

  // Everything a test may look at.
  const wire::Progress& progress(const std::string& run) { return progress_[run]; }
  double sample(const std::string& name) const;
  std::map<std::string, std::map<std::string, std::string>>
      runs;                                                     // the store: run -> file -> bytes
  std::map<std::string, std::vector<std::string>> checkpoints;  // every one that was saved
  std::set<std::string> experiments;                            // hex digests that are published
  std::map<Digest, wire::Score> recorded;
  std::map<std::string, wire::Message> records;
  std::vector<std::string> faults;  // broken promises, by the one who noticed
  std::uint64_t evaluated = 0;      // candidates computed by all evaluators
  std::map<std::string, std::vector<std::vector<strategy::Genome>>> batches;  // sent out, by run
  std::function<Fate(const std::vector<double>& genome)> fate;  // empty: all are scored
  std::uint64_t deaths = 0;                // of evaluators, of what they computed
  std::string dataset_error;               // data_loader's answer, "" = a dataset
  std::string quality = "{}";              // its quality report
  std::vector<wire::DatasetOrder> orders;  // received
  // What the engine says of the experiment on its dataset.
  Result<ga_dispatcher::Examination> examination = ga_dispatcher::Examination{{}, 256, 320};

 private:
  struct Evaluator;
  void after(double ms, std::function<void()> what);
  // A connection delays, and keeps the order of what it carries.
  void carry(const std::string& connection, std::function<void()> what);
  bool lost(double share) { return draws_.unit() < share; }
  void step();
  void perform(ga_dispatcher::Actions& actions);
  void route(runtime::Outgoing outgoing);
  void to_core(wiring::Edge edge, const std::string& sender, wire::Message message);
  void order(const wire::DatasetOrder& order);
  double detailed_ms() const;
  void evaluate(Evaluator& evaluator);
  bool succumbs(Evaluator& evaluator);
  void hello(const std::string& incarnation);
  void beat(const std::string& incarnation);
  void to_writer(const std::string& sender, wire::Message message);
  void publish(wire::Recorded notice);

  FakeWorldSettings settings_;
  Score score_;
  Draws draws_;
  Now now_{1'000'000'000, 1'700'000'000 * kNsPerSecond};
  std::multimap<std::int64_t, std::function<void()>> events_;
  std::map<std::string, std::int64_t> carried_ns_;  // connection -> its last arrival
  std::unique_ptr<ga_dispatcher::Core> core_;
  int lives_ = 0;  // of the dispatcher
  std::map<std::string, std::unique_ptr<Evaluator>> evaluators_;
  int evaluators_made_ = 0;
  bool writer_here_ = true;
  std::uint64_t epoch_ = 1;
  std::uint64_t sequence_ = 0;
  std::map<std::string, wire::Progress> progress_;
  std::map<std::string, wire::Reply> replies_;
  int requests_ = 0;
};

}  // namespace mendel::testing

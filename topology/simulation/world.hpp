// World: the runtime of simulated processes. It plays sockets, kernel and supervisor for them: one
// thread, virtual time, an order of events that follows from the seed alone. Between two living
// processes an edge keeps its order and loses nothing, except by the weather; a killed process
// takes with it what was buffered for it.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/rng.hpp"
#include "shared/wiring/edges.hpp"
#include "topology/simulation/agenda.hpp"
#include "topology/simulation/fault.hpp"
#include "topology/simulation/process.hpp"

namespace mendel::simulation {

using wiring::Edge;

// As the real loop: a process without news works this often.
inline constexpr std::int64_t kTickNs = 50 * kNsPerMs;
// Messages that a sender keeps for a receiver that is not there; the oldest are dropped.
inline constexpr std::size_t kWaitingMax = 1000;

// Shares of messages, or subscriptions, that something happens to.
struct Weather {
  double lose = 0;
  double duplicate = 0;
  double reorder = 0;
  double delay = 0;  // by up to a second, and what comes behind waits
  double late_subscription = 0;
};

class World {
 public:
  using Make = std::function<std::unique_ptr<Process>(const std::string& incarnation)>;
  using Trace = std::function<void(const std::string& line)>;

  // `trace`: empty, or called with a line for every event.
  World(std::uint64_t seed, Trace trace);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Declares a process of a stage (or "mendel") and starts it.
  void add(const std::string& name, const std::string& role, Make make);
  // kill -9. What was on its way from it may still arrive, or not.
  void kill(const std::string& name);
  void start(const std::string& name);  // a new life; nothing while it lives
  void pause(const std::string& name);  // SIGSTOP
  void resume(const std::string& name);
  void ask_to_stop(const std::string& name);  // SIGTERM: it says what it has to say, and is gone

  // nullptr while it is dead.
  Process* find(const std::string& name) const;
  bool is_paused(const std::string& name) const;
  std::string incarnation(const std::string& name) const;  // of its present life, or its last

  void set_weather(Weather weather) { weather_ = weather; }
  // Nothing gets through between two roles until then: what is published there may be lost, what is
  // pushed waits.
  void part(const std::string& role, const std::string& other, std::int64_t until_ns);
  void join_again() { parted_until_ns_.clear(); }
  void count(Fault fault, const std::string& whom);
  const FaultCounts& faults() const { return faults_; }
  std::uint64_t messages() const { return messages_; }
  void note(const std::string& text);  // into the trace
  bool traces() const { return static_cast<bool>(trace_); }

  Agenda& agenda() { return agenda_; }
  Now now() const { return agenda_.now(); }

 private:
  struct Life;
  using Readers = std::map<std::pair<Edge, std::string>, std::vector<std::string>>;

  void tick(const std::string& name, int number);
  void turn(Life& life);
  bool read(Life& life);
  void speak(Life& life);
  // Calls `what` when the life still lasts, at once or when it is no longer paused.
  void reach(const std::string& name, int number, std::function<void(Life&)> what);
  void flush(Life& from, runtime::Outbox& out);
  void send(Life& from, runtime::Outgoing outgoing);
  void carry(Life& from, Life& to, runtime::Outgoing outgoing);
  // Living processes that take what `from` pushes there.
  std::vector<Life*> takers(const wiring::EdgeSpec& edge) const;
  std::int64_t parted_until_ns(const Life& from, const Life& to) const;
  void arrive(const Life& from, const Life& to, std::int64_t at_ns,
              const std::shared_ptr<const runtime::Outgoing>& outgoing);
  void connect(Life& life);
  void subscribe(Life& publisher, Life& reader, Edge edge);
  void deliver_waiting(Life& receiver);
  bool chance(double share) { return share > 0 && draws_.unit() < share; }
  std::int64_t between(double least_ms, double most_ms);
  Life& life(const std::string& name) const;

  Agenda agenda_;
  Draws draws_;
  Trace trace_;
  Weather weather_;
  FaultCounts faults_{};
  std::uint64_t messages_ = 0;
  std::size_t waiting_ = 0;  // messages that nobody takes, at all senders
  std::map<std::string, std::unique_ptr<Life>> lives_;
  std::map<std::pair<std::string, std::string>, std::int64_t> parted_until_ns_;  // by roles
  std::map<std::tuple<std::string, std::string, Edge>, std::int64_t> carried_ns_;
  std::set<std::pair<std::string, int>> cut_;  // lives whose last words are lost
};

// One line: kind and what identifies it.
std::string describe(const wire::Message& message);

}  // namespace mendel::simulation

// Stage: what the runtime asks of a stage, and what it hands to it. The runtime owns the loop, the
// sockets, the signals and the clocks; a stage turns messages into messages.
// Threads: every function of a Stage is called on the loop thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/config/options.hpp"
#include "shared/wire/messages.hpp"
#include "shared/wiring/topology.hpp"

namespace mendel::runtime {

using wiring::Edge;

// A message that leaves: `topic` only on publishing edges, ending with '.'.
struct Outgoing {
  Edge edge;
  std::string topic;
  wire::Message message;
};

// Messages in the order they shall leave. The runtime empties it after every call; what a socket
// does not take yet waits in the runtime, bounded, oldest dropped first and counted (every
// protocol resends or asks for what is lost).
class Outbox {
 public:
  void send(Edge edge, wire::Message message) { out_.push_back({edge, "", std::move(message)}); }
  void publish(Edge edge, std::string topic, wire::Message message) {
    out_.push_back({edge, std::move(topic), std::move(message)});
  }
  std::vector<Outgoing>& messages() { return out_; }

 private:
  std::vector<Outgoing> out_;
};

// A message that arrived.
struct Delivery {
  Edge edge;
  std::string topic;
  wire::Message message;
};

struct Readiness {
  bool ready = true;
  std::string reason;  // why not; of a ready stage what an operator should know
};

class Stage {
 public:
  virtual ~Stage() = default;

  virtual void receive(Delivery delivery, Now now, Outbox& out) = 0;

  // A reader of a publishing edge of ours subscribed to (`joined`) or left `topic`.
  virtual void subscription(Edge /*edge*/, const std::string& /*topic*/, bool /*joined*/,
                            Now /*now*/, Outbox& /*out*/) {}

  // The duty cycle: called after the sockets were read, and at least every 50 ms. Returns how much
  // work was done; 0 lets the loop wait for sockets and wake descriptors.
  virtual int work(Now now, Outbox& out) = 0;

  // Back-pressure: while false, this incoming edge is not read.
  virtual bool wants(Edge /*edge*/) const { return true; }

  // What the runtime still holds for a sending edge, told before every work(): a stage that is
  // blocked there stops making more.
  virtual void backlog(Edge /*edge*/, std::size_t /*messages*/) {}

  // Descriptors that end the loop's wait (eventfds of worker threads); the stage clears them.
  virtual std::vector<int> wake_descriptors() const { return {}; }

  // Topics to subscribe to on a publishing edge that this stage reads; default: everything.
  virtual std::vector<std::string> topics(Edge /*edge*/) const { return {""}; }

  virtual Readiness readiness() const { return {}; }

  // A compute thread that has had work and made no progress for 30 s: what hangs, else "". It makes
  // the process unhealthy.
  virtual std::string stalled() const { return ""; }

  // Counters and gauges for the `stat.` tap, once a second.
  virtual void samples(std::vector<wire::Sample>& /*out*/) const {}

  // Asked to stop: finish what is begun. The runtime stops when drained() or after 10 s.
  virtual void stop(Now /*now*/, Outbox& /*out*/) {}
  virtual bool drained() const { return true; }

  // Set when the stage cannot go on: the process logs the message and ends with its exit code.
  virtual const Error* failure() const { return nullptr; }
};

// What a stage is made from.
struct StageContext {
  const wiring::Topology& topology;
  const config::Arguments& arguments;
  std::string incarnation;
  std::string host;
};

struct StageDefinition {
  std::string name;                         // "evaluator"
  std::string summary;                      // one sentence
  std::vector<config::OptionSpec> options;  // beside the runtime's own
  // Checks everything checkable without side effects beyond reading; used by --check.
  std::function<Status(const StageContext&)> check;
  std::function<Result<std::unique_ptr<Stage>>(const StageContext&)> make;
};

// The whole life of a stage process: options, --help/--version/--check/--health, topology, sockets,
// loop, health socket, signals, drain. Returns the exit code (docs/operating.md).
int run(const StageDefinition& definition, int argc, char** argv);

}  // namespace mendel::runtime

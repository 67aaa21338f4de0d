// Loop: the bounded duty cycle around a stage: wait, read, work, send; readiness and counters to
// the board and the tap; drain at the end.
// Threads: one thread, all of it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/runtime/board.hpp"
#include "shared/runtime/ports.hpp"
#include "shared/runtime/stage.hpp"
#include "shared/runtime/tap.hpp"
#include "shared/sockets/poller.hpp"
#include "shared/wiring/topology.hpp"

namespace mendel::runtime {

inline constexpr std::int64_t kTurnMsMax = 50;   // the longest wait of a turn
inline constexpr int kReceivedPerTurnMax = 256;  // messages per edge and turn
inline constexpr std::int64_t kDrainNsMax = 8 * kNsPerSecond;
inline constexpr std::int64_t kBacklogNsMax = kNsPerSecond;  // for what waits for a peer at the end
inline constexpr std::int64_t kStatEveryNs = kNsPerSecond;
inline constexpr std::int64_t kReadinessEveryNs = 200 * kNsPerMs;

class Loop {
 public:
  // Opens the sockets of the stage that the board names. Stage and board outlive the loop.
  // `interrupt` (a descriptor, or -1) ends a wait; its owner clears it.
  static Result<std::unique_ptr<Loop>> open(Stage& stage, Board& board,
                                            const wiring::Topology& topology, int interrupt = -1);
  // What the sockets still hold is given a moment to leave.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // One duty cycle; waits at most `wait_ms` when there was nothing to do. Returns the work done.
  int turn(std::int64_t wait_ms = kTurnMsMax);

  // Asks the stage to stop; asked again, it stops at once.
  void request_stop();
  // Whether it was asked to stop and has drained (or the time for that is over), or has failed.
  bool finished() const;
  const Error* failure() const { return stage_.failure(); }

  const Port& port(Edge edge) const;

 private:
  Loop(Stage& stage, Board& board, int interrupt, std::vector<Port> ports, Tap tap);

  void wait(std::int64_t wait_ms);
  int read_ports(Now now);
  int send_outbox();
  void report(Now now);
  std::vector<wire::Sample> samples(Now now);
  Port* find(Edge edge);

  Stage& stage_;
  Board& board_;
  int interrupt_;
  std::vector<Port> ports_;
  Tap tap_;
  sockets::Poller poller_;
  Outbox out_;
  int done_ = 0;
  std::int64_t stop_asked_ns_ = 0;
  bool stop_now_ = false;
  std::int64_t readiness_ns_ = 0;
  std::int64_t stat_ns_ = 0;
  std::uint64_t in_at_stat_ = 0;
  std::uint64_t out_at_stat_ = 0;
  double cpu_at_stat_ = 0;
};

}  // namespace mendel::runtime

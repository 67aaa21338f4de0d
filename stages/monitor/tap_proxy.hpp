// TapProxy: every stage's tap on one side, everybody who listens on the other; subscriptions go the
// other way. Slow listeners lose frames and never slow a stage.
// Threads: one thread.
#pragma once

#include <functional>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/sockets/socket.hpp"
#include "shared/wiring/topology.hpp"

namespace mendel::monitor {

inline constexpr int kPassedPerTurnMax = 1000;  // frames

class TapProxy {
 public:
  // Binds both ends and subscribes to `stat.`.
  static Result<TapProxy> open(sockets::Context& context, const wiring::Topology& topology);

  // Passes on what is there, at most kPassedPerTurnMax frames; each is shown to `see` before.
  // Returns how many.
  int pass(const std::function<void(const sockets::Frame&)>& see);

  // Readable when there may be something to pass on.
  std::vector<int> descriptors() const;

 private:
  TapProxy(sockets::Socket stages, sockets::Socket listeners);

  sockets::Socket stages_;     // XSUB
  sockets::Socket listeners_;  // XPUB
};

}  // namespace mendel::monitor

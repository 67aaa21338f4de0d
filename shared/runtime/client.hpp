// Client: the pipeline as the operator's command sees it: requests out, progress and replies in.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/wire/messages.hpp"
#include "shared/wiring/topology.hpp"

namespace mendel::runtime {

class Client {
 public:
  // Opens the sockets of the role "mendel". No peer needs to be there yet.
  static Result<Client> open(const wiring::Topology& topology);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // Sends the request, resends it every 500 ms until its reply comes, and returns that; transient
  // error after timeout_ms. An empty request_id is chosen here. Progress messages that arrive
  // meanwhile go to `on_progress`. `is_there`, asked every 500 ms if it is given, ends the wait
  // with that error at once where nobody is left to answer.
  Result<wire::Reply> ask(wire::Request request, std::int64_t timeout_ms,
                          const std::function<bool()>& is_there = {});

  // The next progress message within timeout_ms, if any.
  std::optional<wire::Progress> next_progress(std::int64_t timeout_ms);

  void on_progress(std::function<void(const wire::Progress&)> callback);

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Listens to monitor's tap endpoint.
class TapListener {
 public:
  // `prefix` is a topic prefix: "stat.", "copy.scores.", "" = everything.
  static Result<TapListener> open(const wiring::Topology& topology,
                                  const std::vector<std::string>& prefixes);
  ~TapListener();
  TapListener(TapListener&&) noexcept;
  TapListener& operator=(TapListener&&) noexcept;

  struct Tapped {
    std::string topic;
    Result<wire::Message> message;  // a frame that cannot be decoded is an error, and shown
  };
  std::optional<Tapped> next(std::int64_t timeout_ms);
  std::uint64_t dropped() const;  // frames lost before this listener, by the taps' sequence

 private:
  struct Impl;
  explicit TapListener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mendel::runtime

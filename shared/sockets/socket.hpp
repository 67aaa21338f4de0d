// Socket: one ZeroMQ socket with the settings that served (docs/adr/0003-messaging.md): no ZMTP
// heartbeats on data sockets (a full receive pipe would abort the process), no linger, bounded
// reconnects. Liveness and delivery are the protocols' own affair.
// Threads: a Context is shared; a Socket belongs to the thread that opened it, which has to poll
// it regularly (a SUB re-subscribes after a publisher's restart only when it is polled).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/result.hpp"

namespace mendel::sockets {

// Larger messages are refused by a bound socket (it drops that peer's connection); senders stay
// below by construction.
inline constexpr std::int64_t kMessageBytesMax = 33 << 20;

enum class Kind { push, pull, xpub, sub, xsub };

// One per process: owns the I/O thread.
class Context {
 public:
  Context();
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

 private:
  friend class Socket;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct SocketOptions {
  Kind kind = Kind::push;
  std::string name;      // the edge, for messages
  std::string endpoint;  // "ipc:///…", "tcp://host:port", "inproc://name"
  bool bind = false;
  int high_water_mark = 1000;  // messages, both directions
  bool verbose = false;        // XPUB: report every join, also to a topic that has readers
};

// A message as it travels: publishing sockets send the topic first; taps add a trailer.
struct Frame {
  std::string topic;
  std::string bytes;
  std::string trailer;
  bool well_formed = true;  // false: more parts than this kind of socket carries
};

struct SubscriptionEvent {
  std::string topic;
  bool joined = false;
};

class Socket {
 public:
  // Errors: transient when another process holds the address, configuration when it can never be
  // bound; they name the edge, the endpoint and what to do. A connecting socket needs no peer yet.
  static Result<Socket> open(Context& context, const SocketOptions& options);
  ~Socket();
  Socket(Socket&&) noexcept;
  Socket& operator=(Socket&&) noexcept;

  // Never waits; false = it would have to (no peer, or all of them full). PUSH ignores the topic.
  // XPUB always takes the message, and drops it for a reader that is slow.
  bool send(std::string_view topic, std::string_view bytes, std::string_view trailer = {});
  // Never waits; nullopt = nothing there. Requires a PULL, SUB or XSUB.
  std::optional<Frame> receive();

  // The next join or leave of an XPUB's readers, if any.
  std::optional<SubscriptionEvent> subscription();
  // For SUB and XSUB: topics are byte prefixes, so end them with a delimiter.
  void subscribe(std::string_view topic);
  void unsubscribe(std::string_view topic);

  // Lets libzmq do what is due (reconnects, subscriptions) on a socket that is not read.
  void touch();
  // Readable when something may have happened; edge-triggered: read until nothing is there.
  int descriptor() const;
  // The address after binding.
  std::string endpoint() const;
  const std::string& name() const;

  // Closes; what is buffered is given at most linger_ms to leave.
  void close(int linger_ms);

 private:
  friend class Poller;
  struct Impl;
  explicit Socket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mendel::sockets

// Webhook: posts documents to an address, in order, in a thread of its own. What is refused is
// dropped and counted; what finds nobody is tried again for ten minutes.
// Threads: any.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "shared/base/result.hpp"
#include "shared/http/client.hpp"

namespace mendel::monitor {

inline constexpr std::size_t kWaitingMax = 200;  // then the oldest is dropped
inline constexpr std::int64_t kPostMsMax = 10'000;
inline constexpr std::int64_t kPostAgainMs = 1'000;  // doubling to a minute
inline constexpr std::int64_t kPostAgainMsMost = 60'000;
inline constexpr std::int64_t kPostMsAll = 600'000;

// http:// or https://, with a host.
Status check_webhook(const std::string& url);

class Webhook {
 public:
  Webhook(std::string url, std::unique_ptr<http::Client> client,
          std::int64_t again_ms = kPostAgainMs);
  // Waits for the request under way at most; what waits is lost.
  ~Webhook();
  Webhook(const Webhook&) = delete;
  Webhook& operator=(const Webhook&) = delete;

  void post(std::string json);

  struct Counts {
    std::uint64_t posted = 0;
    std::uint64_t failed = 0;   // tries
    std::uint64_t dropped = 0;  // documents
  };
  Counts counts() const;

 private:
  void run();
  bool deliver(std::unique_lock<std::mutex>& lock, const std::string& json);

  std::string url_;
  std::unique_ptr<http::Client> client_;
  std::int64_t again_ms_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
  Counts counts_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace mendel::monitor

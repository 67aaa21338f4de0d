#include "stages/monitor/webhook.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "shared/base/log.hpp"

namespace mendel::monitor {
namespace {

// Without what may be secret: chat services put a token into the path.
std::string host_of(const std::string& url) {
  const std::size_t from = url.find("://");
  if (from == std::string::npos) return "alert_webhook";
  std::string host = url.substr(from + 3, url.find_first_of("/?", from + 3) - from - 3);
  const std::size_t at = host.rfind('@');
  return at == std::string::npos ? host : host.substr(at + 1);
}

}  // namespace

Status check_webhook(const std::string& url) {
  const bool has_scheme = url.starts_with("http://") || url.starts_with("https://");
  const std::string host = has_scheme ? host_of(url) : "";
  const bool is_plain =
      std::all_of(url.begin(), url.end(), [](unsigned char c) { return c > 32 && c < 127; });
  if (has_scheme && is_plain && !host.empty() && host.front() != ':') return {};
  return configuration_error(
      "[monitor] alert_webhook: write an address as https://alerts.example/hook");
}

Webhook::Webhook(std::string url, std::unique_ptr<http::Client> client, std::int64_t again_ms)
    : url_(std::move(url)), client_(std::move(client)), again_ms_(again_ms) {
  thread_ = std::thread([this] { run(); });
}

Webhook::~Webhook() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Webhook::post(std::string json) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kWaitingMax) {
      waiting_.pop_front();
      ++counts_.dropped;
    }
    waiting_.push_back(std::move(json));
  }
  changed_.notify_one();
}

Webhook::Counts Webhook::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void Webhook::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const std::string json = std::move(waiting_.front());
    waiting_.pop_front();
    if (deliver(lock, json)) {
      ++counts_.posted;
    } else {
      ++counts_.dropped;
    }
  }
}

// Called with the lock held; it is given up while something takes time.
bool Webhook::deliver(std::unique_lock<std::mutex>& lock, const std::string& json) {
  std::int64_t waited_ms = 0;
  for (std::int64_t wait_ms = again_ms_; !stopping_;
       wait_ms = std::min(2 * wait_ms, kPostAgainMsMost)) {
    lock.unlock();
    const http::Response response =
        client_->exchange({"POST", url_, {"Content-Type: application/json"}, json});
    lock.lock();
    if (response.status >= 200 && response.status < 300) return true;
    ++counts_.failed;
    const std::string why =
        response.status == 0 ? response.why : fmt::format("HTTP {}", response.status);
    log::repeated(log::Level::warn, "alert webhook",
                  fmt::format("alert_webhook at {}: {}", host_of(url_), why));
    const bool may_pass = response.status == 0 || response.status == 429 || response.status >= 500;
    if (!may_pass || waited_ms >= kPostMsAll) return false;
    changed_.wait_for(lock, std::chrono::milliseconds(wait_ms), [&] { return stopping_; });
    waited_ms += wait_ms;
  }
  return false;
}

}  // namespace mendel::monitor

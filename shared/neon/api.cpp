#include "shared/neon/api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace mendel::neon {
namespace {

constexpr std::size_t kKeyBytesMax = 4096;
constexpr int kPagesMax = 100;

std::string variable(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? "" : text;
}

std::string trimmed(std::string text) {
  const auto is_blank = [](unsigned char c) { return std::isspace(c) != 0; };
  while (!text.empty() && is_blank(text.back())) text.pop_back();
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), is_blank));
  return text;
}

bool is_printable(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 32 && c < 127; });
}

Result<std::string> read_key() {
  if (const std::string key = trimmed(variable(kKeyVariable)); !key.empty()) {
    if (is_printable(key)) return key;
    return configuration_error(fmt::format("{}: holds more than one word", kKeyVariable));
  }
  const std::string file = variable(kKeyFileVariable);
  if (file.empty()) {
    return configuration_error(
        fmt::format("no key for Neon's API: create one at console.neon.tech, Account settings, "
                    "API keys; put it into a file and export {}=FILE (or {}=KEY)",
                    kKeyFileVariable, kKeyVariable));
  }
  Result<std::string> text = config::read_text_file(file, kKeyBytesMax);
  if (!text) return text.error();
  const std::string key = trimmed(*text);
  if (key.empty() || !is_printable(key)) {
    return configuration_error(fmt::format("{}: holds {}; write the key alone into it", file,
                                           key.empty() ? "nothing" : "more than one word"));
  }
  return key;
}

// What carries the key: https anywhere, http on this machine only.
bool is_safe(const std::string& url) {
  if (url.starts_with("https://")) return true;
  if (url.find('@') != std::string::npos) return false;  // what stands before it is no host
  for (const std::string_view host : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
    if (url.starts_with(host) &&
        (url.size() == host.size() || url[host.size()] == ':' || url[host.size()] == '/'))
      return true;
  }
  return false;
}

const std::string& text_at(const config::Value& value, std::string_view key) {
  static const std::string kNone;
  const config::Value* found = value.find(key);
  return found != nullptr && found->is_text() ? found->as_text() : kNone;
}

bool is_over(const std::string& status) {
  return status == "finished" || status == "skipped" || status == "cancelled";
}

}  // namespace

std::string url_part(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    const bool plain = std::isalnum(c) != 0 || std::strchr("-._~", c) != nullptr;
    out += plain && c != 0 ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
  }
  return out;
}

Result<ApiAccess> read_access(std::string project) {
  ApiAccess access;
  access.project = project.empty() ? trimmed(variable(kProjectVariable)) : std::move(project);
  if (access.project.empty()) {
    return configuration_error(fmt::format(
        "which project? give --project ID or export {}=ID (console.neon.tech, Settings, General)",
        kProjectVariable));
  }
  if (const std::string url = trimmed(variable(kUrlVariable)); !url.empty()) access.url = url;
  while (access.url.ends_with('/')) access.url.pop_back();
  if (!is_safe(access.url)) {
    return configuration_error(
        fmt::format("{}: the key would travel unencrypted; use https://", kUrlVariable));
  }
  Result<std::string> key = read_key();
  if (!key) return key.error();
  access.key = *std::move(key);
  return access;
}

Api::Api(ApiAccess access, std::unique_ptr<http::Client> http,
         std::function<void(std::int64_t)> sleep_ms)
    : access_(std::move(access)), http_(std::move(http)), sleep_ms_(std::move(sleep_ms)) {}

Result<config::Value> Api::read(const std::string& path) { return request("GET", path, ""); }

Result<std::vector<config::Value>> Api::read_all(const std::string& path, const std::string& key) {
  std::vector<config::Value> all;
  std::string cursor;
  for (int page = 0; page < kPagesMax; ++page) {
    Result<config::Value> answer =
        read(cursor.empty() ? path : path + "?cursor=" + url_part(cursor));
    if (!answer) return answer.error();
    const config::Value* items = answer->find(key);
    if (items == nullptr || !items->is_array()) {
      return operator_error(fmt::format("{}{}: the answer has no list \"{}\"; is this Neon's API?",
                                        access_.url, path, key));
    }
    all.insert(all.end(), items->items().begin(), items->items().end());
    const config::Value* next = answer->find_path("pagination.next");
    if (next == nullptr || !next->is_text() || next->as_text().empty() || items->items().empty() ||
        next->as_text() == cursor)
      return all;
    cursor = next->as_text();
  }
  return all;
}

Result<config::Value> Api::change(const std::string& method, const std::string& path,
                                  const config::Value& body) {
  Result<config::Value> answer = request(method, path, body.is_null() ? "" : config::to_json(body));
  if (!answer) return answer;
  if (const Status done = await(*answer); !done) return done.error();
  return answer;
}

Result<config::Value> Api::request(const std::string& method, const std::string& path,
                                   const std::string& body) {
  http::Request request{method,
                        access_.url + "/projects/" + url_part(access_.project) + path,
                        {"Authorization: Bearer " + access_.key, "Accept: application/json"},
                        body};
  if (!body.empty()) request.headers.emplace_back("Content-Type: application/json");
  const std::string what = method + " " + request.url;
  const bool reads = method == "GET";
  std::int64_t waited_ms = 0;
  for (std::int64_t wait_ms = kRetryMsFirst;; wait_ms = std::min(2 * wait_ms, kRetryMsMost)) {
    const http::Response response = http_->exchange(request);
    if (response.status >= 200 && response.status < 300) {
      if (response.body.empty()) return config::Value::table();
      return config::parse_json(response.body, what);
    }
    const bool never_acted = response.status == 423 || response.status == 503 ||
                             (response.status == 0 && !response.was_sent);
    const bool may_pass = response.status == 0 || response.status == 429 || response.status >= 500;
    if (!never_acted && !(reads && may_pass)) return refused(what, response);
    const std::int64_t told_ms =
        std::int64_t{1000} * std::max(0, response.retry_after_s.value_or(0));
    const std::int64_t pause_ms = std::max(wait_ms, told_ms);
    if (waited_ms + pause_ms > kRetryMsAll) return refused(what, response);
    sleep_ms_(pause_ms);
    waited_ms += pause_ms;
  }
}

Status Api::await(const config::Value& answer) {
  const config::Value* operations = answer.find("operations");
  if (operations == nullptr || !operations->is_array()) return {};
  for (const config::Value& begun : operations->items()) {
    const std::string id = text_at(begun, "id");
    std::string status = text_at(begun, "status");
    std::string error = text_at(begun, "error");
    for (std::int64_t waited_ms = 0; !is_over(status); waited_ms += kPollMs) {
      if (status == "failed" || status == "error") {
        return operator_error(without_key(fmt::format(
            "Neon's operation {} ({}) failed: {}; `mendel neon status` shows what is in force", id,
            text_at(begun, "action"), error.empty() ? "it does not say why" : error)));
      }
      if (id.empty() || waited_ms >= kOperationMsMax) {
        return transient_error(
            fmt::format("Neon's operation {} ({}) is still {}; `mendel neon status` shows more", id,
                        text_at(begun, "action"), status));
      }
      sleep_ms_(kPollMs);
      const Result<config::Value> now = read("/operations/" + url_part(id));
      if (!now) return now.error();
      const config::Value* operation = now->find("operation");
      status = operation == nullptr ? "" : text_at(*operation, "status");
      error = operation == nullptr ? "" : text_at(*operation, "error");
    }
  }
  return {};
}

Error Api::refused(const std::string& what, const http::Response& response) const {
  if (response.status == 0) {
    const bool may_be_done = response.was_sent && !what.starts_with("GET");
    return transient_error(without_key(fmt::format(
        "{}: {}{}", what, response.why,
        may_be_done ? "; it may have been done: `mendel neon status` before you try again" : "")));
  }
  std::string said;
  if (const Result<config::Value> body = config::parse_json(response.body, "answer"); body)
    said = text_at(*body, "message");
  std::string advice;
  ErrorKind kind = ErrorKind::configuration;
  if (response.status == 401) {
    advice = fmt::format("; the key ({} or {}) is not valid", kKeyVariable, kKeyFileVariable);
  } else if (response.status == 403) {
    advice = "; this key may not do that";
  } else if (response.status == 404) {
    advice = "; check the project, endpoint and branch ids with `mendel neon status`";
  } else if (response.status == 423) {
    advice = "; another operation of this project is under way, try again later";
    kind = ErrorKind::transient;
  } else if (response.status == 429 || response.status >= 500) {
    advice = response.status == 429 ? "; too many requests, try again in a minute"
                                    : "; Neon's API has trouble, try again later";
    kind = ErrorKind::transient;
  }
  return Error{config::one_line(without_key(
                   fmt::format("{}: HTTP {}{}{}", what, response.status,
                               said.empty() ? "" : " (" + said.substr(0, 500) + ")", advice))),
               kind};
}

std::string Api::without_key(std::string text) const {
  const std::string hidden = "***";
  for (std::size_t at = text.find(access_.key); at != std::string::npos;
       at = text.find(access_.key, at + hidden.size()))
    text.replace(at, access_.key.size(), hidden);
  return text;
}

}  // namespace mendel::neon

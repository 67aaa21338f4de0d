#include "shared/http/client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace mendel::http {
namespace {

constexpr long kConnectMsMax = 15'000;

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  const std::size_t length = size * count;
  if (body.size() + length > kResponseBytesMax) return 0;  // libcurl ends with WRITE_ERROR
  body.append(bytes, length);
  return length;
}

std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* into) {
  constexpr std::string_view kName = "retry-after:";
  const std::string_view line(bytes, size * count);
  if (line.size() > kName.size() && curl_strnequal(bytes, kName.data(), kName.size()) != 0) {
    const std::size_t digit = line.find_first_not_of(' ', kName.size());
    int seconds = 0;
    if (digit != std::string_view::npos &&
        std::from_chars(line.data() + digit, line.data() + line.size(), seconds).ec == std::errc{})
      static_cast<Response*>(into)->retry_after_s = seconds;
  }
  return line.size();
}

class Curl final : public Client {
 public:
  explicit Curl(std::int64_t timeout_ms) : timeout_ms_(timeout_ms) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    handle_ = curl_easy_init();
    check(handle_ != nullptr, "libcurl gives a handle");
  }
  ~Curl() override { curl_easy_cleanup(handle_); }
  Curl(const Curl&) = delete;
  Curl& operator=(const Curl&) = delete;

  Response exchange(const Request& request) override {
    Response response;
    curl_slist* headers = nullptr;
    for (const std::string& line : request.headers)
      headers = curl_slist_append(headers, line.c_str());
    curl_easy_reset(handle_);
    curl_easy_setopt(handle_, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle_, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, headers);
    if (!request.body.empty()) {
      curl_easy_setopt(handle_, CURLOPT_POSTFIELDS, request.body.c_str());
      curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    }
    curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle_, CURLOPT_FOLLOWLOCATION, 0L);  // the key goes to one host only
    curl_easy_setopt(handle_, CURLOPT_CONNECTTIMEOUT_MS, kConnectMsMax);
    curl_easy_setopt(handle_, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms_));
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, &take_body);
    curl_easy_setopt(handle_, CURLOPT_WRITEDATA, &response.body);
    curl_easy_setopt(handle_, CURLOPT_HEADERFUNCTION, &take_header);
    curl_easy_setopt(handle_, CURLOPT_HEADERDATA, &response);
    const CURLcode code = curl_easy_perform(handle_);
    curl_slist_free_all(headers);
    if (code == CURLE_OK) {
      long status = 0;
      curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
      response.status = static_cast<int>(status);
      response.was_sent = true;
      return response;
    }
    response.body.clear();
    response.why = curl_easy_strerror(code);
    response.was_sent = !never_sent(code);
    return response;
  }

 private:
  // What fails before a connection stands cannot have reached anybody; a time-out counts as sent
  // once there was one.
  bool never_sent(CURLcode code) const {
    curl_off_t connected_us = 0;
    curl_easy_getinfo(handle_, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
    return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT ||
           code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
           connected_us == 0;
  }

  std::int64_t timeout_ms_;
  CURL* handle_ = nullptr;
};

}  // namespace

std::unique_ptr<Client> open_client(std::int64_t timeout_ms) {
  return std::make_unique<Curl>(timeout_ms);
}

}  // namespace mendel::http

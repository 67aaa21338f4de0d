// HttpServer: answers one request a connection on an ephemeral loopback port, in a thread of its
// own; for tests of what speaks HTTP.
// Threads: the handler runs on the server's thread; requests() may be called on any.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mendel::testing {

struct ServedRequest {
  std::string method;
  std::string path;     // with the query
  std::string headers;  // as they came
  std::string body;
};

struct ServedResponse {
  int status = 200;
  std::string body;
  std::string headers;  // more of them, each with its line end
  bool silent = false;  // the connection stays open and nothing is said
};

class HttpServer {
 public:
  using Handler = std::function<ServedResponse(const ServedRequest&)>;
  explicit HttpServer(Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::string url() const;  // "http://127.0.0.1:43210"
  std::vector<ServedRequest> requests() const;

 private:
  void serve();

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<ServedRequest> requests_;
  std::vector<int> silent_;  // connections kept open; the server's thread's
  std::thread thread_;
};

}  // namespace mendel::testing

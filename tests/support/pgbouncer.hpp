// PrivateBouncer: a PgBouncer in transaction mode in front of a PrivatePostgres, on a unix socket
// in its folder: the stand-in for Neon's pooler (Debian 12's 1.18 is stricter). It dies with its
// test. Threads: the thread that started it must outlive it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "shared/base/result.hpp"
#include "tests/support/postgres.hpp"

namespace mendel::support {

class PrivateBouncer {
 public:
  static bool is_installed();
  // `server_connections`: at most so many to the server for each database.
  static Result<std::unique_ptr<PrivateBouncer>> start(const PrivatePostgres& server,
                                                       int server_connections = 4);
  ~PrivateBouncer();
  PrivateBouncer(const PrivateBouncer&) = delete;
  PrivateBouncer& operator=(const PrivateBouncer&) = delete;

  std::string dsn(const std::string& database) const;

 private:
  PrivateBouncer(std::string folder, pid_t pid) : folder_(std::move(folder)), pid_(pid) {}

  std::string folder_;
  pid_t pid_;
};

}  // namespace mendel::support

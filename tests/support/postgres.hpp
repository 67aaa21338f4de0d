// PrivatePostgres: a PostgreSQL cluster of a test's own, on a unix socket in a fresh folder under
// /tmp. It dies with its test, however that ends. The newest installed server is used; started by
// root, it runs as the user `postgres`, because initdb refuses root.
// Threads: the thread that started it must outlive it (the server is bound to that thread's life).
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "shared/base/result.hpp"

namespace mendel::support {

// Runs a program as the account of the server (which is not root), its output appended to a file;
// it is stopped when the thread that called ends. Returns its pid, negative when there is none.
pid_t spawn_as_server(const std::vector<std::string>& words, const std::string& output);

class PrivatePostgres {
 public:
  // A running cluster with the superuser `mendel` and no password. `settings` are further
  // `-c name=value` words, as in "max_connections=20"; so is the environment's
  // MENDEL_TEST_POSTGRES: with "shared_preload_libraries=timescaledb" every test that migrates its
  // database works on hypertables.
  static Result<std::unique_ptr<PrivatePostgres>> start(const std::string& settings = "");
  ~PrivatePostgres();
  PrivatePostgres(const PrivatePostgres&) = delete;
  PrivatePostgres& operator=(const PrivatePostgres&) = delete;

  // A connection string (key=value) for a database of this cluster. With "port=…" among the
  // settings its socket has that number.
  std::string dsn(const std::string& database = "postgres") const;
  const std::string& folder() const { return folder_; }

  // What `psql -XAtc <sql>` prints, without the last newline: rows by line, fields by '|'.
  Result<std::string> psql(const std::string& sql, const std::string& database = "postgres") const;

  // An outage: stops the server at once (connections break) and starts it again.
  Status stop();
  Status start_again();
  // A machine that hangs: every process of the server stops (SIGSTOP) and goes on (SIGCONT).
  void freeze() const;
  void thaw() const;

 private:
  PrivatePostgres(std::string folder, std::string settings)
      : folder_(std::move(folder)), settings_(std::move(settings)) {}

  std::string folder_;
  std::string settings_;
  pid_t server_ = -1;
};

}  // namespace mendel::support

// connect(): libpq's connection with our time-outs, cancellation and one-line errors. Inside this
// library only: everyone else uses Connection.
// Threads: any.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "shared/base/result.hpp"
#include "shared/database/dsn.hpp"

struct pg_conn;  // libpq's PGconn

namespace mendel::database {

// What the server is told in every transaction (SET LOCAL, which is safe through a pooler).
struct Limits {
  std::int64_t statement_ms = 120'000;
  std::int64_t lock_ms = 30'000;
  std::int64_t idle_in_transaction_ms = 300'000;
};

struct ConnectOptions {
  std::string application;  // shown in pg_stat_activity: "mendel data_loader"
  // Asked every 100 ms while connecting: true gives up.
  std::function<bool()> cancelled;
  Limits limits = {};
  // Told after each statement how many nanoseconds it took; on the connection's thread.
  std::function<void(std::int64_t)> on_statement = {};
};

// An open connection that the caller owns (PQfinish), or one line: what could not be reached, where
// the setting came from, why, and what to do. connect_timeout is 15 s unless the DSN says
// otherwise; a dead peer is noticed by keepalives (30/10/3 s) and tcp_user_timeout (30 s).
Result<pg_conn*> connect(const DsnSettings& settings, const ConnectOptions& options);

}  // namespace mendel::database

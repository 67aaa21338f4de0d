// connect(): libpq's connection with our time-outs, cancellation and one-line errors. Inside this
// library only: everyone else uses Connection.
// Threads: any.
#pragma once

#include <functional>
#include <string>

#include "shared/base/result.hpp"
#include "shared/database/dsn.hpp"

struct pg_conn;  // libpq's PGconn

namespace mendel::database {

struct ConnectOptions {
  std::string application;  // shown in pg_stat_activity: "mendel data_loader"
  // Asked every 100 ms while connecting: true gives up.
  std::function<bool()> cancelled;
};

// An open connection that the caller owns (PQfinish), or one line: what could not be reached, where
// the setting came from, why, and what to do. connect_timeout is 15 s unless the DSN says
// otherwise; a dead peer is noticed by keepalives (30/10/3 s) and tcp_user_timeout (30 s).
Result<pg_conn*> connect(const DsnSettings& settings, const ConnectOptions& options);

}  // namespace mendel::database

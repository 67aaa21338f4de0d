// Aside: a query within a transaction that may fail without failing the transaction. libpqxx 6
// gives a transaction up after any error, so that this is libpq's own.
// Threads: as the connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

struct pg_conn;  // libpq's PGconn

namespace mendel::database {

// The first row of `sql` (one statement), as text, NULL as nullopt; nullopt when it failed, took
// longer than timeout_ms, or returned no row. Requires a transaction, which is as before afterwards
// unless the connection broke.
std::optional<std::vector<std::optional<std::string>>> ask_aside(pg_conn* connection,
                                                                 const std::string& sql,
                                                                 std::int64_t timeout_ms);

}  // namespace mendel::database

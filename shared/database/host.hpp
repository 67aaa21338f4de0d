// Host names of a connection string: which never leave the machine, and Neon's two names of one
// compute, `ep-x-123.…` (direct) and `ep-x-123-pooler.…` (through its PgBouncer).
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace mendel::database {

// How a connection string's host is used. direct and pooled edit its first label, as_is nothing.
enum class Mode { as_is, direct, pooled };

// "" (libpq's default socket), a socket's folder, localhost or a loopback address; of a list of
// hosts every one.
bool is_local(std::string_view hosts);

// A socket's folder or "": what no packet leaves and no TLS is spoken on.
bool is_socket(std::string_view hosts);

// The list with "-pooler" behind (pooled) or not behind (direct) every first label. A name without
// a dot, an address and a socket have no such pair and stay.
std::string hosts_for(Mode mode, std::string_view hosts);

}  // namespace mendel::database

// Transport: how a connection is encrypted and its server verified, where the connection string
// leaves it open, and what production does not accept.
// Threads: pure functions of the settings and the environment (PGHOST, PGSSLMODE, …).
#pragma once

#include "shared/base/result.hpp"
#include "shared/database/dsn.hpp"

namespace mendel::database {

// Fills in what is not set, for hosts beyond this machine: sslmode=verify-full, the system's CA
// bundle as sslrootcert, and channel_binding=require where the connection is encrypted. What the
// string or libpq's own variables say stays. sslrootcert=system, which libpq knows from 16 on,
// becomes the bundle.
void secure(DsnSettings& settings);

// With ENVIRONMENT=production: a configuration error, with what to change, unless the connection
// is a unix socket or verifies its server (verify-full).
Status check_production(const DsnSettings& settings);

}  // namespace mendel::database

// Psql: PostgreSQL's own client as a child, for what is best left to it.
// Threads: the main thread.
#pragma once

#include "shared/base/result.hpp"
#include "shared/database/dsn.hpp"
#include "topology/mendel/child.hpp"

namespace mendel::cli {

// `psql -X -v ON_ERROR_STOP=1` on this database; more words may be added. The connection string
// goes into the environment, never onto a command line where others see it.
Result<ChildSpec> psql_on(const database::Dsn& dsn);

}  // namespace mendel::cli

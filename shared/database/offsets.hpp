// Offsets: how far a durable log is loaded, kept in the same transaction as the rows, so that a
// replay, a second drain or a cut-off commit makes each row once. A log has one owner by epoch; a
// smaller epoch is refused.
// Threads: any; state is in the database.
#pragma once

#include <cstdint>
#include <string>

#include "shared/base/result.hpp"
#include "shared/database/connection.hpp"

namespace mendel::database {

struct LogOwner {
  std::string store_id;
  std::string log;  // "bars" | "scores"
  std::uint64_t epoch = 0;
};

// A place in a log (durable_log::Position). Segment names sort.
struct LogPosition {
  std::string segment;
  std::uint64_t offset = 0;

  auto operator<=>(const LogPosition&) const = default;
};

// One transaction on a connection of its own: checks the schema, pairs store and database (the
// first store is remembered), claims the log for the owner (the larger epoch stays), returns where
// to continue; {} = nothing is loaded yet. Errors: transient = no schema yet (says `mendel
// migrate`), a larger epoch, or the connection; operator_needed = the database belongs to another
// store.
Result<LogPosition> claim_log(Connection& connection, const LogOwner& owner);

// First in the transaction that loads (from, to]: locks the log and moves the offset. false:
// another epoch owns the log or the offset is not at `from` (already applied); roll back and claim
// again.
Result<bool> advance_log(Transaction& transaction, const LogOwner& owner, const LogPosition& from,
                         const LogPosition& to);

}  // namespace mendel::database

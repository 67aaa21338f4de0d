// Verification: the proof that log and database agree about one run.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/config/value.hpp"
#include "shared/database/connection.hpp"
#include "shared/durable_log/segment.hpp"
#include "shared/durable_log/source.hpp"
#include "topology/mendel/agreement.hpp"

namespace mendel::cli {

struct VerificationOptions {
  const durable_log::Source& log;  // of the scores
  std::string store_id;
  std::string run;  // a ULID
  // Called twice, so that nobody holds a connection while the log is read.
  std::function<Result<database::Connection>()> connect;
};

struct Verification {
  std::string run;
  std::string rule;              // "all" or "kept"
  durable_log::Position stored;  // how far the database has the log
  std::uint64_t records = 0;     // of the run, as far as that
  std::uint64_t scores = 0;      // of these
  std::uint64_t unscored = 0;    // scores without metrics, whose reason is in `candidates`
  std::uint64_t samples = 0;     // scores of the verdict's samples, which are in its report
  std::uint64_t undrained = 0;   // records of the run behind that
  std::uint64_t corrupt = 0;     // records that the log has lost
  std::vector<std::string> findings;
  Agreement agreement;

  bool agrees() const {
    return records > 0 && undrained == 0 && corrupt == 0 && agreement.differences() == 0;
  }
};

// Errors: the log or the database cannot be read; operator needed: the database is another store's.
Result<Verification> verify_run(const VerificationOptions& options);

std::string verification_text(const Verification& verification);
config::Value verification_value(const Verification& verification);

}  // namespace mendel::cli

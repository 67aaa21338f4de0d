// ResultSink: where the drain puts what is recorded. The real one is the result tables of the
// database (tables.cpp: COPY and the log's offset in one transaction); tests drain into a fake.
// Threads: begin() and store() are called on the drain thread only; gauges() on any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/database/dsn.hpp"
#include "shared/database/pool.hpp"
#include "shared/durable_log/log.hpp"
#include "shared/wiring/topology.hpp"

namespace mendel::results_writer {

// Whose results they are: the pair of store and database, and the fence against an older writer.
struct LogOwner {
  std::string store_id;
  std::uint64_t epoch = 0;
};

// For the `stat.` tap.
using SinkGauges = database::PoolGauges;

// Limits of one store() call.
inline constexpr std::size_t kDrainRecordsMax = 4096;
inline constexpr std::size_t kDrainBytesMax = 8 << 20;

class ResultSink {
 public:
  virtual ~ResultSink() = default;

  // Connects if there is no connection, claims the log for this owner (the larger epoch stays) and
  // returns where to continue: behind what is committed; {} = nothing is. Called at the start and
  // again after every error of either function.
  // Errors: transient = away, waking, or claimed by a larger epoch: tried again with back-off;
  // configuration = the connection settings can never work (wrong DSN, role, password, TLS): ends
  // the stage when nothing was reached before; operator_needed = the database belongs to another
  // store: ends the stage.
  virtual Result<durable_log::Position> begin(const LogOwner& owner) = 0;

  // One transaction: moves the offset to `end`, refused when that is not ahead of the stored one or
  // a larger epoch claimed the log, and stores the entries. Record.kind is the wire::Kind, the
  // payload a whole frame (wire::decode): score_batch (one score), run_record, generation_record or
  // verdict. Idempotent: a key that is there already changes nothing. After an error nothing is
  // known to be stored: the caller asks begin() again. A record that the tables cannot take (its
  // frame does not decode) is logged and skipped: it stays in the log.
  virtual Status store(const std::vector<durable_log::Entry>& entries,
                       const durable_log::Position& end) = 0;

  // Called about once a second, and while a drain ends: may also end a statement whose deadline
  // has passed.
  virtual SinkGauges gauges() const = 0;
};

// The result tables; open: named by the topology's [database] and [results_writer] sections. Reads
// the settings, does not connect. No database configured is a configuration error. `log`: whose
// offset moves.
std::unique_ptr<ResultSink> make_result_tables(database::DsnSource source,
                                               const database::PoolOptions& options,
                                               std::string log = "scores");
Result<std::unique_ptr<ResultSink>> open_result_tables(const wiring::Topology& topology);

}  // namespace mendel::results_writer

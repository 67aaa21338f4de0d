// Pairing: a store and a database side by side, what does not fit, and how they are paired anew.
// Threads: one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/config/value.hpp"
#include "shared/database/connection.hpp"
#include "shared/durable_log/segment.hpp"
#include "shared/store/store.hpp"

namespace mendel::cli {

struct PairedLog {
  std::string_view name;  // "scores"
  std::string_view role;  // of its writer
  // The store's side.
  std::size_t segments = 0;
  durable_log::Position end;  // of the last segment's file
  std::uint64_t epoch = 0;    // the highest that was taken
  // The database's, of this store.
  durable_log::Position stored;
  std::uint64_t claimed = 0;  // by which epoch

  // What the database has loaded is not in the store's files.
  bool is_beyond = false;
  bool is_claimed_beyond() const { return claimed > epoch; }
};

struct Pairing {
  std::string store_path;
  std::string store_id;
  std::size_t store_runs = 0;
  std::string database;     // "database … on host …"
  std::string database_id;  // of the store it belongs to; "" = none yet
  std::string paired_at;
  std::uint64_t database_runs = 0;
  std::array<PairedLog, 2> logs = {PairedLog{"scores", "results_writer"},
                                   PairedLog{"bars", "data_loader"}};

  bool fits() const;
};

Result<Pairing> read_pairing(const store::Store& store, database::Connection& connection);

// Both sides, and a line for each thing that does not fit and what pairing anew would do.
std::string pairing_text(const Pairing& pairing);
config::Value pairing_value(const Pairing& pairing);

// The database belongs to this store from now on; a log that it has loaded beyond the store's is
// loaded again from its beginning (what is there already stays as it is). One transaction.
Status pair_anew(const Pairing& pairing, database::Connection& connection);

}  // namespace mendel::cli

// Connection, Transaction: one session of PostgreSQL (libpqxx over a libpq connection; neither
// shows here). Nothing reconnects silently: after a break usable() is false and a new one is made.
// Threads: one thread at a time; only interrupt(), cancel() and busy_since_ns() may be called from
// another.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/database/binary_copy.hpp"
#include "shared/database/connect.hpp"
#include "shared/database/dsn.hpp"
#include "shared/database/values.hpp"

namespace mendel::database {

// The rows of a statement. Views live as long as this object.
class Rows {
 public:
  struct Impl;
  explicit Rows(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  // Requires that row and column exist. nullopt = NULL.
  std::optional<std::string_view> field(std::size_t row, std::size_t column) const;
  std::string_view text(std::size_t row, std::size_t column) const;  // "" for NULL
  std::int64_t integer(std::size_t row, std::size_t column) const;   // 0 for NULL
  double number(std::size_t row, std::size_t column) const;          // 0 for NULL

 private:
  std::shared_ptr<const Impl> impl_;
};

struct TransactionOptions {
  bool snapshot = false;  // REPEATABLE READ, READ ONLY: all statements see one state
  std::int64_t statement_timeout_ms = -1;  // 0 = none, -1 = the connection's
  std::int64_t lock_timeout_ms = -1;
};

class Connection;

// Rolled back unless committed. All errors name the database; kind configuration = will fail the
// same way again, transient = run the whole transaction again, on a new connection unless the
// connection is still usable().
class Transaction {
 public:
  ~Transaction();
  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) noexcept;

  // With parameters exactly one statement ($1, $2, …); without, several separated by ';'.
  Result<Rows> exec(const std::string& sql, const Parameters& parameters = {});

  // The first row of a query that may fail without failing the transaction (aside.hpp).
  std::optional<std::vector<std::optional<std::string>>> ask_aside(const std::string& sql,
                                                                   std::int64_t timeout_ms);

  // COPY into `table` ("mendel.bars_staging"). `fill` writes the next row, in the order of
  // `columns`, and returns false when there is none. Returns the number of rows.
  Result<std::uint64_t> copy(const std::string& table, const std::vector<std::string>& columns,
                             const std::function<bool(CopyRow&)>& fill);

  // The same in the binary format: `fill` writes the exact types of the columns.
  Result<std::uint64_t> copy_binary(const std::string& table,
                                    const std::vector<std::string>& columns,
                                    const std::function<bool(BinaryRow&)>& fill);

  // A transient error is in doubt: the commit may have happened. Ask an idempotent key.
  Status commit();

 private:
  friend class Connection;
  struct Impl;
  explicit Transaction(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class Connection {
 public:
  static Result<Connection> open(const Dsn& dsn, const ConnectOptions& options);
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  // The connection must outlive the transaction; one at a time.
  Result<Transaction> begin(const TransactionOptions& options = {});
  // One statement outside of a transaction.
  Result<Rows> exec(const std::string& sql, const Parameters& parameters = {});

  bool usable() const;
  // Breaks the connection: a call that waits in another thread returns with a transient error.
  void interrupt() const;
  // Asks the server to end the statement under way, in a thread of its own: to ask means to
  // connect.
  void cancel() const;
  // When the call under way began to wait for the server; 0 = none does.
  std::int64_t busy_since_ns() const;
  // Of the latest statement; 0 = none yet.
  double round_trip_ms() const;
  // Until when the certificate that the server showed is valid, in seconds since 1970; nullopt = it
  // showed none: the connection is not encrypted.
  std::optional<std::int64_t> certificate_ends_seconds() const;
  const std::string& describe() const;  // "database … on host … (from …)"

 private:
  friend class Transaction;
  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mendel::database

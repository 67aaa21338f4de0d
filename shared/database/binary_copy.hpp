// BinaryRow: one row of a COPY in PostgreSQL's binary format, several times cheaper than text for
// both ends; the caller names each column's exact type. What drives the COPY is libpq itself, which
// libpqxx has no binary COPY for.
// Threads: plain values; copy_binary() as the connection.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

struct pg_conn;

namespace mendel::database {

class BinaryRow {
 public:
  // Appends the row to `out`.
  BinaryRow(std::string& out, std::size_t columns);

  void text(std::string_view value);  // text; cleaned (values.hpp)
  void number(double value);          // double precision
  void integer(std::int32_t value);   // integer
  void bigint(std::int64_t value);    // bigint
  void time(std::int64_t time_ns);    // timestamptz: cut to microseconds, downward
  void boolean(bool value);           // boolean
  void null();
  std::size_t written() const { return written_; }

 private:
  std::string& out_;
  std::size_t written_ = 0;
};

struct CopyFault {
  std::string sqlstate;  // "" = the connection broke
  std::string message;
};

// Runs `sql`, a "COPY … FROM STDIN (FORMAT binary)" of `columns` columns, and feeds it: `fill`
// writes all columns of the next row, or returns false when there is none. `rows` counts them.
std::optional<CopyFault> copy_binary(pg_conn* connection, const std::string& sql,
                                     std::size_t columns,
                                     const std::function<bool(BinaryRow&)>& fill,
                                     std::uint64_t& rows);

}  // namespace mendel::database

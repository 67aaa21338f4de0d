#include "shared/database/aside.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <memory>

namespace mendel::database {
namespace {

using ResultPtr = std::unique_ptr<PGresult, void (*)(PGresult*)>;
using Row = std::vector<std::optional<std::string>>;

Row first_row(const PGresult* result) {
  Row row;
  for (int i = 0; i < PQnfields(result); ++i) {
    if (PQgetisnull(result, 0, i) != 0) {
      row.emplace_back(std::nullopt);
    } else {
      row.emplace_back(PQgetvalue(result, 0, i));
    }
  }
  return row;
}

}  // namespace

std::optional<Row> ask_aside(PGconn* connection, const std::string& sql, std::int64_t timeout_ms) {
  // The savepoint also takes the time-out back. One round trip, unless it fails.
  const std::string back = "ROLLBACK TO SAVEPOINT aside; RELEASE SAVEPOINT aside";
  const std::string all = fmt::format("SAVEPOINT aside; SET LOCAL statement_timeout = {}; {}; {}",
                                      timeout_ms, sql, back);
  if (PQsendQuery(connection, all.c_str()) != 1) return std::nullopt;
  std::optional<Row> row;
  bool failed = false;
  while (PGresult* raw = PQgetResult(connection)) {
    const ResultPtr result(raw, PQclear);
    const ExecStatusType status = PQresultStatus(raw);
    failed = failed || status == PGRES_FATAL_ERROR;
    if (status == PGRES_TUPLES_OK && PQntuples(raw) > 0) row = first_row(raw);
  }
  if (!failed) return row;
  const ResultPtr undone(PQexec(connection, back.c_str()), PQclear);
  return std::nullopt;
}

}  // namespace mendel::database

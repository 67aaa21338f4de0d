#include "shared/database/binary_copy.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

#include "shared/base/check.hpp"
#include "shared/base/time.hpp"
#include "shared/database/values.hpp"

namespace mendel::database {
namespace {

constexpr std::size_t kChunkBytes = 64 << 10;
constexpr std::int64_t kNsPerMicrosecond = 1000;
// timestamptz counts microseconds from 2000-01-01.
constexpr std::int64_t kEpochMicros = 946'684'800'000'000;
constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);

// Big-endian, as the protocol is.
template <class Number>
void append(std::string& out, Number value) {
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  std::reverse(raw, raw + sizeof value);
  out.append(raw, sizeof value);
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0 && c < 0x80; });
}

using ResultPtr = std::unique_ptr<PGresult, decltype(&PQclear)>;

CopyFault fault_of(PGconn* connection, const PGresult* result) {
  const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* message =
      result == nullptr ? PQerrorMessage(connection) : PQresultErrorMessage(result);
  const bool lost = PQstatus(connection) != CONNECTION_OK;
  return {state == nullptr || lost ? "" : state, message};
}

bool put(PGconn* connection, const std::string& bytes) {
  return PQputCopyData(connection, bytes.data(), static_cast<int>(bytes.size())) == 1;
}

// Returns false when the connection takes no more: its result then says why.
bool feed(PGconn* connection, std::size_t columns, const std::function<bool(BinaryRow&)>& fill,
          std::uint64_t& rows) {
  std::string chunk(kSignature);
  append(chunk, std::int32_t{0});  // flags
  append(chunk, std::int32_t{0});  // bytes of header extensions
  for (;;) {
    const std::size_t before = chunk.size();
    BinaryRow row(chunk, columns);
    if (!fill(row)) {
      chunk.resize(before);
      break;
    }
    check(row.written() == columns, "a COPY row with another number of columns");
    ++rows;
    if (chunk.size() < kChunkBytes) continue;
    if (!put(connection, chunk)) return false;
    chunk.clear();
  }
  append(chunk, std::int16_t{-1});
  return put(connection, chunk);
}

}  // namespace

BinaryRow::BinaryRow(std::string& out, std::size_t columns) : out_(out) {
  append(out_, static_cast<std::int16_t>(columns));
}

void BinaryRow::text(std::string_view value) {
  if (!is_plain(value)) {
    const std::string clean = clean_text(value);
    append(out_, static_cast<std::int32_t>(clean.size()));
    out_.append(clean);
  } else {
    append(out_, static_cast<std::int32_t>(value.size()));
    out_.append(value);
  }
  ++written_;
}

void BinaryRow::number(double value) { bigint(std::bit_cast<std::int64_t>(value)); }

void BinaryRow::integer(std::int32_t value) {
  append(out_, std::int32_t{sizeof value});
  append(out_, value);
  ++written_;
}

void BinaryRow::bigint(std::int64_t value) {
  append(out_, std::int32_t{sizeof value});
  append(out_, value);
  ++written_;
}

void BinaryRow::time(std::int64_t time_ns) {
  const bool inexact = time_ns % kNsPerMicrosecond != 0 && time_ns < 0;
  bigint(time_ns / kNsPerMicrosecond - (inexact ? 1 : 0) - kEpochMicros);
}

void BinaryRow::boolean(bool value) {
  append(out_, std::int32_t{1});
  out_.push_back(value ? '\1' : '\0');
  ++written_;
}

void BinaryRow::null() {
  append(out_, std::int32_t{-1});
  ++written_;
}

std::optional<CopyFault> copy_binary(PGconn* connection, const std::string& sql,
                                     std::size_t columns,
                                     const std::function<bool(BinaryRow&)>& fill,
                                     std::uint64_t& rows) {
  const ResultPtr begun(PQexec(connection, sql.c_str()), PQclear);
  if (PQresultStatus(begun.get()) != PGRES_COPY_IN) return fault_of(connection, begun.get());
  const bool fed = feed(connection, columns, fill, rows);
  const bool ended = fed && PQputCopyEnd(connection, nullptr) == 1;
  std::optional<CopyFault> fault;
  if (!ended) fault = CopyFault{"", PQerrorMessage(connection)};
  // A server that refused a row says so here; a broken connection gives no more results.
  while (PGresult* raw = PQgetResult(connection)) {
    const ResultPtr result(raw, PQclear);
    const ExecStatusType status = PQresultStatus(raw);
    if (status == PGRES_COPY_IN) {
      PQputCopyEnd(connection, "the client gave up");
    } else if (status != PGRES_COMMAND_OK && (!fault || fault->sqlstate.empty())) {
      fault = fault_of(connection, raw);
    }
    if (PQstatus(connection) != CONNECTION_OK) break;
  }
  return fault;
}

}  // namespace mendel::database

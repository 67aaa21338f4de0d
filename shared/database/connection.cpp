// The only file that includes libpqxx: what differs between 6.4 (Debian 12) and 7.10 (Debian 13) is
// in the first block. Connecting is libpq's own (connect.cpp), because 6.4 blurs connect errors.
#include "shared/database/connection.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <pqxx/pqxx>
#include <thread>
#include <tuple>
#include <utility>

#include "shared/base/certificate.hpp"
#include "shared/base/check.hpp"
#include "shared/base/time.hpp"
#include "shared/database/aside.hpp"
#include "shared/database/failure.hpp"

namespace mendel::database {
namespace {

constexpr std::size_t kCopyColumnsMax = 24;

#if PQXX_VERSION_MAJOR < 7

// Hands our connection to libpqxx once, and never another: no silent reconnection.
class AdoptingPolicy : public pqxx::connectionpolicy {
 public:
  explicit AdoptingPolicy(handle raw) : connectionpolicy(""), raw_(raw) {}
  handle do_startconnect(handle present) override {
    return present != nullptr ? present : std::exchange(raw_, nullptr);
  }
  handle do_completeconnect(handle present) override {
    if (present == nullptr) throw pqxx::broken_connection("connection lost");
    return present;
  }

 private:
  handle raw_;
};

class Session : public pqxx::connection_base {
 public:
  explicit Session(PGconn* raw) : connection_base(policy_), policy_(raw) { init(); }
  ~Session() { close(); }

 private:
  AdoptingPolicy policy_;
};

template <class Work>
pqxx::result exec_with(Work& work, const std::string& sql, const std::vector<const char*>& values) {
  return work.exec_params(sql, pqxx::prepare::make_dynamic_params(values));
}

std::unique_ptr<pqxx::stream_to> open_copy(pqxx::work& work, const std::string& table,
                                           const std::vector<std::string>& columns) {
  return std::make_unique<pqxx::stream_to>(work, table, columns);
}

// 6.4 streams nothing but tuples: finds the one of the row's size.
template <std::size_t N = 1>
void write_row(pqxx::stream_to& stream, const std::vector<const char*>& fields) {
  if constexpr (N <= kCopyColumnsMax) {
    if (fields.size() != N) return write_row<N + 1>(stream, fields);
    [&]<std::size_t... I>(std::index_sequence<I...>) { stream << std::make_tuple(fields[I]...); }
    (std::make_index_sequence<N>());
  } else {
    check(false, "more COPY columns than kCopyColumnsMax");
  }
}

#else

class Session : public pqxx::connection {
 public:
  explicit Session(PGconn* raw) : pqxx::connection(seize_raw_connection(raw)) {}
};

template <class Work>
pqxx::result exec_with(Work& work, const std::string& sql, const std::vector<const char*>& values) {
  pqxx::params params;
  for (const char* value : values) params.append(value);
  return work.exec(sql, params);
}

std::unique_ptr<pqxx::stream_to> open_copy(pqxx::work& work, const std::string& table,
                                           const std::vector<std::string>& columns) {
  std::string list;
  for (const std::string& column : columns) {
    list += (list.empty() ? "" : ",") + work.quote_name(column);
  }
  return std::make_unique<pqxx::stream_to>(pqxx::stream_to::raw_table(work, table, list));
}

void write_row(pqxx::stream_to& stream, const std::vector<const char*>& fields) {
  check(fields.size() <= kCopyColumnsMax, "more COPY columns than kCopyColumnsMax");
  stream.write_row(fields);
}

#endif

std::vector<const char*> pointers_to(const Parameters& parameters) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const Field& field : parameters) values.push_back(field ? field->c_str() : nullptr);
  return values;
}

template <class Work>
pqxx::result run(Work& work, const std::string& sql, const Parameters& parameters) {
  if (parameters.empty()) return work.exec(sql);
  return exec_with(work, sql, pointers_to(parameters));
}

}  // namespace

struct Rows::Impl {
  pqxx::result result;
};

struct Connection::Impl {
  Impl(PGconn* raw, DsnSettings dsn, ConnectOptions with)
      : canceller(PQgetCancel(raw), &PQfreeCancel),
        session(raw),
        handle(raw),
        wake(dup(PQsocket(raw))),
        options(std::move(with)),
        settings(std::move(dsn)),
        where(settings.describe()) {}
  ~Impl() {
    if (wake >= 0) close(wake);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Error error(Failure failure, std::string_view what) {
    const bool lost = failure == Failure::reconnect;
    broken = broken || lost;
    return to_error(failure, fmt::format("{}: {}{}", where, lost ? "connection lost: " : "",
                                         redact(what, settings)));
  }

  // Runs `call`; every exception of libpqxx becomes an Error.
  template <class Call>
  auto attempt(Call call) -> Result<decltype(call())> {
    const Busy busy(*this);
    try {
      return call();
    } catch (const pqxx::in_doubt_error& e) {
      return error(Failure::reconnect, fmt::format("commit in doubt: {}", e.what()));
    } catch (const pqxx::broken_connection& e) {
      return error(Failure::reconnect, e.what());
    } catch (const pqxx::sql_error& e) {
      const Failure failure =
          session.is_open() ? classify(e.sqlstate(), e.what(), false) : Failure::reconnect;
      return error(failure, e.what());
    } catch (const std::exception& e) {
      return error(Failure::reconnect, e.what());
    }
  }

  // From the beginning of a call to its end, however it ends.
  class Busy {
   public:
    explicit Busy(Impl& owner) : owner_(owner), began_ns_(read_clocks().monotonic_ns) {
      owner_.busy_since_ns = began_ns_;
    }
    ~Busy() {
      const std::int64_t took_ns = read_clocks().monotonic_ns - began_ns_;
      owner_.busy_since_ns = 0;
      owner_.round_trip_ns = took_ns;
      if (owner_.options.on_statement) owner_.options.on_statement(took_ns);
    }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

   private:
    Impl& owner_;
    std::int64_t began_ns_;
  };

  std::shared_ptr<PGcancel> canceller;
  Session session;
  PGconn* handle;  // the session's
  int wake;        // a duplicate of the socket: interrupt() may shut it down at any time
  ConnectOptions options;
  DsnSettings settings;
  std::string where;
  bool broken = false;
  std::atomic<std::int64_t> busy_since_ns = 0;
  std::atomic<std::int64_t> round_trip_ns = 0;
};

struct Transaction::Impl {
  explicit Impl(Connection::Impl& owner) : connection(owner), work(owner.session) {}
  Connection::Impl& connection;
  pqxx::work work;
};

// ---- Rows ------------------------------------------------------------------------------------

std::size_t Rows::size() const { return static_cast<std::size_t>(impl_->result.size()); }

std::optional<std::string_view> Rows::field(std::size_t row, std::size_t column) const {
  check(row < size() && column < static_cast<std::size_t>(impl_->result.columns()),
        "a row or column that the statement did not return");
  const auto cell = impl_->result[static_cast<pqxx::result::size_type>(row)]
                                 [static_cast<pqxx::row::size_type>(column)];
  if (cell.is_null()) return std::nullopt;
  return std::string_view(cell.c_str(), cell.size());
}

std::string_view Rows::text(std::size_t row, std::size_t column) const {
  return field(row, column).value_or(std::string_view{});
}
std::int64_t Rows::integer(std::size_t row, std::size_t column) const {
  return integer_from(text(row, column));
}
double Rows::number(std::size_t row, std::size_t column) const {
  return number_from(text(row, column));
}

// ---- Transaction -----------------------------------------------------------------------------

Transaction::Transaction(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Transaction::~Transaction() = default;
Transaction::Transaction(Transaction&&) noexcept = default;
Transaction& Transaction::operator=(Transaction&&) noexcept = default;

Result<Rows> Transaction::exec(const std::string& sql, const Parameters& parameters) {
  return impl_->connection.attempt([&] {
    return Rows(std::make_shared<const Rows::Impl>(Rows::Impl{run(impl_->work, sql, parameters)}));
  });
}

std::optional<std::vector<std::optional<std::string>>> Transaction::ask_aside(
    const std::string& sql, std::int64_t timeout_ms) {
  const Connection::Impl::Busy busy(impl_->connection);
  return database::ask_aside(impl_->connection.handle, sql, timeout_ms);
}

Result<std::uint64_t> Transaction::copy(const std::string& table,
                                        const std::vector<std::string>& columns,
                                        const std::function<bool(CopyRow&)>& fill) {
  return impl_->connection.attempt([&] {
    const auto stream = open_copy(impl_->work, table, columns);
    CopyRow row;
    std::uint64_t rows = 0;
    while (row.clear(), fill(row)) {
      const std::vector<const char*>& fields = row.pointers();
      check(fields.size() == columns.size(), "a COPY row with another number of columns");
      write_row(*stream, fields);
      ++rows;
    }
    stream->complete();
    return rows;
  });
}

Result<std::uint64_t> Transaction::copy_binary(const std::string& table,
                                               const std::vector<std::string>& columns,
                                               const std::function<bool(BinaryRow&)>& fill) {
  std::string list;
  for (const std::string& column : columns) {
    list += (list.empty() ? "\"" : ", \"") + column + "\"";
  }
  Connection::Impl& connection = impl_->connection;
  const std::int64_t began_ns = read_clocks().monotonic_ns;
  std::uint64_t rows = 0;
  const auto fault = database::copy_binary(
      connection.handle, fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", table, list),
      columns.size(), fill, rows);
  if (fault) {
    return connection.error(classify(fault->sqlstate, fault->message, false), fault->message);
  }
  connection.round_trip_ns = read_clocks().monotonic_ns - began_ns;
  return rows;
}

Status Transaction::commit() {
  const auto done = impl_->connection.attempt([&] {
    impl_->work.commit();
    return true;
  });
  return done ? Status{} : Status(done.error());
}

// ---- Connection ------------------------------------------------------------------------------

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

Result<Connection> Connection::open(const Dsn& dsn, const ConnectOptions& options) {
  Result<DsnSettings> settings = parse_dsn(dsn);
  if (!settings) return settings.error();
  Result<pg_conn*> raw = connect(*settings, options);
  if (!raw) return raw.error();
  const std::string where = settings->describe();
  try {
    return Connection(std::make_unique<Impl>(*raw, std::move(*settings), options));
  } catch (const std::exception& e) {
    return transient_error(fmt::format("{}: {}", where, redact(e.what())));
  }
}

Result<Transaction> Connection::begin(const TransactionOptions& options) {
  const std::string mode =
      options.snapshot ? "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; " : "";
  const Limits& own = impl_->options.limits;
  const auto chosen = [](std::int64_t asked, std::int64_t otherwise) {
    return asked < 0 ? otherwise : asked;
  };
  const std::string limits = fmt::format(
      "{}SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = {}; "
      "SET LOCAL idle_in_transaction_session_timeout = {}",
      mode, chosen(options.statement_timeout_ms, own.statement_ms),
      chosen(options.lock_timeout_ms, own.lock_ms), own.idle_in_transaction_ms);
  auto begun = impl_->attempt([&] {
    auto inner = std::make_unique<Transaction::Impl>(*impl_);
    inner->work.exec(limits);
    return inner;
  });
  if (!begun) return begun.error();
  return Transaction(std::move(*begun));
}

Result<Rows> Connection::exec(const std::string& sql, const Parameters& parameters) {
  return impl_->attempt([&] {
    pqxx::nontransaction work(impl_->session);
    return Rows(std::make_shared<const Rows::Impl>(Rows::Impl{run(work, sql, parameters)}));
  });
}

bool Connection::usable() const { return !impl_->broken && impl_->session.is_open(); }

void Connection::interrupt() const { shutdown(impl_->wake, SHUT_RDWR); }

// libpq's cancel connects and waits for the server to hang up, which one that is frozen never does:
// nobody waits for this thread.
void Connection::cancel() const {
  if (!impl_->canceller) return;
  std::thread([canceller = impl_->canceller] {
    std::array<char, 256> ignored{};
    PQcancel(canceller.get(), ignored.data(), static_cast<int>(ignored.size()));
  }).detach();
}

std::int64_t Connection::busy_since_ns() const { return impl_->busy_since_ns; }

double Connection::round_trip_ms() const {
  return static_cast<double>(impl_->round_trip_ns.load()) / static_cast<double>(kNsPerMs);
}

std::optional<std::int64_t> Connection::certificate_ends_seconds() const {
  return peer_certificate_ends_seconds(
      static_cast<const ssl_st*>(PQsslStruct(impl_->handle, "OpenSSL")));
}

const std::string& Connection::describe() const { return impl_->where; }

}  // namespace mendel::database

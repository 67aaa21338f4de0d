#include "topology/mendel/database_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <thread>

#include "shared/base/time.hpp"
#include "shared/database/connection.hpp"
#include "shared/database/host.hpp"
#include "shared/database/migrations.hpp"
#include "shared/http/client.hpp"
#include "shared/neon/api.hpp"
#include "topology/mendel/product_statements.hpp"

namespace mendel::cli {
namespace {

using database::Connection;
using database::DsnSettings;

constexpr const char* kApplication = "mendel validate";
// max_connections of Neon's computes, for each compute unit.
constexpr double kConnectionsPerUnit = 419.66;
constexpr int kReservedConnections = 7;
constexpr int kTriesWhenFull = 20;
constexpr double kBaselineMsMax = 500;
constexpr double kReconnectMsMax = 5000;
constexpr double kSkewWarnSeconds = 1;
constexpr double kSkewFailSeconds = 5;
constexpr int kOldestServer = 140'000;
constexpr std::int64_t kApiMsMax = 10'000;

const std::vector<const char*> kNames = {"compute_sizing",
                                         "autoscaling",
                                         "pooling",
                                         "tls",
                                         "reconnection",
                                         "timescaledb",
                                         "performance_baseline",
                                         "pg_stat_statements",
                                         "clock_skew",
                                         "database_versions"};

double ms_since(std::int64_t began_ns) {
  return static_cast<double>(read_clocks().monotonic_ns - began_ns) / kNsPerMs;
}

Finding failed(const char* name, const Error& error, const char* advice) {
  return {name, Outcome::fail, error.message, advice};
}

// The server counts a connection that was closed for a moment still.
Result<Connection> connect(const database::Dsn& dsn) {
  auto connection = Connection::open(dsn, {kApplication, {}});
  for (int i = 0; i < kTriesWhenFull && !connection; ++i) {
    if (connection.error().message.find("too many connections") == std::string::npos) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    connection = Connection::open(dsn, {kApplication, {}});
  }
  return connection;
}

bool is_neon(const DsnSettings& settings) {
  const std::string host = settings.get("host");
  return host.ends_with(".neon.tech") || host.ends_with(".neon.build");
}

Finding compute_sizing(Connection& connection, const DsnSettings& settings,
                       const DatabaseDemand& demand) {
  const auto rows = connection.exec(
      "SELECT current_setting('max_connections')::int, pg_database_size(current_database())");
  if (!rows) return failed("compute_sizing", rows.error(), "ask again when it answers");
  const auto most = static_cast<int>(rows->integer(0, 0));
  const double gb = rows->number(0, 1) / 1e9;
  const double units = std::clamp((gb * 1.25 + 4) / 4, 2.0, 8.0);
  const int wanted = demand.connections + 4;
  std::string measured =
      fmt::format("{} connections at most, {} wanted; {:.2f} GB of data", most, wanted, gb);
  if (most - kReservedConnections < wanted) {
    return {"compute_sizing", Outcome::fail, measured,
            fmt::format("raise max_connections above {}, or lower pool_max of data_loader and "
                        "results_writer",
                        wanted + kReservedConnections)};
  }
  if (!is_neon(settings)) return {"compute_sizing", Outcome::pass, measured, ""};
  const double has = most / kConnectionsPerUnit;
  measured += fmt::format("; about {:.2g} compute units, {:.0f} asked for by the data", has, units);
  if (has + 0.01 < units) {
    return {"compute_sizing", Outcome::warn, measured,
            fmt::format("mendel neon apply --min-cu 2 --max-cu {:.0f}", std::ceil(units))};
  }
  return {"compute_sizing", Outcome::pass, measured, ""};
}

Finding autoscaling(const DsnSettings& settings) {
  const char* name = "autoscaling";
  if (!is_neon(settings)) {
    return {name, Outcome::pass, "not Neon: a server of fixed size, always awake", ""};
  }
  auto access = neon::read_access("");
  if (!access) return {name, Outcome::warn, "not measured", access.error().message};
  neon::Api api(std::move(*access), http::open_client(kApiMsMax), [](std::int64_t ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
  });
  const auto endpoints = api.read_all("/endpoints", "endpoints");
  if (!endpoints) return failed(name, endpoints.error(), "is NEON_API_KEY of this project?");
  const std::string id = settings.get("host").substr(0, settings.get("host").find('.'));
  for (const config::Value& endpoint : *endpoints) {
    const config::Value* own = endpoint.find("id");
    if (own == nullptr || !own->is_text() || !id.starts_with(own->as_text())) continue;
    const auto number = [&](const char* key) {
      const config::Value* value = endpoint.find(key);
      return value != nullptr && value->is_number() ? value->as_number() : 0;
    };
    const double least = number("autoscaling_limit_min_cu");
    const double most = number("autoscaling_limit_max_cu");
    const std::string measured = fmt::format("{} to {} CU, suspend_timeout_seconds {}", least, most,
                                             number("suspend_timeout_seconds"));
    if (most > least) return {name, Outcome::pass, measured, ""};
    return {name, Outcome::warn, measured, "mendel neon apply --min-cu 2 --max-cu 8"};
  }
  return {name, Outcome::warn, "the project has no endpoint " + id, "check NEON_PROJECT_ID"};
}

// As many connections at once as the stages may open, each in a transaction.
// As many as the stages want; a role of its own may have fewer, one of which asks.
int connections_to_try(Connection& connection, const DatabaseDemand& demand) {
  const auto rows =
      connection.exec("SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user");
  const bool limited = rows && !rows->empty() && rows->integer(0, 0) >= 0;
  return limited ? std::min(demand.connections, static_cast<int>(rows->integer(0, 0)) - 1)
                 : demand.connections;
}

Finding pooling(Connection& connection, const database::Dsn& dsn, const DsnSettings& settings,
                const DatabaseDemand& demand) {
  const int wanted = connections_to_try(connection, demand);
  const std::int64_t began_ns = read_clocks().monotonic_ns;
  std::vector<Connection> connections;
  std::vector<database::Transaction> transactions;
  connections.reserve(static_cast<std::size_t>(std::max(wanted, 0)));
  for (int i = 0; i < wanted; ++i) {
    auto opened = connect(dsn);
    if (!opened) {
      return failed("pooling", opened.error(), "raise max_connections, or lower pool_max");
    }
    connections.push_back(std::move(*opened));
    auto transaction = connections.back().begin();
    if (!transaction) return failed("pooling", transaction.error(), "raise the pooler's pool size");
    transactions.push_back(std::move(*transaction));
  }
  const bool pooled = settings.get("host").find("-pooler") != std::string::npos;
  std::string measured = fmt::format("{} of {} at once in {:.0f} ms, {} host", connections.size(),
                                     wanted, ms_since(began_ns), pooled ? "pooled" : "direct");
  if (!is_neon(settings) || pooled) return {"pooling", Outcome::pass, measured, ""};
  return {"pooling", Outcome::warn, measured,
          "MENDEL_DATABASE_MODE=pooled goes through Neon's pooler, which takes more clients"};
}

Finding tls(Connection& connection, const DsnSettings& settings) {
  const std::string host = settings.get("host");
  if (database::is_socket(host) && std::getenv("PGHOST") == nullptr) {
    return {"tls", Outcome::pass, "a unix socket: nothing leaves this machine", ""};
  }
  std::string mode = settings.get("sslmode");
  if (mode.empty()) mode = "prefer";
  const auto rows = connection.exec(
      "SELECT coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl), "
      "'none')");
  const std::string seen = rows ? std::string(rows->text(0, 0)) : "unknown";
  const std::string measured = fmt::format("sslmode={}, the server sees {}", mode, seen);
  if (mode == "verify-full") return {"tls", Outcome::pass, measured, ""};
  return {"tls", database::is_local(host) ? Outcome::warn : Outcome::fail, measured,
          fmt::format("write sslmode=verify-full in {}", settings.origin)};
}

// Ends its own backend, as a restart of the compute would, and counts the time until it is back.
Finding reconnection(const database::Dsn& dsn) {
  const char* name = "reconnection";
  auto connection = connect(dsn);
  if (!connection) return failed(name, connection.error(), "see connection");
  const auto before = connection->exec("SELECT pg_backend_pid()");
  if (!before) return failed(name, before.error(), "see connection");
  const std::int64_t began_ns = read_clocks().monotonic_ns;
  const auto ended = connection->exec("SELECT pg_terminate_backend(pg_backend_pid())");
  if (ended || connection->usable()) {
    return {name, Outcome::fail, "its own backend was not terminated",
            "the role must be allowed pg_terminate_backend on itself"};
  }
  auto again = connect(dsn);
  if (!again) return failed(name, again.error(), "the server did not take a new connection");
  const auto after = again->exec("SELECT pg_backend_pid()");
  if (!after) return failed(name, after.error(), "the new connection does not answer");
  const double took_ms = ms_since(began_ns);
  const std::string measured = fmt::format("backend {} terminated, back as {} in {:.0f} ms",
                                           before->text(0, 0), after->text(0, 0), took_ms);
  if (took_ms <= kReconnectMsMax) return {name, Outcome::pass, measured, ""};
  return {name, Outcome::warn, measured, "is the host far away, or the compute waking up?"};
}

Finding timescaledb(const database::Dsn& dsn) {
  const char* name = "timescaledb";
  const auto edition = database::probe_timescale(dsn);
  if (!edition) return failed(name, edition.error(), "see connection");
  switch (*edition) {
    case database::Timescale::absent:
      return {
          name, Outcome::warn, "absent: plain tables",
          "above some ten million bars, install timescaledb (preloaded) and run mendel migrate"};
    case database::Timescale::apache:
      return {name, Outcome::pass,
              "license apache: hypertables, no compression; retention is mendel retention", ""};
    case database::Timescale::timescale:
      break;
  }
  return {name, Outcome::pass, "license timescale: hypertables and compression", ""};
}

Finding performance_baseline(Connection& connection) {
  const char* name = "performance_baseline";
  const auto latency = time_product_statements(connection);
  if (!latency && latency.error().message.find("permission denied") != std::string::npos) {
    return {name, Outcome::warn, latency.error().message,
            "this role serves one stage: validate as mendel_migrator, who may run every statement"};
  }
  if (!latency) return failed(name, latency.error(), "run mendel migrate");
  const double p95 = latency->quantile_ms(0.95);
  const std::string measured =
      fmt::format("p95 {:.1f} ms, mean {:.1f} ms of {} statements", p95,
                  latency->sum_ms() / static_cast<double>(latency->count()), latency->count());
  if (p95 < kBaselineMsMax) return {name, Outcome::pass, measured, ""};
  return {name, Outcome::fail, measured,
          "p95 must be below 500 ms: a larger compute, one nearer to here, or fewer runs kept"};
}

Finding pg_stat_statements(Connection& connection) {
  const auto rows =
      connection.exec("SELECT count(*) FROM pg_extension WHERE extname = 'pg_stat_statements'");
  if (rows && rows->integer(0, 0) == 1) return {"pg_stat_statements", Outcome::pass, "there", ""};
  return {"pg_stat_statements", Outcome::warn, "absent",
          "CREATE EXTENSION pg_stat_statements shows which statements take the time"};
}

Finding clock_skew(Connection& connection) {
  const char* name = "clock_skew";
  const std::int64_t before_ns = read_clocks().wall_ns;
  const auto rows = connection.exec("SELECT extract(epoch FROM clock_timestamp())");
  const std::int64_t after_ns = read_clocks().wall_ns;
  if (!rows) return failed(name, rows.error(), "see connection");
  const double here = (static_cast<double>(before_ns) + static_cast<double>(after_ns)) / 2e9;
  const double skew = std::abs(rows->number(0, 0) - here);
  const double unsure = static_cast<double>(after_ns - before_ns) / 2e9;
  const std::string measured = fmt::format("{:.3f} s (± {:.3f} s)", skew, unsure);
  const char* advice = "set this machine's clock (chrony, systemd-timesyncd)";
  if (skew - unsure > kSkewFailSeconds) return {name, Outcome::fail, measured, advice};
  if (skew - unsure > kSkewWarnSeconds) return {name, Outcome::warn, measured, advice};
  return {name, Outcome::pass, measured, ""};
}

Finding database_versions(Connection& connection) {
  const char* name = "database_versions";
  const auto rows = connection.exec(
      "SELECT current_setting('server_version_num')::int, current_setting('server_version')");
  if (!rows) return failed(name, rows.error(), "see connection");
  const std::string measured = fmt::format("PostgreSQL {}, schema for this program: {}",
                                           rows->text(0, 1), database::kSchemaVersion);
  if (rows->integer(0, 0) < kOldestServer) {
    return {name, Outcome::fail, measured, "PostgreSQL 14 or newer is needed"};
  }
  const Status schema = check_schema(connection);
  if (!schema) return {name, Outcome::fail, schema.error().message, "mendel migrate"};
  return {name, Outcome::pass, measured, ""};
}

}  // namespace

std::vector<Finding> unreachable_database(const std::string& why) {
  std::vector<Finding> findings = {
      {"connection", Outcome::fail, why, "nothing else of the database was looked at"}};
  for (const char* name : kNames) {
    findings.push_back({name, Outcome::fail, "no connection", "see connection"});
  }
  return findings;
}

std::vector<Finding> check_database(const database::Dsn& dsn, const DatabaseDemand& demand) {
  const auto settings = parse_dsn(dsn);
  if (!settings) return unreachable_database(settings.error().message);
  const std::int64_t began_ns = read_clocks().monotonic_ns;
  auto connection = connect(dsn);
  if (!connection) return unreachable_database(connection.error().message);
  std::vector<Finding> findings = {
      {"connection", Outcome::pass,
       fmt::format("{} in {:.0f} ms", settings->describe(), ms_since(began_ns)), ""}};
  findings.push_back(compute_sizing(*connection, *settings, demand));
  findings.push_back(autoscaling(*settings));
  findings.push_back(pooling(*connection, dsn, *settings, demand));
  findings.push_back(tls(*connection, *settings));
  findings.push_back(reconnection(dsn));
  findings.push_back(timescaledb(dsn));
  findings.push_back(performance_baseline(*connection));
  findings.push_back(pg_stat_statements(*connection));
  findings.push_back(clock_skew(*connection));
  findings.push_back(database_versions(*connection));
  return findings;
}

}  // namespace mendel::cli

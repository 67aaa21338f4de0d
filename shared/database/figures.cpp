#include "shared/database/figures.hpp"

#include <fmt/format.h>

namespace mendel::database {
namespace {

// What the server said last, and how long ago: when nothing asks it anything, this gets old. What
// it did not say is absent, not 0.
void add_server(const ServerReading& server, Now now, std::vector<Figure>& all) {
  if (server.read_at_ns == 0) return;
  const auto add = [&](const char* name, double value) { all.push_back({name, "", value}); };
  const auto seconds = [](std::int64_t ns) { return static_cast<double>(ns) / kNsPerSecond; };
  add("database_gauges_age_seconds", seconds(now.monotonic_ns - server.read_at_ns));
  if (server.clock_skew_seconds) {
    add("clock_skew_seconds", *server.clock_skew_seconds);
    add("clock_skew_unsure_seconds", server.clock_unsure_seconds);
  }
  if (server.certificate_ends_seconds) {
    add("certificate_expires_seconds",
        static_cast<double>(*server.certificate_ends_seconds) - seconds(now.wall_ns));
  }
  if (server.database_bytes) {
    add("database_size_bytes", *server.database_bytes);
    add("neon_database_size_gb", *server.database_bytes / 1e9);
  }
  if (server.active_queries) {
    add("database_active_queries", *server.active_queries);
    add("neon_active_queries", *server.active_queries);
  }
}

}  // namespace

std::vector<Figure> figures(const PoolGauges& gauges, Now now) {
  const auto count = [](auto value) { return static_cast<double>(value); };
  std::vector<Figure> all = {
      {"pool_in_use", "", count(gauges.in_use)},
      {"pool_idle", "", count(gauges.idle)},
      {"pool_max", "", count(gauges.most)},
      {"pool_waiting", "", count(gauges.waiting)},
      {"pool_waits_total", "", count(gauges.waits)},
      {"failed_connections_total", "", count(gauges.failed_connections)},
      {"database_retries_total", "", count(gauges.retries)},
      {"database_cancelled_total", "", count(gauges.cancelled)},
      {"database_round_trip_ms", "", gauges.round_trip_ms},
      {"database_round_trip_seconds", "", gauges.round_trip_ms / 1e3},
      {"database_query_p95_seconds", "", gauges.latency.quantile_ms(0.95) / 1e3},
      {"database_query_seconds_sum", "", gauges.latency.sum_ms() / 1e3},
      {"database_query_seconds_count", "", count(gauges.latency.count())},
      // The names that dashboards of the original design ask for.
      {"neon_connection_pool_active", "", count(gauges.in_use)},
      {"neon_connection_pool_idle", "", count(gauges.idle)},
      {"neon_connection_failures_total", "", count(gauges.failed_connections)},
      {"neon_query_response_time_ms", "", gauges.round_trip_ms},
  };
  for (std::size_t i = 0; i < Latency::kLimitsMs.size(); ++i) {
    all.push_back({"database_query_seconds_bucket",
                   fmt::format("le=\"{}\"", Latency::kLimitsMs.at(i) / 1e3),
                   count(gauges.latency.within(i))});
  }
  all.push_back({"database_query_seconds_bucket", "le=\"+Inf\"", count(gauges.latency.count())});
  add_server(gauges.server, now, all);
  return all;
}

}  // namespace mendel::database

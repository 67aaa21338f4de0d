#include "shared/database/figures.hpp"

#include <fmt/format.h>

namespace mendel::database {

std::vector<Figure> figures(const PoolGauges& gauges) {
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
  return all;
}

}  // namespace mendel::database

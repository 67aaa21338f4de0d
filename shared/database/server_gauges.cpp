#include "shared/database/server_gauges.hpp"

#include "shared/database/values.hpp"

namespace mendel::database {
namespace {

// Rows of other roles are visible to members of pg_read_all_stats only. Our own statement is none
// of those that are asked for.
constexpr const char* kSizeAndActivity = R"sql(
SELECT pg_database_size(current_database()),
       CASE WHEN pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') THEN
         (SELECT count(*) FROM pg_stat_activity
          WHERE datname = current_database() AND state = 'active'
            AND backend_type = 'client backend' AND pid <> pg_backend_pid()) END)sql";

ServerReading ask(Transaction& transaction, const std::function<Now()>& clocks) {
  ServerReading reading;
  const Now before = clocks();
  const auto clock =
      transaction.ask_aside("SELECT extract(epoch FROM clock_timestamp())", kReadServerMsMax);
  const Now after = clocks();
  if (!clock) return reading;
  const auto seconds = [](std::int64_t ns) { return static_cast<double>(ns) / kNsPerSecond; };
  const double round_trip = seconds(after.monotonic_ns - before.monotonic_ns);
  reading.clock_skew_seconds =
      number_from(clock->at(0).value()) - seconds(before.wall_ns) - round_trip / 2;
  reading.clock_unsure_seconds = round_trip / 2;
  const auto rest = transaction.ask_aside(kSizeAndActivity, kReadServerMsMax);
  if (!rest) return reading;
  if (rest->at(0)) reading.database_bytes = number_from(*rest->at(0));
  if (rest->at(1)) reading.active_queries = number_from(*rest->at(1));
  return reading;
}

}  // namespace

void ServerGauges::read(const Connection& connection, Transaction& transaction) {
  const std::int64_t now_ns = clocks_().monotonic_ns;
  {
    const std::lock_guard lock(mutex_);
    if (tried_at_ns_ != 0 && now_ns - tried_at_ns_ < kReadServerEveryNs) return;
    tried_at_ns_ = now_ns;
  }
  ServerReading reading = ask(transaction, clocks_);
  if (!reading.clock_skew_seconds) return;
  reading.certificate_ends_seconds = connection.certificate_ends_seconds();
  reading.read_at_ns = clocks_().monotonic_ns;
  const std::lock_guard lock(mutex_);
  latest_ = reading;
}

ServerReading ServerGauges::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

}  // namespace mendel::database

#include "shared/database/settings.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

#include "shared/base/check.hpp"

namespace mendel::database {
namespace {

constexpr std::int64_t kPoolMost = 64;
constexpr std::int64_t kTimeoutMsMost = 3'600'000;

struct PoolKeys {
  const char* stage;
  const char* least;
  const char* most;
};
// The stages that have a pool.
constexpr PoolKeys kPools[] = {
    {"data_loader", "data_loader.pool_min", "data_loader.pool_max"},
    {"results_writer", "results_writer.pool_min", "results_writer.pool_max"},
};

const PoolKeys& keys_of(const std::string& stage) {
  for (const PoolKeys& keys : kPools) {
    if (keys.stage == stage) return keys;
  }
  check(false, "a stage without a pool");
  return kPools[0];
}

struct Range {
  std::int64_t fallback, least, most;
};

Result<std::int64_t> integer(const Lookup& setting, const std::string& key, const Range& range) {
  const std::string text = setting(key, "");
  if (text.empty()) return range.fallback;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < range.least ||
      value > range.most) {
    return configuration_error(fmt::format("{} = {}: expected a whole number from {} to {}", key,
                                           text, range.least, range.most));
  }
  return value;
}

bool is_yes(const std::string& text) { return text == "yes" || text == "true" || text == "1"; }

}  // namespace

DsnSource dsn_source(const Lookup& setting) {
  return DsnSource(setting("database.dsn_file", ""), setting("database.mode", "as-is"));
}

Result<PoolOptions> pool_options(const Lookup& setting, const std::string& stage) {
  const PoolKeys& keys = keys_of(stage);
  const auto most = integer(setting, keys.most, {2, 1, kPoolMost});
  if (!most) return most.error();
  const auto least = integer(setting, keys.least, {0, 0, *most});
  if (!least) return least.error();
  PoolOptions options;
  const auto statement = integer(setting, "database.statement_timeout_ms",
                                 {options.limits.statement_ms, 100, kTimeoutMsMost});
  if (!statement) return statement.error();
  const auto lock =
      integer(setting, "database.lock_timeout_ms", {options.limits.lock_ms, 100, kTimeoutMsMost});
  if (!lock) return lock.error();
  options.application = "mendel " + stage;
  options.connections_max = static_cast<int>(*most);
  options.connections_min = static_cast<int>(*least);
  options.always_on = is_yes(setting("database.always_on", "no"));
  options.limits.statement_ms = *statement;
  options.limits.lock_ms = *lock;
  return options;
}

}  // namespace mendel::database

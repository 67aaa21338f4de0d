// The [database] section of the topology, and what of a stage's own section concerns its
// connections. The caller lends its look-up, since topologies are known to a higher layer.
// Threads: pure functions.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "shared/base/result.hpp"
#include "shared/database/dsn.hpp"
#include "shared/database/pool.hpp"

namespace mendel::database {

// The value of a setting ("database.mode"), or the fallback.
using Lookup = std::function<std::string(std::string_view key, std::string_view fallback)>;

DsnSource dsn_source(const Lookup& setting);

// pool_min and pool_max of the stage's own section, always_on and the time-outs of [database].
// Errors (configuration) name the setting and its range.
Result<PoolOptions> pool_options(const Lookup& setting, const std::string& stage);

}  // namespace mendel::database

// The statements that the pipeline lives on, timed: what the stages and the leaderboard send, on
// the tables as they are. Nothing is left behind.
// Threads: the connection's.
#pragma once

#include "shared/base/result.hpp"
#include "shared/database/connection.hpp"
#include "shared/database/latency.hpp"

namespace mendel::cli {

inline constexpr int kBaselineRounds = 20;

Result<database::Latency> time_product_statements(database::Connection& connection);

}  // namespace mendel::cli

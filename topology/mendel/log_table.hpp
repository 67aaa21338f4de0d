// LogTable: a survey of a log as `mendel log inspect` and `verify` show it.
// Threads: pure functions.
#pragma once

#include <string>

#include "shared/config/value.hpp"
#include "shared/durable_log/survey.hpp"

namespace mendel::cli {

// One line a segment, below a heading that names the log.
std::string log_table(const std::string& log, const durable_log::Survey& survey);
// {"log": …, "segments": [{…}], "corrupt_records": n, "damages": [{…}]}
config::Value log_document(const std::string& log, const durable_log::Survey& survey);
// "scores: 1234 records in 3 segments, every checksum is right", or one line per damaged place.
std::string log_verdict(const std::string& log, const durable_log::Survey& survey);

}  // namespace mendel::cli

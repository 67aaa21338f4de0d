// LogTable: a survey of a log as `mendel log inspect` and `verify` show it.
// Threads: pure functions.
#pragma once

#include <string>

#include "shared/config/value.hpp"
#include "shared/durable_log/survey.hpp"

namespace mendel::cli {

// One line a segment, below a heading that names the log.
std::string log_table(const std::string& log, const durable_log::Survey& survey);
// {"log": …, "segments": [{…}], "corrupt_records": n, "damages": [{…}], "missing": [{…}]}
config::Value log_document(const std::string& log, const durable_log::Survey& survey);
// "scores: 1234 records in 3 segments, every checksum is right", or one line per damaged place,
// hole, renamed segment and torn end.
std::string log_verdict(const std::string& log, const durable_log::Survey& survey);
// Nothing is lost, as far as the log alone can tell: a torn end may be what a crash left.
bool is_sound(const std::string& log, const durable_log::Survey& survey);

}  // namespace mendel::cli

// Job: one CSV file to ingest, as the operator's command hands it to the stage, and JobReport: what
// became of it. Both travel as JSON files in the inbox (inbox.hpp).
// Threads: plain values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "shared/base/result.hpp"
#include "shared/config/value.hpp"
#include "shared/market/bar_csv.hpp"
#include "stages/ingestor/ingestor.hpp"

namespace mendel::ingestor {

inline constexpr std::size_t kNameBytesMax = 64;  // of a source or symbol
inline constexpr std::int64_t kRevisionMax = 1'000'000'000;

struct Job {
  std::string id;         // ULID; jobs are done in its order
  std::string file;       // what the user called it: named in refusals
  std::string symbol;     // "" = the one value of the file's symbol column
  std::string timeframe;  // "" = inferred
  std::string tz;         // "" or UTC, an offset, an IANA name
  std::string tz_file;    // the TZif bytes of an IANA name: the stage needs no tzdata, and reads
                          // the times as the command did
  std::string stamp = "open";  // open | close
  std::string volume;          // the volume column
  std::string source = "csv";
  std::int64_t revision = 0;
  bool strict = false;
};

config::Value to_value(const Job& job);
// Refuses what check_job refuses; `what` names the document in the error.
Result<Job> job_from(const config::Value& value, const std::string& what);

// Names, timeframe, zone and stamp are well-formed. Errors name the option; kind configuration.
Status check_job(const Job& job);
// A source or symbol: 1 to 64 letters, digits and . _ - : / ^ = + &, not "portfolio".
Status check_name(std::string_view option, std::string_view name);
// The zone that tz and tz_file name.
Result<market::TimeZone> zone_of(const Job& job);
Result<market::BarCsvOptions> csv_options(const Job& job);
// The symbol of the rows: the job's, else the one of the file's symbol column.
Result<std::string> symbol_of(const Job& job, const market::BarReport& report);

struct JobReport {
  std::string id;
  std::string state;  // parsing | sending | stored | failed
  std::string error;  // of a failed one
  int exit_code = 0;  // that the error asks for
  std::string symbol;
  std::uint64_t beat = 0;     // grows while the stage works on it: a still one is a dead stage
  std::int64_t attempts = 0;  // how often the stage began it and died before it was parsed
  std::string waiting;        // for whom, when it does not go on
  config::Value parsed;       // to_value(BarReport), null before
  Shipped shipped;

  bool final() const { return state == "stored" || state == "failed"; }
};

config::Value to_value(const JobReport& report);
Result<JobReport> report_from(const config::Value& value, const std::string& what);

config::Value to_value(const market::BarReport& report);

}  // namespace mendel::ingestor

// IngestSummary: what `mendel ingest` says about a file and about what became of its bars.
// Threads: pure functions.
#pragma once

#include <string>

#include "shared/market/bar_report.hpp"
#include "stages/ingestor/job.hpp"

namespace mendel::cli {

// Rows, span, gaps, volume and refusals, a line each.
std::string summary_of_file(const market::BarReport& report, const ingestor::Job& job);

// "stored   5105 new, 0 there already, 0 replaced, 0 conflicts"
std::string summary_of_rows(const ingestor::Shipped& shipped);

}  // namespace mendel::cli

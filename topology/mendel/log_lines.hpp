// LogLines: records of a log as lines of text: JSON lines with everything, or CSV with what a
// spreadsheet wants: bars, or the metrics of scores.
// Threads: pure functions, plain values.
#pragma once

#include <string>

#include "shared/durable_log/log.hpp"

namespace mendel::cli {

enum class LineFormat { csv, jsonl };

class LogLines {
 public:
  // `log`: "bars" | "scores". `run`: only what belongs to this run; "" = everything.
  LogLines(std::string log, LineFormat format, std::string run);

  // The line of column names with its end, "" for JSON lines.
  std::string heading() const;
  // The lines of a record, each with its end; "" = none of it is asked for, or CSV has no place for
  // it (records of runs and generations).
  std::string lines(const durable_log::Entry& entry);

  std::uint64_t unreadable() const { return unreadable_; }  // frames that do not decode

 private:
  std::string log_;
  LineFormat format_;
  std::string run_;
  std::uint64_t unreadable_ = 0;
};

}  // namespace mendel::cli

// ProgressView: a run as it goes: one line that is rewritten on a terminal, plain lines elsewhere.
// Threads: the main thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "shared/wire/messages.hpp"

namespace mendel::cli {

// "generation 12/50  best 1.243  mean 0.412  8,412 evaluations/s  ETA 12 s"; once the search is
// over "judging: 412 of 1050 samples  generation 50/50  …"
std::string progress_text(const wire::Progress& progress);
// A bar of `width` characters, filled in proportion.
std::string progress_bar(std::int64_t done, std::int64_t total, int width);
// The line, or its beginning and "…", in at most `columns` characters; 0 = as wide as it likes. A
// line that a terminal breaks cannot be rewritten.
std::string fitted(const std::string& line, std::size_t columns);
// Of the terminal that `out` is; 0 = it is none.
std::size_t terminal_columns(std::FILE* out);
// 1234567 -> "1,234,567".
std::string with_commas(std::uint64_t number);

class ProgressView {
 public:
  // Plain lines come at most this often; those of a run that is judged, where nothing else changes.
  static constexpr std::int64_t kPlainEveryNs = 500'000'000;
  static constexpr std::int64_t kJudgingEveryNs = 2'000'000'000;

  ProgressView(std::FILE* out, bool terminal) : out_(out), terminal_(terminal) {}

  void show(const wire::Progress& progress, std::int64_t now_ns);
  // Ends the rewritten line; what was held back is printed.
  void finish();

 private:
  void print(const wire::Progress& progress);

  std::FILE* out_;
  bool terminal_;
  bool drawn_ = false;
  std::string waiting_;  // what the run waits for, as last printed
  std::int64_t printed_generation_ = -1;
  std::int64_t printed_at_ns_ = 0;
  wire::Progress latest_;
};

}  // namespace mendel::cli

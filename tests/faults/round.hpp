// Round: one search and one ingest of a whole pipeline of real processes, PostgreSQL and sockets,
// while a schedule of faults is played; and what must be true at its end.
// Threads: one, beside the proxy's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/faults/faulty_links.hpp"
#include "tests/faults/schedule.hpp"
#include "tests/faults/small_disk.hpp"
#include "tests/pipeline/pipeline.hpp"

namespace mendel::faults {

struct Search {
  std::int64_t population = 48;
  std::int64_t generations = 200;
  std::int64_t bars = 60'000;  // ingested beside it
  bool kept = false;           // the database takes the best and a sample, not everything
};

std::vector<std::string> evolve_words(const Search& search);

// A stage's processes as the system tells them: a stopped one says nothing about itself.
std::vector<pid_t> processes_of(const std::string& state, const std::string& stage);

// The private database goes away: nobody can connect, and who was connected is not any more. Or
// comes back.
bool bring_away(const std::string& state, bool away);

// The digest of the search when nothing goes wrong.
std::string undisturbed_digest(const Search& search);

class Round {
 public:
  explicit Round(const Search& search);

  // Plays the faults; everything heals before it returns.
  void play(const Schedule& schedule);
  // Waits for search and ingest and judges them: the digest, every score once in log and database,
  // every bar once.
  void judge(const std::string& digest);

 private:
  void begin();
  void apply(const Fault& fault);
  void signal(const std::string& stage, int number) const;
  void crash_database() const;
  bool database_takes(const std::string& sql) const;
  void expect_scores_once(const std::string& run) const;
  void expect_bars_once() const;

  Search search_;
  SmallDisk disk_;
  std::vector<int> ports_;
  std::optional<FaultyLinks> links_;
  std::optional<testing::Pipeline> pipeline_;
  testing::ScratchFolder folder_;
  std::optional<testing::Background> run_;
  std::optional<testing::Background> ingest_;
};

}  // namespace mendel::faults

// Checkpoint: everything a run needs to go on to the same bits after its dispatcher was killed.
// Kept as runs/<run>/checkpoint and replaced as a whole.
//
// Grammar (little-endian; text = u32 length, bytes; digest = 32 bytes; list = u32 count, entries):
//   file     = magic "MNCK", u16 version, u16 0, body, u64 XXH3 of everything before it
//   body     = run, name, state, detail, experiment text; i64 created_ns; digest dataset id;
//              dataset file, quality text; i64 dataset rows; i64 generation; digest generation
//              digest; i64 birth generation, birth_ns; u64 evaluations, redispatched; i64 look,
//              searched_ns, stagnant; text stopped by; u32 genes, objectives, limits; list of
//              islands; list of members (all genomes scored so far); list of history; list of text
//              (frames of unrecorded records)
//   island   = list of members (slots), list of members (survivors)
//   member   = f64 per gene, f64 per objective, f64 per limit (NaN = undefined), u8 validity,
//              u8 ruined, f64 violation, text (the evaluator's reason)
//   history  = i64 generation, f64 best, f64 mean (NaN = none), digest
// Version rule: a reader knows its own version; another is an error (docs/wire.md, "Checkpoint").
// Threads: plain values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/base/result.hpp"
#include "shared/genetics/population.hpp"
#include "shared/genetics/ranking.hpp"

namespace mendel::ga_dispatcher {

inline constexpr std::uint16_t kCheckpointVersion = 2;
inline constexpr const char* kCheckpointName = "checkpoint";
inline constexpr const char* kReportName = "report.json";
// The genomes of a run that has ended, its last generation first: what a fork starts from.
inline constexpr const char* kGenomesName = "genomes.json";
// Of the epoch whose owner alone writes them.
inline constexpr const char* kRole = "ga_dispatcher";

// One closed generation in few words.
struct HistoryEntry {
  std::int64_t generation = 0;
  double best = 0;  // first objective of the best feasible genome; NaN = none
  double mean = 0;  // of the first objective where it is defined; NaN = nowhere
  Digest digest;
};

// A search as it stands after a closed generation.
struct SearchState {
  std::int64_t generation = -1;  // the last closed one; -1 = none yet
  Digest digest;
  std::vector<genetics::Island> islands;  // of that generation, scored
  std::vector<genetics::Member> scored;   // every distinct genome scored so far
  std::vector<HistoryEntry> history;
  std::int64_t stagnant = 0;  // generations in a row without a better best or front
  std::string stopped_by;     // which stop ended it; "" = none yet
};

struct Checkpoint {
  std::string run;
  std::string name;
  std::string state;  // waiting | running | finished | failed | cancelled
  std::string detail;
  std::string experiment;  // canonical text
  std::int64_t created_ns = 0;
  Digest dataset_id;  // zero = not yet known
  std::string dataset_file;
  std::string quality;
  std::int64_t dataset_rows = 0;
  std::int64_t birth_generation = 0;
  std::int64_t birth_ns = 0;
  std::uint64_t evaluations = 0;
  std::uint64_t redispatched = 0;
  std::int64_t searched_ns = 0;  // since the first hand-out, over all lives
  std::int64_t look = 0;         // at the out-of-sample range; 0 = not looked yet
  SearchState search;            // without islands and scored once the run has ended
  std::vector<std::string> records;
};

std::string encode(const Checkpoint& checkpoint);
// The same with a search's islands and scored genomes where they are: nothing is copied.
std::string encode(const Checkpoint& checkpoint, const std::vector<genetics::Island>& islands,
                   const genetics::Members& scored);
// What is wrong with a checkpoint (on one line), and what an operator does with the run.
Error unreadable_checkpoint(std::string_view why);
// Error (operator needed): torn, of another version, or not a checkpoint.
Result<Checkpoint> decode_checkpoint(std::string_view bytes);

}  // namespace mendel::ga_dispatcher

// Questions: what results_writer is asked (which of these are recorded?), and when its notices show
// that something was missed: a gap in the sequence, or a new epoch.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/base/time.hpp"
#include "shared/wire/messages.hpp"
#include "stages/ga_dispatcher/actions.hpp"

namespace mendel::ga_dispatcher {

// Keys of one query: its answer, with a score for each, stays far below a frame.
inline constexpr std::size_t kQueryKeysMax = 1024;
// Open questions are forgotten after this; what they were about is asked anew.
inline constexpr std::int64_t kForgetQuestionNs = 10 * kNsPerSecond;
// A subscriber that keeps losing notices does not flood the writer with questions.
inline constexpr std::int64_t kGapAgainNs = 200 * kNsPerMs;

class Questions {
 public:
  explicit Questions(std::string incarnation) : incarnation_(std::move(incarnation)) {}

  // Sends queries, as many as it takes.
  void ask(const std::vector<Digest>& keys, const std::vector<std::string>& record_ids, Now now,
           Actions& out);
  // Whether this is (a part of) the answer to a question of ours.
  bool is_ours(const std::string& query_id) const { return open_.count(query_id) > 0; }
  void forget_old(Now now);

  // Follows (epoch, sequence). False: it is of an earlier epoch and counts for nothing.
  bool follow(const wire::Recorded& recorded);
  // Something was missed since the last time: ask for everything in flight. Resets; true at most
  // once in kGapAgainNs.
  bool take_gap(Now now);

 private:
  std::string incarnation_;
  std::uint64_t next_ = 1;
  std::map<std::string, std::int64_t> open_;  // query id -> when
  std::uint64_t epoch_ = 0;
  std::uint64_t sequence_ = 0;
  bool gap_ = false;
  std::optional<std::int64_t> gap_taken_ns_;
};

}  // namespace mendel::ga_dispatcher

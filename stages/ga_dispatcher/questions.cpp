#include "stages/ga_dispatcher/questions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace mendel::ga_dispatcher {

void Questions::ask(const std::vector<Digest>& keys, const std::vector<std::string>& record_ids,
                    Now now, Actions& out) {
  std::size_t at = 0;
  bool with_records = !record_ids.empty();
  while (at < keys.size() || with_records) {
    wire::Query query;
    query.query_id = fmt::format("{}.{}", incarnation_, next_++);
    const std::size_t end = std::min(keys.size(), at + kQueryKeysMax);
    query.keys.assign(keys.begin() + static_cast<std::ptrdiff_t>(at),
                      keys.begin() + static_cast<std::ptrdiff_t>(end));
    at = end;
    if (with_records) query.record_ids = record_ids;
    with_records = false;
    open_[query.query_id] = now.monotonic_ns;
    out.send(wiring::Edge::queries, std::move(query));
  }
}

void Questions::forget_old(Now now) {
  for (auto entry = open_.begin(); entry != open_.end();)
    entry = now.monotonic_ns - entry->second > kForgetQuestionNs ? open_.erase(entry)
                                                                 : std::next(entry);
}

bool Questions::follow(const wire::Recorded& recorded) {
  if (recorded.epoch < epoch_) return false;
  if (recorded.epoch > epoch_) {
    epoch_ = recorded.epoch;
    sequence_ = recorded.sequence;
    gap_ = true;
    return true;
  }
  if (recorded.sequence > sequence_ + 1) gap_ = true;
  sequence_ = std::max(sequence_, recorded.sequence);
  return true;
}

bool Questions::take_gap(Now now) {
  if (gap_taken_ns_ && now.monotonic_ns - *gap_taken_ns_ < kGapAgainNs) return false;
  if (gap_) gap_taken_ns_ = now.monotonic_ns;
  return std::exchange(gap_, false);
}

}  // namespace mendel::ga_dispatcher

// Records: what a run has said to results_writer and not yet heard back as recorded. Each is sent
// again every second; a bounded number is in flight. They are part of the checkpoint.
// Threads: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/time.hpp"
#include "shared/wire/messages.hpp"
#include "stages/ga_dispatcher/actions.hpp"

namespace mendel::ga_dispatcher {

inline constexpr std::int64_t kResendNs = 1 * kNsPerSecond;
// In flight at once: one generation record of a large island is a few hundred kilobytes.
inline constexpr std::size_t kRecordsInFlightMax = 16;
// A search closes no generation while more wait than this and one per island: back-pressure.
inline constexpr std::size_t kRecordsWaitingMax = 32;

class Records {
 public:
  // Requires a RunRecord, GenerationRecord or Verdict.
  void add(wire::Message record);
  void acknowledge(std::string_view record_id);
  // results_writer does not have it: it is sent again at once.
  void missing(std::string_view record_id);
  void send_due(Now now, Actions& out);

  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }
  std::vector<std::string> ids() const;

  std::vector<std::string> frames() const;
  // Takes up frames(); bytes that are no such record are an error.
  Status restore(const std::vector<std::string>& frames);

 private:
  struct Waiting {
    std::string record_id;
    wire::Message record;
    std::int64_t sent_ns;
  };
  std::deque<Waiting> waiting_;  // oldest first
};

}  // namespace mendel::ga_dispatcher

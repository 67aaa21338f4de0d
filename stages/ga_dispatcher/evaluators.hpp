// Evaluators: who is there, what each holds, and who has room. An evaluator is announced by its
// hellos (Credit) and by its subscription to `ev.<incarnation>.`; it is gone when either ends.
// Threads: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/base/time.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::ga_dispatcher {

// Ten missed hellos.
inline constexpr std::int64_t kSilenceNs = 2 * kNsPerSecond;
// A batch that a talking evaluator has not received by then never arrived.
inline constexpr std::int64_t kArrivalNs = 1 * kNsPerSecond;
// One that went away is remembered so long, for its sequence numbers.
inline constexpr std::int64_t kForgetNs = 60 * kNsPerSecond;
// What one evaluator can claim, and how many there can be: beyond, hellos are ignored.
inline constexpr std::uint32_t kCapacityMax = 1024;
inline constexpr std::size_t kEvaluatorsMax = 4096;
inline constexpr std::size_t kIncarnationBytesMax = 64;

// A batch that left an evaluator's hands.
struct Released {
  enum class How : std::uint8_t { settled, lost, overdue };
  How how = How::settled;
  std::string run;
  std::vector<Digest> keys;
};

class Evaluators {
 public:
  struct Settings {
    std::uint32_t engine_version = 0;
    std::string self_test_digest;  // hex; evaluators that differ get no work
    std::int64_t lease_ns = 10 * kNsPerSecond;
  };
  explicit Evaluators(Settings settings) : settings_(std::move(settings)) {}

  // Each returns the batches that were released by what happened.
  std::vector<Released> hello(const wire::Credit& credit, Now now);
  std::vector<Released> subscription(std::string_view topic, bool joined, Now now);
  // Silence and leases.
  std::vector<Released> look(Now now);

  struct Free {
    std::string incarnation;
    std::uint32_t credits = 0;  // batches it has room for, > 0
    double candidate_ms = 0;    // 0 = not yet known
  };
  // Those that can take work, in the order of their incarnations.
  std::vector<Free> free() const;
  // Notes a batch as held; returns its sequence. Requires that the evaluator is in free().
  std::uint64_t assign(const std::string& incarnation, std::string run, std::vector<Digest> keys,
                       Now now);

  std::size_t compatible() const;
  std::size_t incompatible() const;
  std::size_t batches() const;

  static std::string topic_of(std::string_view incarnation);  // "ev.<incarnation>."

 private:
  struct Batch {
    std::string run;
    std::vector<Digest> keys;
    std::int64_t sent_ns = 0;
  };
  struct Evaluator {
    bool here = false;
    bool compatible = false;
    bool stalled = false;  // its lease ran out: no work until it makes progress again
    std::string blocked;
    std::uint32_t capacity = 0;
    double candidate_ms = 0;
    std::uint64_t progress = 0;
    std::int64_t seen_ns = 0;
    std::int64_t progress_ns = 0;
    std::uint64_t next_sequence = 1;
    std::set<std::uint64_t> held;            // as it says
    std::map<std::uint64_t, Batch> batches;  // as we know
  };
  using Entry = std::map<std::string, Evaluator, std::less<>>::value_type;

  std::uint32_t credits_of(const Entry& entry) const;
  static void release_all(Evaluator& evaluator, Released::How how, std::vector<Released>& out);
  void forgive_pause(Now now);

  Settings settings_;
  std::map<std::string, Evaluator, std::less<>> all_;
  std::set<std::string, std::less<>> joined_;  // incarnations whose topic has a reader
  std::optional<std::int64_t> looked_ns_;
};

}  // namespace mendel::ga_dispatcher

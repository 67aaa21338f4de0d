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
// Who comes is seldom the last: no part is known until nobody has come for so long.
inline constexpr std::int64_t kSettledNs = 1 * kNsPerSecond;
// A lease is so many times the measured cost of what an evaluator holds; never less than two and a
// half hellos, for progress is seen by hellos only.
inline constexpr double kLeaseFactor = 4;
inline constexpr std::int64_t kLeaseFloorNs = 500 * kNsPerMs;
// A second copy is worth while when an idle evaluator would have it so many times sooner, or when
// a batch takes so many times what it should, and a few of a scheduler's slices more.
inline constexpr std::int64_t kTailFactor = 2;
inline constexpr std::int64_t kTailSlackNs = 25 * kNsPerMs;
// What a candidate is taken to cost until anyone has measured it. In detail it is a batch of its
// own until then: nobody knows how many times as slow it is.
inline constexpr double kCandidateMsGuess = 1;
inline constexpr double kDetailedMsGuess = 20;
// What one evaluator can claim, and how many there can be: beyond, hellos are ignored.
inline constexpr std::uint32_t kCapacityMax = 1024;
inline constexpr std::size_t kEvaluatorsMax = 4096;
inline constexpr std::size_t kIncarnationBytesMax = 64;

// What a candidate costs by measure; 0 = not yet known. One that is to be reported in detail takes
// another way through the engine, many times as slow.
struct Costs {
  double plain_ms = 0;
  double detailed_ms = 0;

  double of(bool detailed) const { return detailed ? detailed_ms : plain_ms; }
};

// What became of a batch.
struct Released {
  enum class How : std::uint8_t {
    settled,   // computed
    overdue,   // it never arrived
    returned,  // the evaluator stops, and said so
    late,      // its lease ran out; the evaluator still holds it
    lost,      // the evaluator died, fell silent, or has hung for the longest lease
  };
  How how = How::settled;
  std::string run;
  std::vector<Digest> keys;
  std::string evaluator;
  bool alone = false;  // handed out with assign_alone()
};

class Evaluators {
 public:
  struct Settings {
    std::uint32_t engine_version = 0;
    std::string self_test_digest;               // hex; evaluators that differ get no work
    std::int64_t lease_ns = 10 * kNsPerSecond;  // the longest
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
    Costs costs;
    double part = 0;    // of what all do together, in no detail; 0 = not yet known
    bool idle = false;  // it holds nothing at all
  };
  // Those that can take work, in the order of their incarnations.
  std::vector<Free> free() const;
  bool any_free() const { return !free_.empty(); }
  struct Work {
    std::string run;
    std::vector<Digest> keys;
    bool detailed = false;
  };
  // Notes a batch as held; returns its sequence. Requires that the evaluator is in free().
  std::uint64_t assign(const std::string& incarnation, Work work, Now now);
  // The same, and nothing is added until it is done. Requires one key, and that the evaluator is
  // idle.
  std::uint64_t assign_alone(const std::string& incarnation, Work work, Now now);

  // A batch that an idle evaluator could well have sooner than the one that holds it.
  struct Slow {
    std::string evaluator;
    std::uint64_t sequence = 0;
    std::string run;
    std::vector<Digest> keys;
  };
  // With nothing else to hand out: the slow ones, each as long as it was not copied.
  std::vector<Slow> slow(Now now) const;
  void copied(const Slow& batch);

  std::size_t compatible() const;
  std::size_t incompatible() const;
  std::size_t batches() const { return batches_; }

  static std::string topic_of(std::string_view incarnation);  // "ev.<incarnation>."

 private:
  // Candidates by kind.
  struct Load {
    std::size_t plain = 0;
    std::size_t detailed = 0;

    void add(const Work& work) { (work.detailed ? detailed : plain) += work.keys.size(); }
    // 0 = a cost is not yet known.
    double ms(const Costs& costs) const;
  };
  struct Batch {
    Work work;
    std::int64_t sent_ns = 0;
    Load queue;  // up to its end when it was sent
    bool alone = false;
    bool late = false;
    bool copied = false;
  };
  struct Evaluator {
    bool here = false;
    bool compatible = false;
    bool joined = false;   // its topic has a reader
    bool stalled = false;  // its lease ran out: no work until it makes progress again
    bool blocked = false;
    bool computing = false;  // as it says: it holds something and is not blocked
    std::uint32_t capacity = 0;
    Costs costs;
    std::uint64_t progress = 0;
    std::int64_t seen_ns = 0;
    std::int64_t stuck_ns = 0;  // of computing without progress, up to the last hello
    std::uint64_t next_sequence = 1;
    std::vector<std::uint64_t> held;         // as it says, ascending
    std::map<std::uint64_t, Batch> batches;  // as we know
  };
  using All = std::map<std::string, Evaluator, std::less<>>;

  std::uint32_t credits_of(const Evaluator& evaluator) const;
  // To be called after every change of an evaluator: who is free is kept, not searched for.
  void note(const All::value_type& entry);
  void take_in(Evaluator& evaluator, const wire::Credit& credit, Now now) const;
  Released let_go(Released::How how, const std::string& incarnation, Batch& batch);
  void release_all(All::value_type& entry, Released::How how, std::vector<Released>& out);
  void check_lease(All::value_type& entry, Now now, std::vector<Released>& out);
  std::uint64_t hold(const std::string& incarnation, Batch batch, Now now);
  Costs usual_costs() const;
  Costs quickest_idle(const Costs& usual) const;
  double part_of(const Evaluator& evaluator) const;
  void forgive_pause(Now now);
  bool is_cut_off(Now now) const;
  bool was_cut_off(Now now) const;  // a moment ago

  Settings settings_;
  All all_;
  std::set<std::string, std::less<>> joined_;          // incarnations whose topic has a reader
  std::map<std::string_view, const Evaluator*> free_;  // into all_
  std::size_t batches_ = 0;
  double candidates_per_ms_ = 0;  // of all, in no detail, when last looked at; 0 = not yet known
  std::int64_t newest_ns_ = 0;    // when the last of them came
  std::optional<std::int64_t> looked_ns_;
  std::optional<std::int64_t> heard_again_ns_;  // the first hello after a cut
};

}  // namespace mendel::ga_dispatcher

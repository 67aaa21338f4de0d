// Selection: what of the score log goes into the database. Of a run with `[results] database =
// "all"` everything; of one with "kept" the candidates of every generation that are among the best,
// the elites or, with several objectives, the front of their island, or whose key is one of every
// kSampleEvery; what was scored out of sample; what the verdict names; and of the other candidates
// that are invalid the reason. A generation is recorded behind its scores, so
// these are held back until a record asks for them; one that an earlier run recorded, too.
//
// It follows from the log alone: a run's rule is in its record, and what stands in front of that
// record, or has none, is taken. So a drain that begins again anywhere chooses the same.
// Threads: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/base/result.hpp"
#include "shared/durable_log/log.hpp"
#include "shared/durable_log/source.hpp"
#include "shared/market/metrics.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::results_writer {

inline constexpr std::int64_t kKeptBest = 64;       // of each generation of an island
inline constexpr std::uint64_t kSampleEvery = 100;  // of all keys, by hash

class Selection {
 public:
  // A record that lies before what is chosen from; in the order of the log, again is harmless.
  void note(const durable_log::Entry& entry);

  // What of the batch, the next of the log, goes into the database, and what earlier records of
  // `log` it asks for: those first, each once. A generation's slots that are not kept have no key.
  Result<std::vector<durable_log::Entry>> choose(std::vector<durable_log::Entry> batch,
                                                 const durable_log::Source& log);

  // The rule of a run: "all" unless its record says "kept".
  std::string rule_of(const std::string& run) const;
  std::size_t held_back() const { return held_.size(); }
  // When the run ended, by its record; nullopt = there is no such record.
  std::optional<std::int64_t> ended_at(const std::string& run) const;
  // The log begins behind this segment from now on.
  void forget_through(const std::string& segment);

 private:
  struct Aim {
    market::Metric metric = market::Metric::sharpe_ratio;
    bool maximise = true;
  };
  struct Kept {
    durable_log::Position from;  // of the run's record: what stands before is taken
    std::int64_t best = kKeptBest;
    std::vector<Aim> aims;  // with several objectives
  };
  struct Place {
    std::uint32_t segment = 0;  // index into segments_
    std::uint32_t offset = 0;
    std::uint64_t values =
        kNoValues;  // index into values_: one for each aim, the greater the better
  };
  static constexpr std::uint64_t kNoValues = ~std::uint64_t{0};
  enum class Fate : std::uint8_t { taken, held, thinned };

  void note(const wire::Message& message, const durable_log::Position& begin);
  void note_run(const wire::RunRecord& record, const durable_log::Position& begin);
  bool is_held(const wire::Score& score, const durable_log::Position& begin) const;
  // Adds the keys that the record asks for to `asked`; thins a generation of a run with "kept".
  Fate judge(wire::Message& message, const durable_log::Position& begin,
             std::vector<Digest>& asked) const;
  Fate judge(wire::GenerationRecord& record, const durable_log::Position& begin,
             std::vector<Digest>& asked) const;
  void add_values(const wire::Score& score, const Kept& kept, Place& place);
  // How many slots, by rank, are the front of the generation.
  std::int64_t front_of(const wire::GenerationRecord& record, const Kept& kept) const;
  void add_places(const std::vector<Digest>& asked, std::set<durable_log::Position>& places) const;
  Result<std::vector<durable_log::Entry>> read(const std::set<durable_log::Position>& places,
                                               const durable_log::Source& log) const;

  std::map<std::string, Kept> kept_;           // by run
  std::map<std::string, std::int64_t> ended_;  // by run
  std::vector<std::string> segments_;
  std::unordered_map<Digest, Place, DigestHash> held_;
  std::vector<double> values_;
};

// Whether a key is in the sample of every kSampleEvery.
bool is_sampled(const Digest& key);

}  // namespace mendel::results_writer

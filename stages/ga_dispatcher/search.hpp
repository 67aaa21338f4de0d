// Search: the generations of one run: what must be evaluated, what is known, and the digest chain.
// Every distinct genome is evaluated once per run. It sees the in-sample window only.
//
// A generation is closed for all islands at once. Until then islands whose slots are all scored may
// be bred ahead, by one generation and not over a migration: their candidates keep the evaluators
// busy, and nothing counts them before their generation is opened.
// Threads: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/base/result.hpp"
#include "shared/genetics/population.hpp"
#include "shared/genetics/ranking.hpp"
#include "shared/wire/messages.hpp"
#include "stages/ga_dispatcher/checkpoint.hpp"
#include "stages/ga_dispatcher/known_genomes.hpp"
#include "stages/ga_dispatcher/outstanding.hpp"

namespace mendel::ga_dispatcher {

// A longer search keeps every n-th generation and the last.
inline constexpr std::size_t kHistoryMax = 1000;

class Search {
 public:
  Search(std::shared_ptr<const strategy::Experiment> experiment, Digest dataset_id);

  // Goes on after a closed generation; nothing is open then. Error: it is of another experiment.
  Status restore(SearchState state);
  // Without islands and scored, which are long: they stand here. Requires that none is open.
  SearchState state() const;
  const std::vector<genetics::Island>& islands() const { return population_.islands; }
  genetics::Members scored() const;  // every distinct genome scored so far

  // Breeds the next generation (0 at first) and opens it. Requires that none is open.
  Status open_next();
  bool is_open() const { return open_; }
  // The distinct genomes of the open generation without a score: island by island, in
  // numerical order.
  std::vector<Wanted> wanted() const;
  // Of islands that are through and now bred ahead: as above, for the generation after the open
  // one.
  std::vector<Wanted> breed_ahead();
  bool is_ahead() const { return !ahead_.empty(); }
  // accept() of this place follows: begins to fetch what it looks at.
  void expect(std::uint32_t place) const { known_.prefetch(place); }
  // Takes up the recorded score of a wanted, by its place; false when it has one.
  bool accept(const wire::Score& score, std::uint32_t place);
  bool is_complete() const { return open_ && waiting_ == 0; }
  // Requires is_complete().
  void close();

  // The last generation is closed.
  bool is_over() const { return !open_ && !stopped_by_.empty(); }
  // What ended it: generations, grid, target, evaluations_max, stagnation, wall_time; "" = nothing.
  const std::string& stopped_by() const { return stopped_by_; }
  // Ends it after the closed generation, unless something has. Requires that none is open.
  void stop(std::string why);
  std::int64_t generation() const { return population_.generation; }  // open or last closed; -1
  const Digest& digest() const { return digest_; }  // of the last closed generation
  // Distinct genomes with a score, of the generations opened so far.
  std::uint64_t evaluations() const { return evaluations_; }
  // Slots of all generations so far, the open one included.
  std::uint64_t candidates() const;
  // Those of them whose genome this run had before: elites, and what was bred again.
  std::uint64_t duplicates() const { return candidates() - met_.size(); }
  const std::vector<HistoryEntry>& history() const { return history_; }
  const std::optional<HistoryEntry>& last() const { return last_; }  // closed
  double diversity() const { return diversity_; }                    // share of distinct genomes

  // One per island of the last closed generation.
  std::vector<wire::GenerationRecord> records(const std::string& run,
                                              std::int64_t born_at_ns) const;
  // The pick and at most `others` beside it; empty when no genome is feasible.
  std::vector<genetics::Member> finalists(std::size_t others) const;
  // Distinct genomes on the front that the pick is one of; 0 with one objective.
  std::size_t front_size() const;
  // The one that is the least infeasible; nullptr when one is feasible, or none has a score.
  const genetics::Member* nearest() const;
  // At most `most` distinct genomes of the open or last closed generation and what survived beside
  // it, in the order of a record: what another search starts from.
  std::vector<strategy::Genome> genomes(std::size_t most) const;
  // Up to `most` of its distinct genomes that could be scored, by draws of the seed alone; sorted.
  std::vector<strategy::Genome> sample(std::size_t most) const;

 private:
  using Place = KnownGenomes::Place;

  // With several objectives they hold the best fronts of the whole search.
  std::vector<genetics::Member> survivors() const;

  Place know(const strategy::Genome& genome);
  std::vector<Place> places_of(const genetics::Island& island);
  void add_wanted(const std::vector<Place>& places, std::vector<bool>& seen,
                  std::vector<Wanted>& wanted) const;
  bool is_through(std::size_t island);
  void fill(genetics::Island& island, std::size_t index) const;
  void open_islands();
  void take_in(Place place);
  void note_history();
  bool has_improved(const std::optional<HistoryEntry>& before) const;
  std::string stop_after_closing() const;

  std::shared_ptr<const strategy::Experiment> experiment_;
  strategy::EvaluationKeys keys_;
  genetics::Population population_;
  bool open_ = false;
  Digest digest_;
  KnownGenomes known_;
  std::vector<Place> met_;    // of known_, those of the generations so far, in slot order
  std::vector<bool> is_met_;  // the same, by place
  std::uint64_t evaluations_ = 0;
  std::vector<std::vector<Place>> places_;  // per island and slot of population_
  std::vector<std::size_t> scored_slots_;   // per island: at least so many, from the first on
  std::size_t waiting_ = 0;                 // distinct genomes of population_ without a score
  std::map<std::size_t, genetics::Island> ahead_;  // of the generation after population_, by index
  double diversity_ = 0;
  std::vector<HistoryEntry> history_;
  std::optional<HistoryEntry> last_;
  std::int64_t stagnant_ = 0;
  std::string stopped_by_;
};

}  // namespace mendel::ga_dispatcher

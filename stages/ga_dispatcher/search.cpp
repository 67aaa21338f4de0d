#include "stages/ga_dispatcher/search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <span>
#include <utility>

#include "shared/base/check.hpp"
#include "shared/base/rng.hpp"
#include "shared/base/sort_key.hpp"
#include "shared/genetics/choice.hpp"
#include "shared/genetics/generation_digest.hpp"
#include "shared/genetics/ranking.hpp"

namespace mendel::ga_dispatcher {
namespace {

using genetics::Member;

// So many genomes before it is its turn, memory is asked for what is known of one.
constexpr std::size_t kAhead = 16;
constexpr std::uint8_t kInSample = 1 << static_cast<int>(market::Window::in_sample);

genetics::Scoring scoring_of(const strategy::SearchSettings& search, const wire::Score& score) {
  if (!score.invalid.empty()) return genetics::refuse(search, score.invalid);
  for (const auto& row : score.rows)
    if (row.window == market::Window::in_sample && row.symbol == "portfolio")
      return genetics::score(search, row.metrics, score.ruined);
  return genetics::refuse(search, "the score has no in-sample portfolio");
}

// Into numerical order, given the genome of each key's index: by one gene after the other, until
// none tie.
template <class GenomeOf>
void sort_genomes(std::span<SortKey> keys, const GenomeOf& genome_of, std::size_t gene = 0) {
  if (keys.empty() || gene == genome_of(keys.front().index()).size()) return;
  for (SortKey& key : keys) key = {genome_of(key.index())[gene], key.index()};
  sort_keys(keys);
  for_ties(keys, [&](std::span<SortKey> row) { sort_genomes(row, genome_of, gene + 1); });
}

}  // namespace

Search::Search(std::shared_ptr<const strategy::Experiment> experiment, Digest dataset_id)
    : experiment_(std::move(experiment)),
      keys_(dataset_id, *experiment_, kInSample),
      digest_(genetics::digest_before(experiment_->nameless_digest, dataset_id)) {
  population_.generation = -1;
}

Status Search::restore(SearchState state) {
  const auto fits = [&](const Member& member) {
    return member.genome.size() == experiment_->genes.size() &&
           member.scoring.objectives.size() == experiment_->search.objectives.size() &&
           member.scoring.limits.size() == experiment_->search.limits.size();
  };
  bool right = std::all_of(state.scored.begin(), state.scored.end(), fits);
  const auto islands = static_cast<std::int64_t>(state.islands.size());
  right = right && (state.generation < 0 ? islands == 0 : islands == experiment_->search.islands);
  for (const auto& island : state.islands) {
    const auto slots = static_cast<std::int64_t>(island.slots.size());
    // A grid's last generation may be short.
    const bool short_allowed = experiment_->search.method == strategy::Method::grid;
    right = right &&
            (short_allowed ? slots <= experiment_->search.population
                           : slots == experiment_->search.population) &&
            std::all_of(island.slots.begin(), island.slots.end(), fits) &&
            std::all_of(island.survivors.begin(), island.survivors.end(), fits);
  }
  if (!right) return unreadable_checkpoint("its generation is of another experiment");
  open_ = false;
  known_.clear();
  is_met_.clear();
  met_.clear();
  evaluations_ = 0;
  ahead_.clear();
  for (auto& member : state.scored) {
    const Place place = know(member.genome);
    if (known_[place].scored) continue;
    known_.score(place, std::move(member.scoring));
    take_in(place);
  }
  population_ = {state.generation, std::move(state.islands)};
  open_islands();
  if (state.generation >= 0) digest_ = state.digest;
  history_ = std::move(state.history);
  if (!history_.empty()) last_ = history_.back();
  stagnant_ = state.stagnant;
  stopped_by_ = std::move(state.stopped_by);
  return {};
}

SearchState Search::state() const {
  check(!open_, "a search is kept between generations");
  SearchState state;
  state.generation = population_.generation;
  state.digest = digest_;
  state.history = history_;
  state.stagnant = stagnant_;
  state.stopped_by = stopped_by_;
  return state;
}

genetics::Members Search::scored() const {
  genetics::Members members;
  members.reserve(met_.size());
  for (const Place place : met_)
    if (known_[place].scored) members.push_back(&known_[place].member);
  return members;
}

Search::Place Search::know(const strategy::Genome& genome) {
  const auto [place, is_new] =
      known_.know(genome, [&](const strategy::Genome& unknown) { return keys_.of(unknown); });
  if (is_new) is_met_.push_back(false);
  return place;
}

std::vector<Search::Place> Search::places_of(const genetics::Island& island) {
  std::vector<Place> places;
  places.reserve(island.slots.size());
  for (std::size_t slot = 0; slot < island.slots.size(); ++slot) {
    if (slot + kAhead < island.slots.size()) known_.prefetch(island.slots[slot + kAhead].genome);
    places.push_back(know(island.slots[slot].genome));
  }
  return places;
}

// The genome belongs to an opened generation: from now on it counts.
void Search::take_in(Place place) {
  if (is_met_[place]) return;
  is_met_[place] = true;
  met_.push_back(place);
  evaluations_ += known_[place].scored ? 1 : 0;
}

// Where the genome of every slot is known; counts those that wait for a score, and the distinct.
void Search::open_islands() {
  places_.clear();
  waiting_ = 0;
  scored_slots_.assign(population_.islands.size(), 0);
  std::size_t slots = 0;
  std::size_t distinct = 0;
  for (const auto& island : population_.islands) places_.push_back(places_of(island));
  std::vector<bool> seen(known_.size());
  for (const auto& places : places_) {
    for (const Place place : places) {
      take_in(place);
      ++slots;
      if (seen[place]) continue;
      seen[place] = true;
      ++distinct;
      waiting_ += known_[place].scored ? 0 : 1;
    }
  }
  diversity_ = slots == 0 ? 0 : static_cast<double>(distinct) / static_cast<double>(slots);
}

Status Search::open_next() {
  check(!open_ && !is_over(), "open_next() needs a closed generation and one to come");
  if (population_.generation < 0) {
    auto first = genetics::initial_population(*experiment_);
    if (!first) return first.error();
    population_ = std::move(*first);
  } else if (!ahead_.empty()) {
    ++population_.generation;
    for (std::size_t i = 0; i < population_.islands.size(); ++i) {
      auto& island = population_.islands[i];
      const auto bred = ahead_.find(i);
      island = bred != ahead_.end()
                   ? std::move(bred->second)
                   : genetics::next_island(*experiment_, island, i, population_.generation);
    }
    ahead_.clear();
  } else {
    auto next = genetics::next_population(*experiment_, population_);
    if (!next) return next.error();
    population_ = std::move(*next);
  }
  open_ = true;
  open_islands();
  return {};
}

bool Search::is_through(std::size_t island) {
  const auto& places = places_[island];
  std::size_t& scored = scored_slots_[island];
  while (scored < places.size() && known_[places[scored]].scored) ++scored;
  return scored == places.size();
}

std::vector<Wanted> Search::breed_ahead() {
  std::vector<Wanted> result;
  const std::int64_t generation = population_.generation + 1;
  const bool may = open_ && waiting_ > 0 && population_.islands.size() > 1 &&
                   generation < experiment_->search.generations &&
                   genetics::islands_stand_alone(*experiment_, generation);
  for (std::size_t i = 0; may && i < population_.islands.size(); ++i) {
    if (ahead_.count(i) > 0 || !is_through(i)) continue;
    genetics::Island scored = population_.islands[i];
    fill(scored, i);
    const auto& bred =
        ahead_.emplace(i, genetics::next_island(*experiment_, scored, i, generation)).first->second;
    const std::vector<Place> places = places_of(bred);
    std::vector<bool> seen(known_.size());
    add_wanted(places, seen, result);
  }
  return result;
}

// Genomes that begin alike have columns in common: side by side they come into one batch.
void Search::add_wanted(const std::vector<Place>& places, std::vector<bool>& seen,
                        std::vector<Wanted>& wanted) const {
  std::vector<SortKey> order;
  order.reserve(places.size());
  for (const Place place : places) {
    if (known_[place].scored || seen[place]) continue;
    seen[place] = true;
    order.emplace_back(0, place);
  }
  sort_genomes(order, [&](std::size_t place) -> const strategy::Genome& {
    return known_[static_cast<Place>(place)].member.genome;
  });
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i + kAhead < order.size()) known_.prefetch(static_cast<Place>(order[i + kAhead].index()));
    const auto place = static_cast<Place>(order[i].index());
    wanted.push_back(
        {known_[place].key, known_[place].member.genome, kInSample, {}, wire::kDetailNone, place});
  }
}

std::uint64_t Search::candidates() const {
  const auto& settings = experiment_->search;
  // A grid has every genome once, and a last generation that may be short.
  if (settings.method == strategy::Method::grid) return met_.size();
  return static_cast<std::uint64_t>((population_.generation + 1) * settings.population *
                                    settings.islands);
}

std::vector<Wanted> Search::wanted() const {
  std::vector<Wanted> result;
  result.reserve(waiting_);
  std::vector<bool> seen(known_.size());
  for (const auto& island : places_) add_wanted(island, seen, result);
  return result;
}

bool Search::accept(const wire::Score& score, Place place) {
  if (known_[place].scored) return false;
  known_.score(place, scoring_of(experiment_->search, score));
  if (!is_met_[place]) return true;  // bred ahead
  ++evaluations_;
  --waiting_;
  return true;
}

void Search::fill(genetics::Island& island, std::size_t index) const {
  for (std::size_t slot = 0; slot < island.slots.size(); ++slot)
    island.slots[slot].scoring = known_[places_[index][slot]].member.scoring;
}

void Search::close() {
  check(is_complete(), "close() before every slot is scored");
  for (std::size_t i = 0; i < population_.islands.size(); ++i) fill(population_.islands[i], i);
  digest_ = genetics::digest_of(digest_, population_);
  open_ = false;
  const auto before = last_;
  note_history();
  stagnant_ = has_improved(before) ? 0 : stagnant_ + 1;
  stop(stop_after_closing());
}

void Search::stop(std::string why) {
  check(!open_, "a search ends between generations");
  if (stopped_by_.empty()) stopped_by_ = std::move(why);
}

// One objective: the best is better. Several: something new dominates one of the front as it stood,
// or is better than all of it in one objective.
bool Search::has_improved(const std::optional<HistoryEntry>& before) const {
  if (!before) return true;
  const auto& search = experiment_->search;
  if (search.objectives.size() < 2) {
    if (last_->best != last_->best) return false;
    if (before->best != before->best) return true;
    return search.objectives.front().maximise ? last_->best > before->best
                                              : last_->best < before->best;
  }
  return std::any_of(population_.islands.begin(), population_.islands.end(),
                     [&](const auto& island) {
                       return genetics::advances(search, island.survivors, island.slots);
                     });
}

std::string Search::stop_after_closing() const {
  const auto& search = experiment_->search;
  const bool maximise = search.objectives.front().maximise;
  if (search.target && (maximise ? last_->best >= *search.target : last_->best <= *search.target))
    return "target";
  if (search.evaluations_max > 0 &&
      evaluations() >= static_cast<std::uint64_t>(search.evaluations_max))
    return "evaluations_max";
  if (search.stagnation > 0 && stagnant_ >= search.stagnation) return "stagnation";
  const bool grid = search.method == strategy::Method::grid;
  const auto& last_slots = population_.islands.back().slots;
  const bool is_short = static_cast<std::int64_t>(last_slots.size()) < search.population;
  if (grid && (is_short || population_.generation + 1 >= search.generations)) return "grid";
  return population_.generation + 1 >= search.generations ? "generations" : "";
}

void Search::note_history() {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const bool maximise = experiment_->search.objectives.front().maximise;
  HistoryEntry entry{population_.generation, kNone, 0, digest_};
  std::size_t defined = 0;
  bool any = false;
  for (const auto& island : population_.islands) {
    for (const auto& member : island.slots) {
      const auto value = member.scoring.objectives.front();
      if (!value) continue;
      entry.mean += *value;
      ++defined;
      if (!member.scoring.feasible()) continue;
      const bool better = !any || (maximise ? *value > entry.best : *value < entry.best);
      if (better) entry.best = *value;
      any = true;
    }
  }
  entry.mean = defined == 0 ? kNone : entry.mean / static_cast<double>(defined);
  // The best so far stays the best, even when no elite carried it over.
  if (last_ && last_->best == last_->best &&
      (!any || (maximise ? last_->best > entry.best : last_->best < entry.best)))
    entry.best = last_->best;
  last_ = entry;
  // Every n-th is kept, and always the last: it is replaced unless it stands on the grid.
  const auto generations = static_cast<std::size_t>(experiment_->search.generations);
  const auto stride = static_cast<std::int64_t>((generations + kHistoryMax - 1) / kHistoryMax);
  if (!history_.empty() && stride > 1 && history_.back().generation % stride != 0)
    history_.pop_back();
  history_.push_back(entry);
}

std::vector<wire::GenerationRecord> Search::records(const std::string& run,
                                                    std::int64_t born_at_ns) const {
  std::vector<wire::GenerationRecord> result;
  for (std::size_t i = 0; i < population_.islands.size(); ++i) {
    const auto& slots = population_.islands[i].slots;
    if (slots.empty()) continue;
    wire::GenerationRecord record;
    record.record_id = fmt::format("generation.{}.{}.{}", run, i, population_.generation);
    record.run = run;
    record.island = static_cast<std::int64_t>(i);
    record.generation = population_.generation;
    record.born_at_ns = born_at_ns;
    record.digest = digest_;
    for (const auto& gene : experiment_->genes) record.genes.push_back(gene.name);
    record.slots.reserve(slots.size());
    for (std::size_t slot = 0; slot < slots.size(); ++slot)
      record.slots.push_back({slots[slot].genome, known_[places_[i][slot]].key, 0,
                              genetics::explain(experiment_->search, slots[slot].scoring)});
    std::int64_t rank = 0;
    for (const std::size_t slot : genetics::order(experiment_->search, slots))
      record.slots[slot].rank = rank++;
    result.push_back(std::move(record));
  }
  return result;
}

std::vector<strategy::Genome> Search::sample(std::size_t most) const {
  constexpr std::uint32_t kNoGeneration = 0xffffffff;
  // What an evaluator refused, or died of, would only be refused again.
  genetics::Members members = scored();
  std::erase_if(members, [](const Member* member) {
    return member->scoring.validity == genetics::Validity::invalid;
  });
  std::vector<SortKey> all;
  for (std::size_t i = 0; i < members.size(); ++i) all.emplace_back(0, i);
  sort_genomes(all, [&](std::size_t i) -> const strategy::Genome& { return members[i]->genome; });
  std::set<std::uint64_t> chosen;
  Draws draws(experiment_->search.seed, 0, kNoGeneration, 0, Purpose::sample);
  // Floyd's: every subset is equally likely.
  for (std::size_t i = all.size() - std::min(all.size(), most); i < all.size(); ++i)
    if (!chosen.insert(draws.below(i + 1)).second) chosen.insert(i);
  std::vector<strategy::Genome> result;
  result.reserve(chosen.size());
  for (const std::uint64_t index : chosen) result.push_back(members[all[index].index()]->genome);
  return result;
}

std::vector<Member> Search::survivors() const {
  std::vector<Member> all;
  for (const auto& island : population_.islands)
    for (auto& member : genetics::parents(*experiment_, island)) all.push_back(std::move(member));
  return all;
}

std::vector<Member> Search::finalists(std::size_t others) const {
  const auto& search = experiment_->search;
  if (search.objectives.size() > 1) return genetics::finalists(search, survivors(), others);
  std::vector<Member> pool;
  // Each genome is there once, so that more than these are never asked for.
  for (const Member* member : genetics::leading(search, scored(), others + 1))
    pool.push_back(*member);
  return genetics::finalists(search, pool, others);
}

std::size_t Search::front_size() const {
  if (experiment_->search.objectives.size() < 2) return 0;
  const std::vector<Member> all = survivors();
  const auto fronts = genetics::fronts(experiment_->search, all);
  if (fronts.empty()) return 0;
  std::set<strategy::Genome> genomes;  // islands may have found the same
  for (const std::size_t i : fronts.front()) genomes.insert(all[i].genome);
  return genomes.size();
}

const Member* Search::nearest() const {
  const genetics::Members all = scored();
  const auto feasible = [](const Member* member) { return member->scoring.feasible(); };
  if (all.empty() || std::any_of(all.begin(), all.end(), feasible)) return nullptr;
  return genetics::ranked(experiment_->search, all).front();
}

std::vector<strategy::Genome> Search::genomes(std::size_t most) const {
  std::vector<strategy::Genome> result;
  std::set<strategy::Genome> seen;
  const auto add = [&](const Member& member) {
    if (result.size() < most && seen.insert(member.genome).second) result.push_back(member.genome);
  };
  for (const auto& island : population_.islands)
    for (const auto& member : island.survivors) add(member);
  // Elites stand first; islands take turns, so that none is left out when not all fit.
  for (std::size_t slot = 0; result.size() < most; ++slot) {
    bool any = false;
    for (const auto& island : population_.islands) {
      if (slot >= island.slots.size()) continue;
      any = true;
      add(island.slots[slot]);
    }
    if (!any) break;
  }
  return result;
}

}  // namespace mendel::ga_dispatcher

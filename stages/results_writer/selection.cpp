#include "stages/results_writer/selection.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "shared/config/value.hpp"
#include "shared/wire/codec.hpp"

namespace mendel::results_writer {
namespace {

using durable_log::Entry;
using durable_log::Position;

// A place not farther ahead is reached by reading on.
constexpr std::uint64_t kReadOnBytes = 1 << 20;

bool is_kind(const Entry& entry, wire::Kind kind) {
  return entry.record.kind == static_cast<std::uint8_t>(kind);
}

bool has_holdout(const wire::Score& score) {
  return std::ranges::any_of(score.rows, [](const wire::ScoreRow& row) {
    return row.window == market::Window::out_of_sample;
  });
}

// The keys that a verdict names.
void add_named(const wire::Verdict& verdict, std::vector<Digest>& asked) {
  for (const wire::ReportedCandidate& one : verdict.reported) {
    asked.push_back(one.in_sample_key);
    asked.push_back(one.out_of_sample_key);
  }
  const Result<config::Value> report = config::parse_json(verdict.report, "report");
  const config::Value* id = report ? report->find_path("buy_and_hold.strategy_id") : nullptr;
  if (id == nullptr || !id->is_text()) return;
  if (const auto key = Digest::from_hex(id->as_text())) asked.push_back(*key);
}

}  // namespace

bool is_sampled(const Digest& key) {
  std::uint64_t number = 0;
  std::memcpy(&number, key.view().data(), sizeof number);
  return number % kSampleEvery == 0;
}

std::string Selection::rule_of(const std::string& run) const {
  return kept_.contains(run) ? "kept" : "all";
}

void Selection::note(const Entry& entry) {
  const bool tells = is_kind(entry, wire::Kind::run_record) ||
                     (!kept_.empty() && is_kind(entry, wire::Kind::score_batch));
  if (!tells) return;
  if (const Result<wire::Message> message = wire::decode(entry.record.payload)) {
    note(*message, entry.begin);
  }
}

void Selection::note(const wire::Message& message, const Position& begin) {
  if (const auto* record = std::get_if<wire::RunRecord>(&message)) return note_run(*record, begin);
  const auto* batch = std::get_if<wire::ScoreBatch>(&message);
  if (batch == nullptr) return;
  for (const wire::Score& score : batch->scores) {
    if (!is_held(score, begin)) continue;
    if (segments_.empty() || segments_.back() != begin.segment) segments_.push_back(begin.segment);
    // Evaluated again since the first was archived: then its own run asks for it.
    const Place place{static_cast<std::uint32_t>(segments_.size() - 1),
                      static_cast<std::uint32_t>(begin.offset)};
    const auto [held, is_new] = held_.try_emplace(score.key, place);
    const auto at = [](const Place& one) { return std::pair(one.segment, one.offset); };
    if (!is_new && at(place) <= at(held->second)) continue;
    held->second = place;
    add_values(score, kept_.at(score.run), held->second);
  }
}

void Selection::add_values(const wire::Score& score, const Kept& kept, Place& place) {
  if (kept.aims.empty() || score.rows.empty()) return;
  const market::Metrics& portfolio = score.rows.front().metrics;
  std::vector<double> values;
  for (const Aim& aim : kept.aims) {
    const std::optional<double> value = portfolio.get(aim.metric);
    if (!value) return;
    values.push_back(aim.maximise ? *value : -*value);
  }
  place.values = values_.size();
  values_.insert(values_.end(), values.begin(), values.end());
}

// Ranks go front by front: the first one ends in front of the first that one of it dominates.
std::int64_t Selection::front_of(const wire::GenerationRecord& record, const Kept& kept) const {
  if (kept.aims.empty()) return 0;
  std::vector<const wire::GenerationSlot*> ranked(record.slots.size());
  for (const wire::GenerationSlot& slot : record.slots) {
    if (slot.rank < 0 || slot.rank >= std::ssize(ranked)) return 0;
    ranked[static_cast<std::size_t>(slot.rank)] = &slot;
  }
  std::vector<const double*> front;
  const std::size_t aims = kept.aims.size();
  for (const wire::GenerationSlot* slot : ranked) {
    const auto held = slot == nullptr ? held_.end() : held_.find(slot->key);
    if (held == held_.end() || held->second.values == kNoValues || !slot->invalid.empty()) break;
    const double* own = values_.data() + held->second.values;
    const bool dominated = std::ranges::any_of(front, [&](const double* other) {
      return !std::equal(own, own + aims, other) &&
             std::equal(own, own + aims, other, [](double a, double b) { return a <= b; });
    });
    if (dominated) break;
    front.push_back(own);
  }
  return std::ssize(front);
}

std::optional<std::int64_t> Selection::ended_at(const std::string& run) const {
  const auto ended = ended_.find(run);
  return ended == ended_.end() ? std::nullopt : std::optional(ended->second);
}

void Selection::forget_through(const std::string& segment) {
  std::erase_if(held_, [&](const auto& held) { return segments_[held.second.segment] <= segment; });
}

void Selection::note_run(const wire::RunRecord& record, const Position& begin) {
  if (record.state != "running") ended_[record.run] = record.at_ns;
  const Result<config::Value> experiment = config::parse_toml(record.experiment, record.run);
  if (!experiment) return;
  const config::Value* rule = experiment->find_path("results.database");
  if (rule == nullptr || !rule->is_text() || rule->as_text() != "kept") return;
  Kept kept{begin, kKeptBest, {}};
  const config::Value* elites = experiment->find_path("search.elites");
  if (elites != nullptr && elites->is_integer()) {
    kept.best = std::max(kKeptBest, elites->as_integer());
  }
  const config::Value* objectives = experiment->find_path("search.objectives");
  if (objectives != nullptr && objectives->is_array() && objectives->items().size() > 1) {
    for (const config::Value& objective : objectives->items()) {
      if (!objective.is_text()) return;
      const std::string& text = objective.as_text();
      const auto name = std::ranges::find(market::kMetricNames, text.substr(0, text.find(' ')));
      if (name == std::end(market::kMetricNames)) return;
      kept.aims.push_back({static_cast<market::Metric>(name - std::begin(market::kMetricNames)),
                           !text.ends_with(" min")});
    }
  }
  kept_.try_emplace(record.run, std::move(kept));
}

bool Selection::is_held(const wire::Score& score, const Position& begin) const {
  const auto kept = kept_.find(score.run);
  if (kept == kept_.end() || begin < kept->second.from) return false;
  // Without metrics, or of a verdict's sample: it is no row anyway.
  if (!score.invalid.empty() || !score.blocks.empty()) return false;
  return !has_holdout(score);
}

Selection::Fate Selection::judge(wire::Message& message, const Position& begin,
                                 std::vector<Digest>& asked) const {
  if (const auto* batch = std::get_if<wire::ScoreBatch>(&message)) {
    const bool held =
        !batch->scores.empty() && std::ranges::all_of(batch->scores, [&](const wire::Score& score) {
          return is_held(score, begin);
        });
    return held ? Fate::held : Fate::taken;
  }
  if (auto* generation = std::get_if<wire::GenerationRecord>(&message)) {
    return judge(*generation, begin, asked);
  }
  if (const auto* verdict = std::get_if<wire::Verdict>(&message)) add_named(*verdict, asked);
  return Fate::taken;
}

Selection::Fate Selection::judge(wire::GenerationRecord& record, const Position& begin,
                                 std::vector<Digest>& asked) const {
  auto kept = kept_.find(record.run);
  // A life that read the whole log before knows of rules that are told farther on.
  if (kept != kept_.end() && begin < kept->second.from) kept = kept_.end();
  const std::int64_t best =
      kept == kept_.end() ? 0 : std::max(kept->second.best, front_of(record, kept->second));
  for (wire::GenerationSlot& slot : record.slots) {
    const bool chosen = kept == kept_.end() || slot.rank < best || is_sampled(slot.key);
    if (chosen) {
      asked.push_back(slot.key);
    } else if (slot.invalid.empty()) {
      slot.key = {};
    }
  }
  return kept == kept_.end() ? Fate::taken : Fate::thinned;
}

Result<std::vector<Entry>> Selection::choose(std::vector<Entry> batch,
                                             const durable_log::Source& log) {
  const bool may_hold = !kept_.empty() || std::ranges::any_of(batch, [](const Entry& entry) {
    return is_kind(entry, wire::Kind::run_record);
  });
  if (!may_hold) return batch;
  std::vector<Entry> taken;
  std::set<Position> places;
  for (Entry& entry : batch) {
    Result<wire::Message> message = wire::decode(entry.record.payload);
    if (!message) {
      taken.push_back(std::move(entry));  // named by who stores it
      continue;
    }
    note(*message, entry.begin);
    std::vector<Digest> asked;
    const Fate fate = judge(*message, entry.begin, asked);
    add_places(asked, places);
    if (fate == Fate::held) continue;
    if (fate == Fate::thinned) entry.record.payload = wire::encode(*message);
    taken.push_back(std::move(entry));
  }
  Result<std::vector<Entry>> earlier = read(places, log);
  if (!earlier) return earlier.error();
  earlier->insert(earlier->end(), std::make_move_iterator(taken.begin()),
                  std::make_move_iterator(taken.end()));
  return earlier;
}

// Where the scores of these keys stand, as of now.
void Selection::add_places(const std::vector<Digest>& asked, std::set<Position>& places) const {
  for (const Digest& key : asked) {
    const auto held = held_.find(key);
    if (held == held_.end()) continue;
    places.insert({segments_[held->second.segment], held->second.offset});
  }
}

Result<std::vector<Entry>> Selection::read(const std::set<Position>& places,
                                           const durable_log::Source& log) const {
  std::vector<Entry> out;
  std::unique_ptr<durable_log::Cursor> cursor;
  Position at;
  for (const Position& place : places) {
    if (!cursor || at.segment != place.segment || place.offset - at.offset > kReadOnBytes) {
      auto opened = log.open(place);
      if (!opened) return opened.error();
      cursor = *std::move(opened);
    }
    // A damaged record is skipped by the cursor, which stands behind it then.
    for (at = {}; at <= place;) {
      Result<std::optional<Entry>> entry = cursor->next(nullptr);
      if (!entry) return entry.error();
      if (!*entry) break;
      at = (*entry)->end;
      if ((*entry)->begin == place) out.push_back(std::move(**entry));
    }
  }
  return out;
}

}  // namespace mendel::results_writer

#include "stages/ga_dispatcher/evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "shared/genetics/reproduction.hpp"
#include "shared/statistics/overfitting.hpp"
#include "shared/wire/detailed_key.hpp"

namespace mendel::ga_dispatcher {
namespace {

using strategy::Experiment;
using strategy::Gene;
using strategy::Genome;

constexpr std::uint8_t kInSample = 1 << static_cast<int>(market::Window::in_sample);

double moved(const Gene& gene, double value, int direction) {
  if (gene.type == Gene::Type::choice) return std::clamp(value + direction, gene.least, gene.most);
  const double step = gene.step > 0 ? gene.step : kNeighbourStep * (gene.most - gene.least);
  return gene.snap(value + direction * step);
}

// The same experiment with all costs times `factor`; null when a cost would leave its range.
std::shared_ptr<const Experiment> at_costs(const Experiment& experiment, double factor) {
  const strategy::CostSettings& costs = experiment.costs;
  strategy::Overrides overrides;
  for (const auto& [key, value] : {std::pair{"costs.fee_bps", costs.fee_bps},
                                   {"costs.slippage_bps", costs.slippage_bps},
                                   {"costs.borrow_bps_per_day", costs.borrow_bps_per_day},
                                   {"costs.funding_bps_per_8h", costs.funding_bps_per_8h}})
    overrides.push_back({key, fmt::format("{:.17g}", value * factor)});
  auto variant = strategy::read_experiment(experiment.canonical_text, "costs", overrides);
  return variant ? std::make_shared<const Experiment>(std::move(*variant)) : nullptr;
}

std::optional<double> variance_of(const std::vector<double>& values) {
  if (values.size() < 2) return std::nullopt;
  double mean = 0;
  for (const double value : values) mean += value;
  mean /= static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return squares / static_cast<double>(values.size() - 1);
}

Choice choice_of(const std::map<Digest, std::vector<statistics::Block>>& strategies) {
  Choice choice;
  choice.strategies = strategies.size();
  if (choice.strategies < kOverfittingStrategiesMin) return choice;
  std::vector<std::vector<statistics::Block>> all;
  all.reserve(strategies.size());
  for (const auto& [key, blocks] : strategies) all.push_back(blocks);
  if (const auto overfitting = statistics::overfitting(all)) choice.overfitting = *overfitting;
  return choice;
}

}  // namespace

std::vector<Genome> neighbours(const Experiment& experiment, const Genome& genome) {
  std::vector<Genome> result;
  for (std::size_t i = 0; i < genome.size(); ++i) {
    for (const int direction : {-1, 1}) {
      Genome other = genome;
      other[i] = moved(experiment.genes[i], genome[i], direction);
      if (other != genome && strategy::satisfies_constraints(experiment, other))
        result.push_back(std::move(other));
    }
  }
  return result;
}

std::vector<Genome> uniform_sample(const Experiment& experiment, std::size_t most) {
  std::set<Genome> distinct;
  for (std::uint32_t slot = 0; slot < most; ++slot)
    if (auto genome = genetics::random_genome(experiment, {0, kSampleGeneration, slot}))
      distinct.insert(std::move(*genome));
  return {distinct.begin(), distinct.end()};
}

std::size_t daily_sample(std::size_t most, std::int64_t bars) {
  const auto affordable = static_cast<std::size_t>(kDailyBarsMax / std::max<std::int64_t>(1, bars));
  return std::min(most, std::max(kDailySampleMin, affordable));
}

Evidence::Evidence(std::shared_ptr<const Experiment> experiment, Digest dataset_id, Genome pick,
                   Samples samples)
    : experiment_(std::move(experiment)),
      dataset_id_(dataset_id),
      pick_(std::move(pick)),
      uniform_(uniform_sample(*experiment_, samples.uniform)),
      uniform_daily_(uniform_sample(*experiment_, std::min(samples.uniform, samples.daily))),
      bred_(std::move(samples.bred)),
      neighbours_(neighbours(*experiment_, pick_)) {
  for (std::size_t i = 0; i < variants_.size(); ++i) {
    variants_[i].experiment = at_costs(*experiment_, i == 0 ? 0 : 2);
    if (variants_[i].experiment)
      variants_[i].key =
          strategy::evaluation_key(dataset_id_, *variants_[i].experiment, pick_, kInSample);
  }
  for (const auto& one : wanted()) waiting_.insert(one.key);
}

Wanted Evidence::plain(const Genome& genome) const {
  return {strategy::evaluation_key(dataset_id_, *experiment_, genome, kInSample), genome, kInSample,
          Digest()};
}

Wanted Evidence::daily(const Genome& genome) const {
  Wanted wanted = plain(genome);
  wanted.detail = wire::kDetailDailyBlocks;
  wanted.key = wire::detailed_key(wanted.key, wanted.detail);
  return wanted;
}

std::vector<PublishExperiment> Evidence::variants() const {
  std::vector<PublishExperiment> result;
  for (const auto& variant : variants_)
    if (variant.experiment)
      result.push_back({variant.experiment->digest, variant.experiment->canonical_text});
  return result;
}

std::vector<Wanted> Evidence::wanted() const {
  std::vector<Wanted> result;
  for (const auto& variant : variants_)
    if (variant.experiment)
      result.push_back({variant.key, pick_, kInSample, variant.experiment->digest});
  result.push_back(plain(pick_));
  for (const auto& genome : neighbours_) result.push_back(plain(genome));
  for (const auto& genome : uniform_) result.push_back(plain(genome));
  for (const auto& genome : uniform_daily_) result.push_back(daily(genome));
  for (const auto& genome : bred_) result.push_back(daily(genome));
  return result;
}

bool Evidence::accept(const wire::Score& score) {
  if (waiting_.erase(score.key) == 0) return false;
  scores_.emplace(score.key, score);
  return true;
}

const wire::Score* Evidence::score_of(const Digest& key) const {
  const auto entry = scores_.find(key);
  return entry == scores_.end() || !entry->second.invalid.empty() ? nullptr : &entry->second;
}

std::optional<double> Evidence::metric(const Digest& key, market::Metric metric) const {
  const wire::Score* score = score_of(key);
  if (score == nullptr) return std::nullopt;
  for (const auto& row : score->rows)
    if (row.window == market::Window::in_sample && row.symbol == "portfolio")
      return row.metrics.get(metric);
  return std::nullopt;
}

// Undefined ones are the worst; of an even number it is the worse of the two in the middle.
std::optional<double> Evidence::median_neighbour() const {
  const strategy::Objective& objective = experiment_->search.objectives.front();
  std::vector<double> defined;
  for (const auto& genome : neighbours_)
    if (const auto value = metric(plain(genome).key, objective.metric)) defined.push_back(*value);
  std::stable_sort(defined.begin(), defined.end(),
                   [&](double a, double b) { return objective.maximise ? a > b : a < b; });
  const std::size_t middle = neighbours_.size() / 2;
  return middle < defined.size() ? std::optional(defined[middle]) : std::nullopt;
}

std::optional<double> Evidence::sharpe_variance(double periods_per_year) const {
  std::vector<double> ratios;
  for (const auto& genome : uniform_)
    if (const auto ratio = metric(plain(genome).key, market::Metric::sharpe_ratio))
      ratios.push_back(*ratio / std::sqrt(periods_per_year));
  return variance_of(ratios);
}

// One that never gains or loses is no strategy to choose: it would only flatter those above it.
Evidence::Strategies Evidence::strategies(const std::vector<Genome>& genomes) const {
  Strategies all;
  for (const auto& genome : genomes) {
    const Digest key = daily(genome).key;
    const wire::Score* score = score_of(key);
    if (score == nullptr) continue;
    auto blocks = statistics::blocks_from(score->blocks);
    if (blocks && statistics::sharpe_of(*blocks)) all.emplace(key, std::move(*blocks));
  }
  return all;
}

Findings Evidence::findings(const Examination& data) const {
  const strategy::Objective& objective = experiment_->search.objectives.front();
  const Digest key = plain(pick_).key;
  Findings findings;
  findings.days = data.in_sample_days;
  findings.in_sample_sharpe = metric(key, market::Metric::sharpe_ratio);
  const auto skewness = metric(key, market::Metric::skewness);
  const auto kurtosis = metric(key, market::Metric::kurtosis);
  if (findings.in_sample_sharpe && skewness && kurtosis && findings.days >= 2)
    findings.moments = {findings.days,
                        *findings.in_sample_sharpe / std::sqrt(data.periods_per_year), *skewness,
                        *kurtosis};
  findings.sharpe_variance = sharpe_variance(data.periods_per_year);
  findings.uniform_sample = uniform_.size();
  Strategies drawn = strategies(uniform_daily_);
  Strategies bred = strategies(bred_);
  findings.uniform = choice_of(drawn);
  findings.bred = choice_of(bred);
  bred.merge(drawn);
  findings.both = choice_of(bred);
  findings.has_holdout = experiment_->data.out_of_sample.has_value();
  findings.return_at_no_costs = metric(variants_[0].key, market::Metric::total_return);
  findings.return_at_costs = metric(key, market::Metric::total_return);
  findings.return_at_double_costs = metric(variants_[1].key, market::Metric::total_return);
  findings.objective = market::kMetricNames[static_cast<std::size_t>(objective.metric)];
  findings.maximise = objective.maximise;
  findings.best = metric(key, objective.metric);
  findings.neighbours = neighbours_.size();
  findings.median_neighbour = median_neighbour();
  return findings;
}

}  // namespace mendel::ga_dispatcher

#include "stages/ga_dispatcher/report.hpp"

#include <algorithm>
#include <utility>

#include "shared/genetics/ranking.hpp"
#include "shared/strategy/result_value.hpp"

namespace mendel::ga_dispatcher {
namespace {

constexpr std::uint8_t bit(market::Window window) {
  return static_cast<std::uint8_t>(1 << static_cast<int>(window));
}

// Finalists stand front by front, so the first front among them is the search's own.
std::vector<bool> on_front(const strategy::SearchSettings& search,
                           const std::vector<genetics::Member>& finalists) {
  if (search.objectives.size() < 2) return {};
  std::vector<bool> result(finalists.size());
  const auto fronts = genetics::fronts(search, finalists);
  if (!fronts.empty())
    for (const std::size_t i : fronts.front()) result[i] = true;
  return result;
}

}  // namespace

Report::Report(std::shared_ptr<const strategy::Experiment> experiment, Digest dataset_id,
               std::vector<genetics::Member> finalists)
    : experiment_(std::move(experiment)),
      finalists_(std::move(finalists)),
      on_front_(on_front(experiment_->search, finalists_)) {
  const auto key = [&](const strategy::Genome& genome, std::uint8_t windows) {
    return strategy::evaluation_key(dataset_id, *experiment_, genome, windows);
  };
  for (const auto& finalist : finalists_) {
    Keys keys;
    keys.in_sample = key(finalist.genome, bit(market::Window::in_sample));
    if (experiment_->data.out_of_sample)
      keys.out_of_sample = key(finalist.genome, bit(market::Window::out_of_sample));
    finalist_keys_.push_back(keys);
  }
  buy_and_hold_key_ = key({}, experiment_->windows());
  for (const auto& wanted_one : wanted()) waiting_.insert(wanted_one.key);
}

std::vector<Wanted> Report::wanted() const {
  std::vector<Wanted> result;
  for (std::size_t i = 0; i < finalists_.size(); ++i)
    result.push_back(
        {finalist_keys_[i].in_sample, finalists_[i].genome, bit(market::Window::in_sample)});
  if (experiment_->data.out_of_sample)
    for (std::size_t i = 0; i < finalists_.size(); ++i)
      result.push_back({finalist_keys_[i].out_of_sample, finalists_[i].genome,
                        bit(market::Window::out_of_sample)});
  result.push_back({buy_and_hold_key_, {}, experiment_->windows()});
  return result;
}

bool Report::accept(const wire::Score& score) {
  if (waiting_.erase(score.key) == 0) return false;
  scores_.emplace(score.key, score);
  return true;
}

config::Value Report::metrics(const Digest& key, market::Window window) const {
  const auto score = scores_.find(key);
  if (score == scores_.end()) return {};
  for (const auto& row : score->second.rows)
    if (row.window == window && row.symbol == "portfolio")
      return strategy::metrics_value(row.metrics);
  return {};
}

std::optional<double> Report::out_of_sample_sharpe() const {
  if (finalists_.empty()) return std::nullopt;
  const auto score = scores_.find(finalist_keys_.front().out_of_sample);
  if (score == scores_.end()) return std::nullopt;
  for (const auto& row : score->second.rows)
    if (row.window == market::Window::out_of_sample && row.symbol == "portfolio")
      return row.metrics.get(market::Metric::sharpe_ratio);
  return std::nullopt;
}

config::Value Report::candidate(std::size_t i) const {
  config::Value value;
  value.set("strategy_id", finalist_keys_[i].in_sample.hex());
  value.set("genes", strategy::to_value(experiment_->genes, finalists_[i].genome));
  value.set("in_sample", metrics(finalist_keys_[i].in_sample, market::Window::in_sample));
  if (experiment_->data.out_of_sample)
    value.set("out_of_sample",
              metrics(finalist_keys_[i].out_of_sample, market::Window::out_of_sample));
  return value;
}

config::Value Report::best() const { return has_pick() ? candidate(0) : config::Value(); }

config::Value Report::leaderboard() const {
  config::Value list = config::Value::array();
  for (std::size_t i = 0; i < finalists_.size(); ++i) {
    config::Value row;
    row.set("rank", static_cast<std::int64_t>(i + 1));
    if (!on_front_.empty()) row.set("front", static_cast<bool>(on_front_[i]));
    const config::Value one = candidate(i);
    for (const auto& [name, value] : one.entries()) row.set(name, value);
    list.push(std::move(row));
  }
  return list;
}

config::Value Report::buy_and_hold() const {
  config::Value value;
  value.set("strategy_id", buy_and_hold_key_.hex());
  value.set("in_sample", metrics(buy_and_hold_key_, market::Window::in_sample));
  if (experiment_->data.out_of_sample)
    value.set("out_of_sample", metrics(buy_and_hold_key_, market::Window::out_of_sample));
  return value;
}

std::vector<wire::ReportedCandidate> Report::reported() const {
  std::vector<wire::ReportedCandidate> result;
  for (std::size_t i = 0; i < finalists_.size(); ++i)
    result.push_back({static_cast<std::int64_t>(i),
                      config::to_json(strategy::to_value(experiment_->genes, finalists_[i].genome)),
                      finalist_keys_[i].in_sample, finalist_keys_[i].out_of_sample});
  return result;
}

}  // namespace mendel::ga_dispatcher

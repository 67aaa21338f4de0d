#include "stages/evaluator/engines.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "shared/strategy/experiment.hpp"

namespace mendel::evaluator {

Prepared::Prepared(store::MappedDataset dataset, backtest::Engine engine)
    : dataset_(std::move(dataset)), engine_(std::move(engine)), kernel_(engine_) {}

Prepared::Workspace Prepared::borrow() const {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Workspace workspace = std::move(idle_.back());
      idle_.pop_back();
      return workspace;
    }
  }
  return kernel_.make_workspace();
}

void Prepared::give_back(Workspace workspace) const {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(workspace));
}

std::vector<backtest::Outcome> Prepared::evaluate(std::span<const strategy::Genome> genomes,
                                                  std::uint8_t windows) const {
  Workspace workspace = borrow();
  std::vector<backtest::Outcome> outcomes = kernel_.evaluate(genomes, windows, *workspace);
  give_back(std::move(workspace));
  return outcomes;
}

std::vector<backtest::Outcome> Prepared::evaluate_daily(std::span<const strategy::Genome> genomes,
                                                        std::uint8_t windows) const {
  Workspace workspace = borrow();
  std::vector<backtest::Outcome> outcomes = kernel_.evaluate_daily(genomes, windows, *workspace);
  give_back(std::move(workspace));
  return outcomes;
}

Preparation Engines::get(const Digest& dataset_id, const Digest& experiment_digest) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.dataset_id == dataset_id && entry.experiment_digest == experiment_digest;
  });
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
    return entries_.front().preparation;
  }
  Preparation preparation = prepare(dataset_id, experiment_digest);
  if (!preparation.not_ready.empty()) return preparation;
  entries_.push_front({dataset_id, experiment_digest, preparation});
  if (entries_.size() > kEnginesMax) entries_.pop_back();
  return preparation;
}

// Whatever the disk or the network did is "not ready": only what follows from the immutable content
// of both files may become a score that says "invalid".
Preparation Engines::prepare(const Digest& dataset_id, const Digest& experiment_digest) const {
  Result<std::string> text = store_.read_experiment(experiment_digest);
  if (!text) return {nullptr, "", text.error().message};
  auto dataset = store::MappedDataset::open(store_.dataset_path(dataset_id), dataset_id);
  if (!dataset) return {nullptr, "", dataset.error().message};
  auto experiment = strategy::read_experiment(*text, experiment_digest.hex() + ".toml");
  if (!experiment) return {nullptr, experiment.error().message, ""};
  if (dataset->timeframe() != experiment->data.timeframe) {
    return {nullptr,
            "the dataset has bars of " + dataset->timeframe().name + ", the experiment of " +
                experiment->data.timeframe.name,
            ""};
  }
  std::vector<market::SeriesView> series = dataset->series();
  auto engine = backtest::Engine::prepare(std::move(*experiment), std::move(series));
  if (!engine) return {nullptr, engine.error().message, ""};
  return {std::make_shared<const Prepared>(std::move(*dataset), std::move(*engine)), "", ""};
}

}  // namespace mendel::evaluator

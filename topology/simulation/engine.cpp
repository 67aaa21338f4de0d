#include "topology/simulation/engine.hpp"

#include <utility>

#include "shared/backtest/engine.hpp"
#include "shared/base/check.hpp"
#include "shared/base/rng.hpp"
#include "shared/base/time.hpp"
#include "shared/kernel/kernel.hpp"
#include "shared/statistics/blocks.hpp"
#include "shared/wire/detailed_key.hpp"
#include "stages/evaluator/scoring.hpp"

namespace mendel::simulation {
namespace {

using market::Metric;
using market::Window;

constexpr Window kWindows[] = {Window::in_sample, Window::out_of_sample};

bool asked_for(const wire::CandidateBatch& batch, Window window) {
  return (batch.windows & (1U << static_cast<unsigned>(window))) != 0;
}

// A hill whose top lies inside every gene's range, and a little noise that follows from the genome.
class Synthetic : public Engine {
 public:
  using Engine::Engine;

  std::vector<wire::Score> scores(const wire::CandidateBatch& batch,
                                  std::span<const wire::Candidate> candidates) const override {
    std::vector<wire::Score> scored;
    for (const auto& candidate : candidates)
      if (key_matches(batch, candidate)) scored.push_back(score(batch, candidate));
    return scored;
  }

 private:
  wire::Score score(const wire::CandidateBatch& batch, const wire::Candidate& candidate) const {
    const std::uint64_t noise = checksum(strategy::canonical_bytes(candidate.genome));
    const bool refused = !candidate.genome.empty() && noise % 31 == 0;
    wire::Score score = evaluator::invalid_score(batch, candidate, refused ? "refused" : "");
    if (refused) return score;
    score.ruined = !candidate.genome.empty() && noise % 29 == 0;
    for (const Window window : kWindows) {
      if (!asked_for(batch, window)) continue;
      std::vector<std::string> symbols = {"portfolio"};
      if (experiment().data.symbols.size() > 1)
        symbols.insert(symbols.end(), experiment().data.symbols.begin(),
                       experiment().data.symbols.end());
      for (std::size_t i = 0; i < symbols.size(); ++i)
        score.rows.push_back({window, symbols[i], metrics(candidate.genome, window, noise, i)});
    }
    if (evaluator::wants_daily_blocks(batch)) score.blocks = blocks(noise);
    return score;
  }

  static std::vector<double> blocks(std::uint64_t noise) {
    constexpr int kDays = 64;
    Draws draws(noise, 0, 0, 0, Purpose::sample);
    std::vector<double> days(kDays);
    for (double& day : days) day = draws.unit() - 0.4;
    return statistics::to_numbers(statistics::blocks_of(days));
  }

  market::Metrics metrics(const strategy::Genome& genome, Window window, std::uint64_t noise,
                          std::size_t row) const {
    double distance = 0;
    for (std::size_t i = 0; i < genome.size(); ++i) {
      const auto& gene = experiment().genes[i];
      const double at = (genome[i] - gene.least) / (gene.most - gene.least) - 0.4;
      distance += at * at;
    }
    market::Metrics metrics;
    for (std::size_t i = 0; i < market::kMetricCount; ++i) {
      const double wobble = static_cast<double>((noise >> (i % 16)) & 0xFF) / 4096;
      const double value = 2 - distance - 0.1 * static_cast<double>(i + row) + wobble;
      metrics.set(static_cast<Metric>(i), window == Window::in_sample ? value : value / 2);
    }
    metrics.set(Metric::max_drawdown, 0.1 + distance / 8);
    metrics.set(Metric::trade_count, static_cast<double>(noise % 60));
    if (noise % 23 == 0) metrics.undefine(Metric::sharpe_ratio, market::Undefined::no_variance);
    return metrics;
  }
};

class Real : public Engine {
 public:
  static Result<std::unique_ptr<Engine>> make(const strategy::Experiment& experiment) {
    std::unique_ptr<Real> real(new Real(experiment));
    std::uint16_t number = 0;
    for (const auto& symbol : experiment.data.symbols)
      real->series_.push_back(random_walk(symbol, number++, experiment));
    std::vector<market::SeriesView> views;
    for (const auto& one : real->series_) views.push_back(one.view());
    auto engine = backtest::Engine::prepare(experiment, std::move(views));
    if (!engine) return engine.error();
    real->engine_ = std::make_unique<backtest::Engine>(std::move(*engine));
    real->kernel_ = std::make_unique<kernel::Kernel>(*real->engine_);
    real->workspace_ = real->kernel_->make_workspace();
    return std::unique_ptr<Engine>(std::move(real));
  }

  std::vector<wire::Score> scores(const wire::CandidateBatch& batch,
                                  std::span<const wire::Candidate> candidates) const override {
    std::vector<const wire::Candidate*> good;
    std::vector<strategy::Genome> genomes;
    for (const auto& candidate : candidates) {
      if (!key_matches(batch, candidate)) continue;
      good.push_back(&candidate);
      genomes.push_back(candidate.genome);
    }
    auto outcomes = evaluator::wants_daily_blocks(batch)
                        ? kernel_->evaluate_daily(genomes, batch.windows, *workspace_)
                        : kernel_->evaluate(genomes, batch.windows, *workspace_);
    std::vector<wire::Score> scored;
    for (std::size_t i = 0; i < good.size(); ++i)
      scored.push_back(evaluator::score_of(batch, *good[i], std::move(outcomes[i]),
                                           experiment().data.symbols.size() == 1));
    return scored;
  }

 private:
  using Engine::Engine;

  std::vector<market::Series> series_;
  std::unique_ptr<backtest::Engine> engine_;
  std::unique_ptr<kernel::Kernel> kernel_;
  std::shared_ptr<kernel::Kernel::Workspace> workspace_;
};

}  // namespace

market::Series random_walk(const std::string& symbol, std::uint16_t number,
                           const strategy::Experiment& experiment) {
  constexpr std::int64_t kWarmUpDays = 100;
  Draws draws(7, number, 0, 0, Purpose::sample);
  market::Series series;
  series.symbol = symbol;
  const std::int64_t end_ns = experiment.data.out_of_sample ? experiment.data.out_of_sample->to_ns
                                                            : experiment.data.in_sample.to_ns;
  double price = 100;
  std::int64_t time_ns = experiment.data.in_sample.from_ns - kWarmUpDays * kNsPerDay;
  for (; time_ns < end_ns; time_ns += kNsPerDay) {
    const double open = price;
    price *= 1 + 0.02 * draws.normal();
    const double high = std::max(open, price) * (1 + 0.01 * draws.unit());
    const double low = std::min(open, price) * (1 - 0.01 * draws.unit());
    series.push({time_ns, open, high, low, price, 1000 * draws.unit()});
  }
  market::find_ticks(series);
  return series;
}

bool Engine::key_matches(const wire::CandidateBatch& batch,
                         const wire::Candidate& candidate) const {
  const Digest key =
      strategy::evaluation_key(batch.dataset_id, experiment_, candidate.genome, batch.windows);
  return candidate.key == wire::detailed_key(key, batch.detail);
}

Result<std::unique_ptr<Engine>> make_synthetic_engine(strategy::Experiment experiment) {
  return std::unique_ptr<Engine>(std::make_unique<Synthetic>(std::move(experiment)));
}

Result<std::unique_ptr<Engine>> make_kernel_engine(const strategy::Experiment& experiment) {
  return Real::make(experiment);
}

const Engine* Engines::get(const Digest& experiment_digest, const std::string& text) {
  const auto known = engines_.find(experiment_digest);
  if (known != engines_.end()) return known->second.get();
  auto experiment = strategy::read_experiment(text, "experiment");
  if (!experiment) return nullptr;
  const bool real = experiment->name.starts_with(kKernelName);
  auto engine =
      real ? make_kernel_engine(*experiment) : make_synthetic_engine(std::move(*experiment));
  check(static_cast<bool>(engine), "an engine is made: " + (engine ? "" : engine.error().message));
  return engines_.emplace(experiment_digest, std::move(*engine)).first->second.get();
}

}  // namespace mendel::simulation

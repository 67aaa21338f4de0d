// Evidence: what a verdict needs beside the report: a sample of the genes' ranges, daily returns of
// some of it and of some that the search bred, the pick at other costs, and its neighbours. All of
// it in sample. What is wanted is a function of the experiment, the dataset and the search: a
// dispatcher that begins again wants the same.
// Threads: one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "shared/statistics/blocks.hpp"
#include "shared/strategy/experiment.hpp"
#include "shared/wire/messages.hpp"
#include "stages/ga_dispatcher/actions.hpp"
#include "stages/ga_dispatcher/examination.hpp"
#include "stages/ga_dispatcher/outstanding.hpp"
#include "stages/ga_dispatcher/verdict.hpp"

namespace mendel::ga_dispatcher {

// Genomes in the uniform sample, and in each of the two samples with daily returns.
inline constexpr std::size_t kSampleMax = 512;
// Daily returns are computed bar by bar: on long histories the samples with them are smaller, so
// that each runs through at most so many bars, but not smaller than this.
inline constexpr std::int64_t kDailyBarsMax = 100'000'000;
inline constexpr std::size_t kDailySampleMin = 64;
// A gene without a step is moved by this share of its range.
inline constexpr double kNeighbourStep = 0.05;
// The generation in the key of the sample's draws: no search has so many.
inline constexpr std::uint32_t kSampleGeneration = 0xffffffff;

// Genomes that differ from `genome` by one step of one gene (a choice: to the entry before or
// behind), within the ranges and the constraints; in the order of the genes, downward first.
std::vector<strategy::Genome> neighbours(const strategy::Experiment& experiment,
                                         const strategy::Genome& genome);

// Up to `most` distinct feasible genomes, drawn uniformly from the genes' ranges under a key of the
// seed alone.
std::vector<strategy::Genome> uniform_sample(const strategy::Experiment& experiment,
                                             std::size_t most);

// Genomes in a sample with daily returns, at most `most`, on a dataset of so many bars.
std::size_t daily_sample(std::size_t most, std::int64_t bars);

class Evidence {
 public:
  struct Samples {
    std::size_t uniform = kSampleMax;    // genomes at most
    std::size_t daily = kSampleMax;      // of these, with daily returns
    std::vector<strategy::Genome> bred;  // of the search, with daily returns
  };
  Evidence(std::shared_ptr<const strategy::Experiment> experiment, Digest dataset_id,
           strategy::Genome pick, Samples samples);

  // To be published before anything is handed out: the experiment at no and at twice the costs.
  std::vector<PublishExperiment> variants() const;
  std::vector<Wanted> wanted() const;
  bool accept(const wire::Score& score);
  bool is_complete() const { return waiting_.empty(); }

  // Requires is_complete(). Without what only the report knows: trials, the out-of-sample ratio.
  Findings findings(const Examination& data) const;

 private:
  struct Variant {
    std::shared_ptr<const strategy::Experiment> experiment;  // null: it cannot be
    Digest key;
  };
  using Strategies = std::map<Digest, std::vector<statistics::Block>>;
  Wanted plain(const strategy::Genome& genome) const;
  Wanted daily(const strategy::Genome& genome) const;
  const wire::Score* score_of(const Digest& key) const;
  std::optional<double> metric(const Digest& key, market::Metric metric) const;
  std::optional<double> median_neighbour() const;
  std::optional<double> sharpe_variance(double periods_per_year) const;
  Strategies strategies(const std::vector<strategy::Genome>& genomes) const;

  std::shared_ptr<const strategy::Experiment> experiment_;
  Digest dataset_id_;
  strategy::Genome pick_;
  std::vector<strategy::Genome> uniform_;
  std::vector<strategy::Genome> uniform_daily_;
  std::vector<strategy::Genome> bred_;
  std::vector<strategy::Genome> neighbours_;
  std::array<Variant, 2> variants_;  // at 0 and at 2 times the costs
  std::set<Digest> waiting_;
  std::map<Digest, wire::Score> scores_;
};

}  // namespace mendel::ga_dispatcher

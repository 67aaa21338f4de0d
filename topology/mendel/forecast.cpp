#include "topology/mendel/forecast.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <iostream>

#include "shared/durable_log/segment.hpp"
#include "shared/statistics/blocks.hpp"
#include "shared/wire/codec.hpp"
#include "stages/results_writer/selection.hpp"
#include "topology/mendel/progress_view.hpp"

namespace mendel::cli {
namespace {

// What the verdict evaluates beside the search, about (docs/verdict.md).
constexpr std::uint64_t kVerdictScores = 1'100;
constexpr std::size_t kIdBytes = 26;  // of a run, of an evaluator

std::uint64_t record_bytes(const wire::Message& message) {
  return durable_log::kRecordHeaderBytes + wire::encode(message).size();
}

// One row is the portfolio; with several symbols each has its own, too.
std::size_t rows_per_score(const strategy::Experiment& experiment) {
  const std::size_t symbols = experiment.data.symbols.size();
  return symbols == 1 ? 1 : symbols + 1;
}

wire::Score sample_score(const strategy::Experiment& experiment) {
  wire::Score score;
  score.run = std::string(kIdBytes, 'R');
  score.generation = experiment.search.generations;
  score.born_at_ns = 1'700'000'000'000'000'000;
  for (std::size_t i = 0; i < rows_per_score(experiment); ++i) {
    const std::string symbol = i == 0 ? "portfolio" : experiment.data.symbols[i - 1];
    score.rows.push_back({market::Window::in_sample, symbol, {}});
  }
  return score;
}

std::uint64_t score_bytes(wire::Score score) {
  return record_bytes(wire::ScoreBatch{std::string(kIdBytes, 'E'), {std::move(score)}});
}

// Of one island's generation.
std::uint64_t generation_bytes(const strategy::Experiment& experiment) {
  constexpr std::size_t kSlots = 100;
  wire::GenerationRecord record;
  record.record_id =
      fmt::format("generation.{}.0.{}", std::string(kIdBytes, 'R'), experiment.search.generations);
  record.run = std::string(kIdBytes, 'R');
  record.born_at_ns = 1'700'000'000'000'000'000;
  for (const strategy::Gene& gene : experiment.genes) record.genes.push_back(gene.name);
  const std::uint64_t empty = record_bytes(record);
  const wire::GenerationSlot slot{std::vector<double>(experiment.genes.size(), 0.5), {}, 1000, ""};
  record.slots.assign(kSlots, slot);
  const std::uint64_t slots = record_bytes(record) - empty;
  return empty + slots * static_cast<std::uint64_t>(experiment.search.population) / kSlots;
}

// Generations of one island, at most.
std::uint64_t generations_of(const strategy::SearchSettings& search) {
  std::int64_t generations = search.generations;
  if (search.evaluations_max > 0) {
    // The generation that reaches it is the last; elites are not evaluated again.
    const std::int64_t fresh = std::max<std::int64_t>(1, search.population - search.elites);
    const std::int64_t needed = search.evaluations_max / (fresh * search.islands) + 2;
    generations = std::min(generations, needed);
  }
  return static_cast<std::uint64_t>(generations);
}

std::string bytes_text(std::uint64_t bytes) {
  const auto number = static_cast<double>(bytes);
  if (number >= 1e9) return fmt::format("{:.1f} GB", number / 1e9);
  return fmt::format("{:.1f} MB", std::max(0.1, number / 1e6));
}

}  // namespace

Forecast forecast(const strategy::Experiment& experiment, std::int64_t searches) {
  const strategy::SearchSettings& search = experiment.search;
  const auto population = static_cast<std::uint64_t>(search.population);
  const std::uint64_t generations =
      generations_of(search) * static_cast<std::uint64_t>(search.islands);
  const auto runs = static_cast<std::uint64_t>(searches);
  const bool has_elites =
      search.method == strategy::Method::genetic && search.objectives.size() == 1;
  const std::uint64_t survivors =
      has_elites ? std::min(static_cast<std::uint64_t>(search.elites), population) : 0;
  const auto islands = static_cast<std::uint64_t>(search.islands);

  Forecast made;
  made.keeps_all = experiment.results.database == strategy::Stored::all;
  made.scores = generations * (population - survivors) + islands * survivors;
  wire::Score score = sample_score(experiment);
  wire::Score sample = score;
  sample.blocks.assign((statistics::kDailyBlocks + 1) * 5, 0.5);
  made.log_bytes = made.scores * score_bytes(std::move(score)) +
                   generations * generation_bytes(experiment) +
                   kVerdictScores * score_bytes(std::move(sample));
  const std::uint64_t best = std::min(
      population, static_cast<std::uint64_t>(std::max(results_writer::kKeptBest, search.elites)));
  const std::uint64_t kept =
      made.keeps_all ? population : best + (population - best) / results_writer::kSampleEvery;
  const std::uint64_t scored =
      made.keeps_all ? made.scores : std::min(made.scores, generations * kept);
  made.database_rows = generations * (kept + 1) + scored * rows_per_score(experiment);
  made.scores *= runs;
  made.log_bytes *= runs;
  made.database_rows *= runs;
  return made;
}

Forecast forecast(const std::vector<strategy::Experiment>& experiments) {
  Forecast sum;
  for (const strategy::Experiment& experiment : experiments) {
    const Forecast one = forecast(experiment);
    sum.scores += one.scores;
    sum.log_bytes += one.log_bytes;
    sum.database_rows += one.database_rows;
    sum.keeps_all = one.keeps_all;  // they differ in their windows and seeds alone
  }
  return sum;
}

std::string forecast_text(const Forecast& made) {
  return fmt::format("expects at most {} scores: {} of log, {} rows in the database (it takes {})",
                     with_commas(made.scores), bytes_text(made.log_bytes),
                     with_commas(made.database_rows), made.keeps_all ? "all" : "\"kept\"");
}

config::OptionSpec consent_option() {
  return {"yes", "", "do not ask when more than 10 GB of log are expected"};
}

Status confirm(const Forecast& made, bool agreed) {
  fmt::print(stderr, "{}\n", forecast_text(made));
  if (made.log_bytes <= kLogBytesUnasked || agreed) return {};
  const std::string much = fmt::format("{} of log is more than {}", bytes_text(made.log_bytes),
                                       bytes_text(kLogBytesUnasked));
  if (isatty(STDIN_FILENO) == 0) {
    return configuration_error(
        much + ": say --yes to search nevertheless, or make population or generations smaller");
  }
  fmt::print(stderr, "{}; type yes to search nevertheless: ", much);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "yes" ? Status() : configuration_error("nothing was done");
}

}  // namespace mendel::cli

#include "topology/mendel/experiment_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "shared/config/value.hpp"

namespace mendel::cli {
namespace {

constexpr std::ptrdiff_t kBarSeparatorsMin = 4;  // time, open, high, low, close
constexpr std::size_t kLinesLookedAt = 3;  // an exporter's own line may stand above the header

bool is_row(std::string_view line) {
  for (const char separator : {',', ';', '\t'}) {
    if (std::count(line.begin(), line.end(), separator) >= kBarSeparatorsMin) return true;
  }
  return false;
}

// --set of a search takes keys; a gene is what the search chooses.
Status refuse_genes(const std::string& text, const std::string& path,
                    const strategy::Overrides& overrides) {
  const auto file = config::parse_toml(text, path);
  const config::Value* genes = file ? file->find("genes") : nullptr;
  if (genes == nullptr) return {};
  for (const strategy::Override& one : overrides) {
    if (genes->find(one.key) == nullptr) continue;
    return configuration_error(
        fmt::format("--set {0}: '{0}' is a gene, which the search chooses; --set takes keys like "
                    "search.population here, and genes in 'mendel backtest'",
                    one.key));
  }
  return {};
}

}  // namespace

// The canonical text has every setting on a line of its own.
std::string without_out_of_sample(const strategy::Experiment& experiment) {
  std::string text = experiment.canonical_text;
  const std::size_t line = text.find("\nout_of_sample = ");
  if (line != std::string::npos) text.erase(line, text.find('\n', line + 1) - line);
  return text;
}

bool looks_like_bars(std::string_view text) {
  bool has_row = false;
  for (std::size_t lines = 0; lines < kLinesLookedAt && !text.empty();) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || line[first] == '#') continue;
    // The first line of TOML sets a key or opens a table.
    if (++lines == 1 && line.find_first_of("=[") != std::string_view::npos) return false;
    has_row = has_row || is_row(line);
  }
  return has_row;
}

Result<strategy::Experiment> read_experiment_file(const std::string& path,
                                                  const strategy::Overrides& overrides) {
  Result<std::string> text = config::read_text_file(path);
  if (!text) return text.error();
  Result<strategy::Experiment> experiment = strategy::read_experiment(*text, path, overrides);
  if (experiment) return experiment;
  if (looks_like_bars(*text)) {
    return configuration_error(
        fmt::format("{0}: this looks like a CSV file of bars, not like an experiment; 'mendel "
                    "ingest {0}' takes it, and --csv of 'mendel backtest'",
                    path));
  }
  if (Status keys = refuse_genes(*text, path, overrides); !keys) return keys.error();
  return experiment.error();
}

Result<strategy::Genome> genome_of_words(const strategy::Experiment& experiment,
                                         const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    const std::string name = word.substr(0, word.find('='));
    if (name.find('.') == std::string::npos) continue;
    return configuration_error(
        fmt::format("--set {}: no gene is called so; --set takes genes here, and keys of the "
                    "experiment in 'mendel evolve'",
                    name));
  }
  return strategy::genome_from_words(experiment, words);
}

}  // namespace mendel::cli

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/base/time.hpp"
#include "shared/strategy/name.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/database_choice.hpp"
#include "topology/mendel/experiment_file.hpp"
#include "topology/mendel/folds.hpp"
#include "topology/mendel/forecast.hpp"
#include "topology/mendel/interrupt.hpp"
#include "topology/mendel/legs.hpp"
#include "topology/mendel/session.hpp"
#include "topology/mendel/state_folder.hpp"
#include "topology/mendel/walk_forward_report.hpp"

namespace mendel::cli {
namespace {

Result<WalkForward> settings_from(const config::Arguments& arguments) {
  WalkForward settings;
  struct Months {
    const char* name;
    std::int64_t& months;
  };
  for (const Months& option : {Months{"in-sample", settings.in_sample_months},
                               {"out-of-sample", settings.out_of_sample_months},
                               {"step", settings.step_months}}) {
    const std::string text = arguments.text(option.name);
    if (text.empty() && std::string_view(option.name) == "step") continue;
    const Result<std::int64_t> months = months_from(text);
    if (!months)
      return configuration_error(fmt::format("--{} {}", option.name, months.error().message));
    option.months = *months;
  }
  if (settings.step_months == 0) settings.step_months = settings.out_of_sample_months;
  settings.anchored = arguments.flag("anchored");
  const Result<std::int64_t> embargo = arguments.integer("embargo-days", 0, 3650);
  if (!embargo) return embargo.error();
  settings.embargo_days = *embargo;
  return settings;
}

// From the beginning of the experiment's windows to their end.
strategy::TimeRange whole_range(const strategy::DataSettings& data) {
  strategy::TimeRange whole = data.in_sample;
  if (data.out_of_sample) {
    whole.from_ns = std::min(whole.from_ns, data.out_of_sample->from_ns);
    whole.to_ns = std::max(whole.to_ns, data.out_of_sample->to_ns);
  }
  return whole;
}

// Each fold is a search of its own: its draws are keyed by the seed and the fold.
std::uint64_t seed_of(std::uint64_t seed, std::size_t fold) {
  const Digest digest = sha256(fmt::format("mendel walk-forward {} {}", seed, fold));
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 8; ++i) bits = bits << 8 | digest.bytes[i];
  return bits >> 1;  // TOML's integers are signed
}

// The experiment on a fold's windows. `next` has no out-of-sample window.
Result<strategy::Experiment> experiment_of(const strategy::Experiment& whole, const Fold& fold,
                                           bool next, std::size_t index) {
  const auto range_text = [](const strategy::TimeRange& range) {
    return fmt::format("[{}, {}]", format_time(range.from_ns), format_time(range.to_ns));
  };
  strategy::Overrides overrides = {
      {"data.in_sample", range_text(fold.in_sample)},
      {"search.seed", std::to_string(seed_of(whole.search.seed, index))}};
  if (!next) overrides.push_back({"data.out_of_sample", range_text(fold.out_of_sample)});
  return strategy::read_experiment(without_out_of_sample(whole), fmt::format("fold {}", index + 1),
                                   overrides);
}

// The bars end before the fold's months begin: that is where the walk ends.
bool has_no_bars(const Error& error) {
  return error.message.find("no bars in out_of_sample") != std::string::npos;
}

Result<int> walk(const config::Arguments& arguments, const wiring::Topology& topology,
                 const strategy::Experiment& experiment, const WalkForward& settings) {
  strategy::TimeRange range = whole_range(experiment.data);
  Result<FoldPlan> planned = plan_folds(settings, range);
  if (!planned) return planned.error();
  FoldPlan plan = std::move(*planned);
  std::vector<strategy::Experiment> legs;
  for (std::size_t i = 0; i <= plan.folds.size(); ++i) {
    const bool next = i == plan.folds.size();
    Result<strategy::Experiment> leg =
        experiment_of(experiment, next ? Fold{plan.next, {}} : plan.folds[i], next, i);
    if (!leg) return leg.error();
    legs.push_back(std::move(*leg));
  }
  if (Status agreed = confirm(forecast(legs), arguments.flag("yes")); !agreed) {
    return agreed.error();
  }
  const Result<LocalPipelineOptions> local = local_options(arguments);
  if (!local) return local.error();
  catch_interrupts();
  Result<LocalPipeline> pipeline = LocalPipeline::ensure(topology, *local);
  if (!pipeline) return pipeline.error();

  const bool json = arguments.flag("json");
  std::FILE* people = json ? stderr : stdout;
  Legs searches(topology, *pipeline, people);
  std::vector<FoldResult> folds;
  std::optional<FoldResult> next;
  for (std::size_t i = 0; i < legs.size(); ++i) {
    const bool last = i == plan.folds.size();
    const std::string name = strategy::name_from(
        experiment.name, last ? " next" : fmt::format(" fold {}/{}", i + 1, plan.folds.size()));
    Result<config::Value> report = searches.run(legs[i], name);
    if (interrupts() > 0) return kInterrupted;
    if (!report && i > 0 && !last && has_no_bars(report.error())) {
      fmt::print(stderr, "mendel: {}; the walk ends before it\n", report.error().message);
      range.to_ns = plan.folds[i - 1].out_of_sample.to_ns;
      planned = plan_folds(settings, range);
      if (!planned) return planned.error();
      plan = std::move(*planned);
      legs.resize(i);
      Result<strategy::Experiment> leg = experiment_of(experiment, {plan.next, {}}, true, i);
      if (!leg) return leg.error();
      legs.push_back(std::move(*leg));
      --i;
      continue;
    }
    if (!report) return report.error();
    if (last)
      next = FoldResult{{plan.next, {}}, std::move(*report)};
    else
      folds.push_back({plan.folds[i], std::move(*report)});
  }
  const config::Value value = walk_forward_value(experiment, folds, *next);
  fmt::print(people, "{}", walk_forward_text(value));
  if (json) fmt::print("{}\n", config::to_json(value, 2));
  return value.find_path("next.genes")->is_table() ? 0 : kNoFeasibleGenome;
}

Result<int> run(const config::Arguments& arguments) {
  Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  const Result<WalkForward> settings = settings_from(arguments);
  if (!settings) return settings.error();
  Result<strategy::Overrides> overrides = search_overrides(arguments);
  if (!overrides) return overrides.error();
  Result<strategy::Experiment> experiment =
      read_experiment_file(arguments.operands().front(), *overrides);
  if (!experiment) return experiment.error();
  return walk(arguments, *topology, *experiment, *settings);
}

}  // namespace

Command walk_forward_command() {
  Command command;
  command.spec.name = "mendel walk-forward";
  command.spec.summary = "search, judge on the months after, move on; and join what came of it";
  command.spec.operands = {"FILE"};
  command.spec.options = {
      {"in-sample", "months", "length of each search's window, as in \"24 months\"", "24 months"},
      {"out-of-sample", "months", "length of the window behind it", "6 months"},
      {"step", "months", "from fold to fold; as long as out-of-sample when not given"},
      {"anchored", "", "every in-sample window begins where the first does"},
      {"embargo-days", "n", "days left out behind every in-sample window", "0"}};
  for (const config::OptionSpec& option : search_options()) command.spec.options.push_back(option);
  for (const config::OptionSpec& option : std::vector<config::OptionSpec>{
           {"json", "", "print one JSON document on stdout, everything else on stderr"},
           {"evaluators", "n", "evaluator processes, when the pipeline is started for it [2]"},
           consent_option(),
           database_option()}) {
    command.spec.options.push_back(option);
  }
  for (config::OptionSpec& option : pipeline_options()) command.spec.options.push_back(option);
  command.spec.examples = {
      "mendel walk-forward experiment.toml",
      "mendel walk-forward experiment.toml --in-sample '3 years' --out-of-sample '12 months'"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "shared/base/time.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/interrupt.hpp"
#include "topology/simulation/simulation.hpp"

namespace mendel::cli {
namespace {

using simulation::Simulation;
using simulation::Survey;

constexpr std::int64_t kSeedMax = std::numeric_limits<std::int64_t>::max();

struct Seeds {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

// "17" or "1..1000".
Result<Seeds> read_seeds(const std::string& text) {
  const auto number = [](std::string_view word, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    return error == std::errc() && end == word.data() + word.size() && value <= kSeedMax;
  };
  const std::size_t dots = text.find("..");
  const std::string_view whole = text;
  Seeds seeds;
  const bool read = dots == std::string::npos
                        ? number(whole, seeds.first) && number(whole, seeds.last)
                        : number(whole.substr(0, dots), seeds.first) &&
                              number(whole.substr(dots + 2), seeds.last);
  if (!read || seeds.last < seeds.first)
    return configuration_error(
        fmt::format("--seeds: '{}' is no range of seeds; write 1..1000, or 17", text));
  return seeds;
}

Result<int> run(const config::Arguments& arguments) {
  auto seeds = read_seeds(arguments.text("seeds"));
  if (!seeds) return seeds.error();
  simulation::World::Trace trace;
  if (arguments.flag("trace")) {
    if (seeds->first != seeds->last)
      return configuration_error("--trace: one history at a time; name it, as in --seeds 17");
    if (arguments.flag("json"))
      return configuration_error("--trace and --json: leave one of them out");
    trace = [](const std::string& line) { fmt::print("{}\n", line); };
  }
  catch_interrupts();
  Simulation simulation;
  Survey survey;
  const std::int64_t began_ns = read_clocks().monotonic_ns;
  for (std::uint64_t seed = seeds->first; seed <= seeds->last && interrupts() == 0; ++seed)
    survey.add(simulation.run(seed, trace));
  survey.real_ns = read_clocks().monotonic_ns - began_ns;
  if (arguments.flag("json"))
    fmt::print("{}\n", config::to_json(simulation::survey_value(survey), 2));
  else
    fmt::print("{}", simulation::survey_text(survey));
  if (interrupts() > 0) return kInterrupted;
  return survey.failed == 0 ? 0 : 1;
}

}  // namespace

Command simulate_command() {
  Command command;
  command.spec.name = "mendel simulate";
  command.spec.summary =
      "run pipelines on virtual time while everything fails, and compare what they find";
  command.spec.options = {
      {"seeds", "range", "histories to run, as 1..1000; or one, as 17", "1..100"},
      {"trace", "", "print every event of the history"},
      {"json", "", "print one JSON document"}};
  command.spec.examples = {"mendel simulate --seeds 1..1000", "mendel simulate --seeds 17 --trace"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli

#include "topology/mendel/legs.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "shared/base/time.hpp"
#include "topology/mendel/evolution.hpp"
#include "topology/mendel/interrupt.hpp"
#include "topology/mendel/progress_view.hpp"

namespace mendel::cli {

Result<config::Value> Legs::run(const strategy::Experiment& experiment, const std::string& name) {
  Result<Evolution> evolution = Evolution::submit(topology_, experiment, name);
  if (!evolution) return evolution.error();
  fmt::print(people_, "{}: run {}\n", name, evolution->run());
  ProgressView view(people_, isatty(fileno(people_)) != 0);
  const Result<wire::Progress> last = evolution->follow(
      [&](const wire::Progress& progress) { view.show(progress, read_clocks().monotonic_ns); },
      [&]() -> Status {
        if (interrupts() > 0) return transient_error("interrupted");
        return pipeline_.check_running();
      });
  view.finish();
  if (interrupts() > 0) {
    fmt::print(stderr, "interrupted: cancelling {}\n", name);
    if (Status cancelled = evolution->cancel(); !cancelled) return cancelled.error();
    return transient_error("interrupted");
  }
  if (!last) return last.error();
  return evolution->report(*last, fmt::format("{} (run {})", name, evolution->run()));
}

}  // namespace mendel::cli

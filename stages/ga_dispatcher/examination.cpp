#include "stages/ga_dispatcher/examination.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>

#include "shared/backtest/engine.hpp"
#include "shared/base/time.hpp"
#include "shared/store/dataset_file.hpp"

namespace mendel::ga_dispatcher {

namespace {

// Days of the portfolio: those on which any symbol has a bar.
std::int64_t in_sample_days(const backtest::Engine& engine) {
  std::set<std::int64_t> days;
  for (const backtest::WindowPlan& window : engine.windows()) {
    if (window.window != market::Window::in_sample) continue;
    for (std::size_t i = 0; i < window.spans.size(); ++i)
      for (std::size_t at = window.spans[i].begin; at < window.spans[i].end; ++at)
        days.insert(days.end(), day_of(engine.series()[i].time_ns[at]));
  }
  return static_cast<std::int64_t>(days.size());
}

}  // namespace

Examine examine_in(store::Store store) {
  return [store = std::move(store)](const strategy::Experiment& experiment,
                                    const Digest& dataset_id) -> Result<Examination> {
    auto dataset = store::MappedDataset::open(store.dataset_path(dataset_id), dataset_id);
    if (!dataset) return transient_error(dataset.error().message);
    auto engine = backtest::Engine::prepare(experiment, dataset->series());
    if (!engine) return engine.error();
    return Examination{engine->notes(), engine->periods_per_year(), in_sample_days(*engine)};
  };
}

}  // namespace mendel::ga_dispatcher

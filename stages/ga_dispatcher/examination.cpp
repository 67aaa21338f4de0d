#include "stages/ga_dispatcher/examination.hpp"

#include <utility>

#include "shared/backtest/engine.hpp"
#include "shared/store/dataset_file.hpp"

namespace mendel::ga_dispatcher {

Examine examine_in(store::Store store) {
  return [store = std::move(store)](const strategy::Experiment& experiment,
                                    const Digest& dataset_id) -> Result<std::vector<std::string>> {
    auto dataset = store::MappedDataset::open(store.dataset_path(dataset_id), dataset_id);
    if (!dataset) return transient_error(dataset.error().message);
    auto engine = backtest::Engine::prepare(experiment, dataset->series());
    if (!engine) return engine.error();
    return engine->notes();
  };
}

}  // namespace mendel::ga_dispatcher

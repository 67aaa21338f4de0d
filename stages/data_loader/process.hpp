// The data_loader stage: bars are made durable and receipted, loaded into market_data, and cut into
// datasets. This is the edge around the cores (intake.hpp, orders.hpp).
// Threads: the loop thread; the database is used by two threads of Ownership.
#pragma once

#include "shared/runtime/stage.hpp"

namespace mendel::data_loader {

runtime::StageDefinition definition();

}  // namespace mendel::data_loader

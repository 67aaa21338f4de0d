// LogReplay: loads the durable logs into a database again, by the code that the stages use: the
// database forgets how far it has them, then drains everything, of the scores first what is in the
// archive. What is there already changes nothing.
// Threads: the main thread.
#pragma once

#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/database/dsn.hpp"
#include "shared/store/store.hpp"

namespace mendel::cli {

// Of "scores" and "bars" those in `logs`. Takes the epochs of the stages that own them: a living
// stage is an error (transient) that names it.
Status replay_logs(const store::Store& store, const database::Dsn& dsn,
                   const std::vector<std::string>& logs);

}  // namespace mendel::cli

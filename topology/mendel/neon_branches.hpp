// NeonBranches: `mendel neon branch create|list|restore|delete`.
// Threads: the main thread.
#pragma once

#include "shared/base/result.hpp"
#include "shared/config/options.hpp"
#include "shared/neon/api.hpp"

namespace mendel::cli {

std::vector<config::OptionSpec> neon_branch_options();
// `arguments`: operands "branch", what, name.
Result<int> neon_branch(neon::Api& api, const config::Arguments& arguments);

}  // namespace mendel::cli

// ExperimentDiff: what a changed experiment changes, line by line, as people read it.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace mendel::cli {

// Both are canonical texts. "" when they are the same; else the changed lines below the section
// they stand in, "- " what is only in `before`, "+ " what is only in `after`:
//
//   [search]
//   - generations = 30
//   + generations = 60
std::string experiment_diff(std::string_view before, std::string_view after);

}  // namespace mendel::cli

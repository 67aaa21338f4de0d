// RunList: the runs as ga_dispatcher lists them (latest first): the table that people read, and
// which of them a word names.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/config/value.hpp"

namespace mendel::cli {

// `runs`: an array of the tables that ga_dispatcher answers. One line a run.
std::string runs_table(const config::Value& runs);

// The same facts of one run, a line each.
std::string run_text(const config::Value& run);

// The id of the run that `word` names: by its id, a beginning that no other run shares, or its name
// (the latest run of that name). Errors (configuration): none, or several, which are listed.
Result<std::string> resolve_run(const config::Value& runs, const std::string& word);

// A text of the run's table; "" when there is none.
std::string text_of(const config::Value& run, std::string_view key);

// The texts of an array of it; none when there is none, as in what an older build recorded.
std::vector<std::string> texts_of(const config::Value& run, std::string_view key);

}  // namespace mendel::cli

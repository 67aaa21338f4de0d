// Name: what an experiment and its runs may be called: 1 to 100 bytes of UTF-8 on one line, without
// control characters. Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "shared/base/result.hpp"

namespace mendel::strategy {

inline constexpr std::size_t kExperimentNameBytesMax = 100;

// "must have 1 to 100 bytes …": for messages.
std::string name_rule();
bool is_valid_name(std::string_view name);
// Error (configuration): "<whose> must have …".
Status check_name(std::string_view whose, std::string_view name);
// A valid name of any bytes, with `suffix` behind it (of valid bytes, shorter than a name): what no
// name may have is '?', and what is too long is cut.
std::string name_from(std::string_view text, std::string_view suffix = "");

}  // namespace mendel::strategy

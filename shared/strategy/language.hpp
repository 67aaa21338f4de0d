// Language: the table of functions as people read it: docs/language.md and `mendel language` are
// made from it.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "shared/base/result.hpp"
#include "shared/strategy/functions.hpp"

namespace mendel::strategy {

// The functions' part of docs/language.md: one table per family.
std::string language_markdown();
// One line per function, in families.
std::string language_list();
// Everything about one function, as text of at most `columns` characters a line.
std::string function_card(const Function& function, std::size_t columns = 80);
// The card of the function of that name. Error (configuration): names the nearest one.
Result<std::string> card_of(std::string_view name);

}  // namespace mendel::strategy

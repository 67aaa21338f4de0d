// TextTable: lines of cells in columns that line up, as commands print them.
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

namespace mendel::cli {

// The first column to the left, all others to the right, two blanks between them.
std::string aligned(const std::vector<std::vector<std::string>>& lines);

// Every column to the left.
std::string left_aligned(const std::vector<std::vector<std::string>>& lines);

}  // namespace mendel::cli

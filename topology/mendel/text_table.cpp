#include "topology/mendel/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace mendel::cli {
namespace {

constexpr std::size_t kGap = 2;  // blanks between columns

std::vector<std::size_t> widths_of(const std::vector<std::vector<std::string>>& lines) {
  std::vector<std::size_t> widths;
  for (const auto& line : lines) {
    widths.resize(std::max(widths.size(), line.size()));
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  return widths;
}

}  // namespace

std::string aligned(const std::vector<std::vector<std::string>>& lines) {
  const std::vector<std::size_t> widths = widths_of(lines);
  std::string text;
  for (const auto& line : lines) {
    text += fmt::format("{:<{}}", line[0], widths[0]);
    for (std::size_t i = 1; i < line.size(); ++i) {
      text += fmt::format("{:>{}}", line[i], widths[i] + kGap);
    }
    text += "\n";
  }
  return text;
}

std::string left_aligned(const std::vector<std::vector<std::string>>& lines) {
  const std::vector<std::size_t> widths = widths_of(lines);
  std::string text;
  for (const auto& cells : lines) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      line += fmt::format("{:<{}}", cells[i], widths[i] + kGap);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace mendel::cli

#include "topology/mendel/text_table.hpp"

#include <algorithm>
#include <cstddef>

namespace mendel::cli {
namespace {

constexpr std::size_t kGap = 2;  // blanks between columns

// Characters, not bytes: a dash for what is undefined takes three.
std::size_t width_of(const std::string& cell) {
  return static_cast<std::size_t>(std::count_if(cell.begin(), cell.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::vector<std::size_t> widths_of(const std::vector<std::vector<std::string>>& lines) {
  std::vector<std::size_t> widths;
  for (const auto& line : lines) {
    widths.resize(std::max(widths.size(), line.size()));
    for (std::size_t i = 0; i < line.size(); ++i)
      widths[i] = std::max(widths[i], width_of(line[i]));
  }
  return widths;
}

}  // namespace

std::string aligned(const std::vector<std::vector<std::string>>& lines) {
  const std::vector<std::size_t> widths = widths_of(lines);
  std::string text;
  for (const auto& line : lines) {
    text += line[0] + std::string(widths[0] - width_of(line[0]), ' ');
    for (std::size_t i = 1; i < line.size(); ++i)
      text += std::string(widths[i] + kGap - width_of(line[i]), ' ') + line[i];
    text += "\n";
  }
  return text;
}

std::string left_aligned(const std::vector<std::vector<std::string>>& lines) {
  const std::vector<std::size_t> widths = widths_of(lines);
  std::string text;
  for (const auto& cells : lines) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i)
      line += cells[i] + std::string(widths[i] + kGap - width_of(cells[i]), ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace mendel::cli

#include "topology/mendel/experiment_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace mendel::cli {
namespace {

// The lines of a section, by its heading; "" = what stands above the first one. In a canonical text
// every section stands once, and in one order.
using Lines = std::vector<std::string>;
using Sections = std::vector<std::pair<std::string, Lines>>;

Sections sections_of(std::string_view text) {
  Sections sections = {{"", {}}};
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with('[')) {
      sections.emplace_back(std::move(line), Lines());
    } else if (!line.empty()) {
      sections.back().second.push_back(std::move(line));
    }
  }
  return sections;
}

const Lines& lines_of(const Sections& sections, const std::string& heading) {
  static const Lines kNone;
  for (const auto& [name, lines] : sections)
    if (name == heading) return lines;
  return kNone;
}

std::string key_of(const std::string& line) { return line.substr(0, line.find(" = ")); }

// A changed line stands right below what it was; keys are unique in a section.
std::string section_diff(const Lines& before, const Lines& after) {
  std::map<std::string, const std::string*> news;
  for (const std::string& line : after) news.emplace(key_of(line), &line);
  std::string text;
  for (const std::string& line : before) {
    const auto now = news.find(key_of(line));
    if (now == news.end()) {
      text += fmt::format("- {}\n", line);
      continue;
    }
    if (*now->second != line) text += fmt::format("- {}\n+ {}\n", line, *now->second);
    news.erase(now);
  }
  for (const std::string& line : after)
    if (news.count(key_of(line)) > 0) text += fmt::format("+ {}\n", line);
  return text;
}

}  // namespace

std::string experiment_diff(std::string_view before, std::string_view after) {
  const Sections olds = sections_of(before);
  const Sections news = sections_of(after);
  Sections all = olds;
  for (const auto& section : news) {
    const bool known = std::any_of(olds.begin(), olds.end(),
                                   [&](const auto& one) { return one.first == section.first; });
    if (!known) all.push_back(section);
  }
  std::string text;
  for (const auto& [heading, ignored] : all) {
    const std::string changes = section_diff(lines_of(olds, heading), lines_of(news, heading));
    if (changes.empty()) continue;
    text += (heading.empty() ? "" : heading + "\n") + changes;
  }
  return text;
}

}  // namespace mendel::cli

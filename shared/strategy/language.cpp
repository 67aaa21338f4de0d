#include "shared/strategy/language.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "shared/config/value.hpp"
#include "shared/market/metrics.hpp"

namespace mendel::strategy {
namespace {

std::string_view described(Argument kind) {
  switch (kind) {
    case Argument::series:
      return "a number per bar";
    case Argument::condition:
      return "a condition";
    case Argument::period:
      return "a whole number, over genes";
    case Argument::number:
      return "a number, over genes";
    case Argument::average:
      return "a text, or a gene whose choices are such texts";
    case Argument::text:
      return "a text";
    case Argument::any:
      return "a number or a condition per bar";
  }
  return "";
}

std::string_view result_of(const Function& function) {
  if (function.result == "boolean") return "condition";
  return function.result == "number" ? "number" : "as x";
}

// Words of `text` in lines of at most `columns`, the first behind `title`, all indented alike.
std::string paragraph(std::string_view title, std::string_view text, std::size_t columns) {
  constexpr std::size_t kIndent = 12;
  std::string out;
  std::string line = fmt::format("  {:<{}}", title, kIndent - 2);
  std::size_t words = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (words > 0 && line.size() + 1 + end > columns) {
      out += line + "\n";
      line = std::string(kIndent, ' ');
      words = 0;
    }
    if (words++ > 0) line += ' ';
    line += text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out + line + "\n";
}

}  // namespace

std::string language_markdown() {
  std::string page;
  std::string_view family;
  for (const Function& row : functions()) {
    if (row.family != family) {
      family = row.family;
      page += fmt::format(
          "{}### {}\n\n| function | gives | meaning | formula | at the edges | "
          "after | look-back |\n|---|---|---|---|---|---|---|\n",
          page.empty() ? "" : "\n", family);
    }
    page += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} |\n", row.signature(), result_of(row),
                        row.sentence, row.formula, row.edges, row.source, row.look_back);
  }
  return page;
}

std::string language_list() {
  std::string list;
  std::string_view family;
  for (const Function& row : functions()) {
    if (row.family != family) {
      list += fmt::format("{}{}\n", family.empty() ? "" : "\n", row.family);
      family = row.family;
    }
    list += fmt::format("  {:<36} {}\n", row.signature(), row.sentence);
  }
  return list;
}

std::string function_card(const Function& function, std::size_t columns) {
  const auto add = [&](std::string_view title, std::string_view text) {
    return text.empty() ? "" : paragraph(title, text, columns);
  };
  std::string card = fmt::format("{}\n", function.signature());
  card += add("gives", fmt::format("{}: {}", result_of(function), function.sentence));
  for (const Parameter& parameter : function.parameters) {
    std::string what(described(parameter.kind));
    if (parameter.kind == Argument::period) what += fmt::format(", at least {}", parameter.least);
    card += add(parameter.name, what);
  }
  card += add("formula", function.formula);
  card += add("edges", function.edges);
  card += add("look-back", function.look_back);
  card += add("after", function.source);
  return card;
}

Result<std::string> card_of(std::string_view name) {
  if (const Function* function = find_function(name)) return function_card(*function);
  const auto is_one_of = [&](const auto& names) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
  };
  constexpr std::string_view kColumns[] = {"open", "high", "low", "close", "volume"};
  constexpr std::string_view kWords[] = {"and", "or", "not"};
  const std::string_view kind = is_one_of(kColumns)               ? "a column of the bars"
                                : is_one_of(kWords)               ? "an operator"
                                : is_one_of(market::kMetricNames) ? "a metric"
                                                                  : "";
  if (!kind.empty())
    return configuration_error(
        fmt::format("'{}' is {}, not a function; docs/language.md explains it", name, kind));
  return configuration_error(
      fmt::format("'{}' is no function of the language ('mendel language' lists all){}",
                  name.substr(0, 60), config::suggestion(name, function_names())));
}

}  // namespace mendel::strategy

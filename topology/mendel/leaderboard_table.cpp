#include "topology/mendel/leaderboard_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include "shared/market/metrics.hpp"
#include "topology/mendel/run_list.hpp"

namespace mendel::cli {
namespace {

using market::Metric;

struct Column {
  Metric metric;
  const char* title;
  bool percent;
  int decimals;
  std::size_t width;  // grows with what stands in it
  bool objective = false;
};

constexpr std::array<Column, market::kMetricCount> kColumns = {
    {{Metric::sharpe_ratio, "Sharpe", false, 2, 7},
     {Metric::sortino_ratio, "Sortino", false, 2, 8},
     {Metric::total_return, "return", true, 1, 9},
     {Metric::cagr, "CAGR", true, 1, 8},
     {Metric::max_drawdown, "drawdown", true, 1, 9},
     {Metric::calmar_ratio, "Calmar", false, 2, 7},
     {Metric::max_drawdown_bars, "bars down", false, 0, 10},
     {Metric::trade_count, "trades", false, 0, 7},
     {Metric::win_rate, "win rate", true, 1, 9},
     {Metric::profit_factor, "profit factor", false, 2, 14},
     {Metric::average_trade, "per trade", true, 2, 10},
     {Metric::exposure, "exposure", true, 1, 9},
     {Metric::turnover, "turnover", false, 2, 9},
     {Metric::skewness, "skewness", false, 2, 9},
     {Metric::kurtosis, "kurtosis", false, 2, 9}}};
constexpr std::array<Metric, 4> kUsual = {Metric::sharpe_ratio, Metric::total_return,
                                          Metric::max_drawdown, Metric::trade_count};
constexpr std::array<const char*, 2> kWindows = {"in_sample", "out_of_sample"};
constexpr std::array<const char*, 2> kWindowTitles = {"in sample", "out of sample"};
constexpr std::size_t kGap = 2;  // before a window and before the genes
constexpr std::size_t kGenesWidth = 12;

struct Line {
  std::string label;
  std::string genes;
  const config::Value* candidate;
};

struct Table {
  std::vector<Line> lines;
  std::vector<Column> columns;
  std::size_t windows = 1;
  std::size_t label_width = 3;
  std::size_t genes_width = kGenesWidth;

  std::size_t window_width() const {
    std::size_t width = 0;
    for (const Column& column : columns) width += column.width;
    return width;
  }
  std::size_t numbers_width() const { return windows * (kGap + window_width()); }
};

std::string_view name_of(Metric metric) {
  return market::kMetricNames[static_cast<std::size_t>(metric)];
}

std::string gene_text(const config::Value& value) {
  if (value.is_text()) return value.as_text();
  if (value.is_integer()) return std::to_string(value.as_integer());
  const double number = value.as_number();
  return number == std::floor(number) && std::abs(number) < 1e15 ? fmt::format("{:.0f}", number)
                                                                 : fmt::format("{:.4g}", number);
}

std::string genes_of(const config::Value& candidate) {
  const config::Value* genes = candidate.find("genes");
  return genes == nullptr ? "" : genes_text(*genes);
}

std::string_view metric_of(std::string_view objective) {
  return objective.substr(0, objective.find(' '));
}

std::vector<Column> columns_of(const config::Value& document) {
  std::vector<Column> columns;
  const auto add = [&](const Column& column, bool objective) {
    const auto is_it = [&](const Column& other) { return other.metric == column.metric; };
    if (std::any_of(columns.begin(), columns.end(), is_it)) return;
    columns.push_back(column);
    columns.back().objective = objective;
  };
  for (const std::string& objective : texts_of(document, "objectives"))
    for (const Column& column : kColumns)
      if (name_of(column.metric) == metric_of(objective)) add(column, true);
  for (const Metric metric : kUsual) add(kColumns[static_cast<std::size_t>(metric)], false);
  return columns;
}

// "" = undefined.
std::string number_text(const config::Value* metrics, const Column& column) {
  const config::Value* value = metrics == nullptr ? nullptr : metrics->find(name_of(column.metric));
  if (value == nullptr || !value->is_number()) return "";
  const double shown = value->as_number() * (column.percent ? 100 : 1);
  return fmt::format("{:.{}f}{}", shown, column.decimals, column.percent ? " %" : "");
}

std::string cell(const config::Value* metrics, const Column& column) {
  const std::string text = number_text(metrics, column);
  return fmt::format("{:>{}}", text.empty() ? "–" : text, column.width);
}

// With several objectives those of the front are marked.
std::vector<Line> lines_of(const config::Value& document) {
  std::vector<Line> lines;
  if (const config::Value* list = document.find("leaderboard"); list && list->is_array()) {
    const std::size_t digits =
        std::max<std::size_t>(2, std::to_string(list->items().size()).size());
    for (const config::Value& candidate : list->items()) {
      const config::Value* front = candidate.find("front");
      const char* mark = front == nullptr ? "" : front->as_bool() ? "*" : " ";
      lines.push_back(
          {fmt::format("{}{:>{}}{}", lines.empty() ? '>' : ' ', lines.size() + 1, digits, mark),
           genes_of(candidate), &candidate});
    }
  }
  if (const config::Value* held = document.find("buy_and_hold"); held && held->is_table()) {
    lines.push_back({"", "buy and hold", held});
  }
  return lines;
}

Table table_of(const config::Value& document) {
  Table table{lines_of(document), columns_of(document)};
  table.windows = document.find_path("buy_and_hold.out_of_sample") != nullptr ? 2 : 1;
  for (const Line& line : table.lines) {
    table.label_width = std::max(table.label_width, line.label.size());
    table.genes_width = std::max(table.genes_width, line.genes.size());
    for (std::size_t i = 0; i < table.windows; ++i)
      for (Column& column : table.columns)
        column.width = std::max(column.width,
                                number_text(line.candidate->find(kWindows[i]), column).size() + 1);
  }
  return table;
}

std::string numbers_of(const Table& table, const Line& line) {
  std::string text;
  for (std::size_t i = 0; i < table.windows; ++i) {
    text.append(kGap, ' ');
    for (const Column& column : table.columns)
      text += cell(line.candidate->find(kWindows[i]), column);
  }
  return text;
}

// `genes`: the title of what stands between the labels and the numbers, as wide as that.
std::string head_of(const Table& table, const std::string& genes) {
  std::string heading(table.label_width + genes.size(), ' ');
  std::string titles = fmt::format("{:<{}}{}", "  #", table.label_width, genes);
  for (std::size_t i = 0; i < table.windows; ++i) {
    heading += fmt::format("  {:^{}}", kWindowTitles[i], table.window_width());
    titles.append(kGap, ' ');
    for (const Column& column : table.columns)
      titles += fmt::format("{:>{}}", column.title, column.width);
  }
  heading.erase(heading.find_last_not_of(' ') + 1);
  return heading + "\n" + titles + "\n";
}

std::string wide_text(const Table& table) {
  std::string text = head_of(table, fmt::format("  {:<{}}", "genes", table.genes_width));
  for (const Line& line : table.lines)
    text += fmt::format("{:<{}}  {:<{}}{}\n", line.label, table.label_width, line.genes,
                        table.genes_width, numbers_of(table, line));
  return text;
}

std::string narrow_text(Table table, std::size_t columns) {
  while (table.label_width + table.numbers_width() > columns && !table.columns.back().objective)
    table.columns.pop_back();
  std::string text = head_of(table, "");
  for (const Line& line : table.lines)
    text += fmt::format("{:<{}}{}\n{:<{}}  {}\n", line.label, table.label_width,
                        numbers_of(table, line), "", table.label_width, line.genes);
  return text;
}

// The rule by which the first is the pick.
std::string rule_text(const config::Value& document) {
  const std::vector<std::string> objectives = texts_of(document, "objectives");
  if (objectives.empty()) return "";
  const std::string first = fmt::format("the best {}", metric_of(objectives.front()));
  if (objectives.size() == 1) return ": " + first;
  const config::Value* size = document.find("front_size");
  const std::string front = size != nullptr && size->is_integer()
                                ? fmt::format("of the front of {}", size->as_integer())
                                : "of the front";
  const config::Value* pick = document.find("pick");
  const std::string rule = pick != nullptr && pick->is_text() ? pick->as_text() : "";
  if (rule == "first") return fmt::format(": {} {}", first, front);
  if (rule == "knee") return fmt::format(": the knee {}", front);
  return fmt::format(": {} {}", rule, front);
}

std::string marks_text(const Table& table, const config::Value& document) {
  const auto marked = [&](char mark) {
    return std::any_of(table.lines.begin(), table.lines.end(), [&](const Line& line) {
      return line.label.find(mark) != std::string::npos;
    });
  };
  const std::string indent(table.label_width + kGap, ' ');
  std::string text;
  if (marked('>')) text += fmt::format("{}> the pick{}\n", indent, rule_text(document));
  if (marked('*'))
    text += indent + "* the front: no other is as good in every objective and better in one\n";
  return text;
}

}  // namespace

std::string genes_text(const config::Value& genes) {
  std::string text;
  if (!genes.is_table()) return text;
  for (const auto& [name, value] : genes.entries()) {
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, gene_text(value));
  }
  return text;
}

std::string leaderboard_table(const config::Value& document, std::size_t columns) {
  const Table table = table_of(document);
  const std::size_t wide = table.label_width + kGap + table.genes_width + table.numbers_width();
  const bool fits = columns == 0 || wide <= columns;
  return (fits ? wide_text(table) : narrow_text(table, columns)) + marks_text(table, document);
}

}  // namespace mendel::cli

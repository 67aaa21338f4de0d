#include "topology/mendel/backtest_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/market/metrics.hpp"
#include "topology/mendel/text_table.hpp"

namespace mendel::cli {
namespace {

using config::Value;

bool is_share(std::string_view metric) {
  constexpr std::string_view kShares[] = {"total_return", "cagr",          "max_drawdown",
                                          "win_rate",     "average_trade", "exposure"};
  return std::find(std::begin(kShares), std::end(kShares), metric) != std::end(kShares);
}

std::string metric_text(const Value& metrics, std::string_view name) {
  const Value* value = metrics.find(name);
  if (value == nullptr || !value->is_number()) {
    const Value* reasons = metrics.find("undefined");
    const Value* reason = reasons != nullptr ? reasons->find(name) : nullptr;
    return reason != nullptr && reason->is_text() ? reason->as_text() : "-";
  }
  if (value->is_integer()) return fmt::format("{}", value->as_integer());
  const double number = value->as_number();
  if (is_share(name)) return fmt::format("{:.2f} %", number * 100);
  return std::fabs(number) < 1e6 ? fmt::format("{:.3f}", number) : fmt::format("{:.3e}", number);
}

std::string plain(const Value& value) {
  if (value.is_text()) return value.as_text();
  return value.is_number() ? fmt::format("{}", value.as_number()) : "-";
}

std::string metrics_table(const Value& document) {
  std::vector<std::vector<std::string>> lines = {{""}};
  std::vector<const Value*> columns;
  for (const char* window : {"in_sample", "out_of_sample"}) {
    const Value* own = document.find(window);
    if (own == nullptr) continue;
    lines[0].emplace_back(window);
    columns.push_back(own);
    const Value* held = document.find_path(std::string("buy_and_hold.") + window);
    if (held == nullptr) continue;
    lines[0].emplace_back("buy-and-hold");
    columns.push_back(held);
  }
  for (std::string_view name : market::kMetricNames) {
    std::vector<std::string> line = {std::string(name)};
    for (const Value* column : columns) line.push_back(metric_text(*column, name));
    lines.push_back(std::move(line));
  }
  return aligned(lines);
}

// What the costs are worth: a few metrics with none of them, as they are, and doubled.
std::string costs_table(const Value& costs) {
  constexpr std::string_view kMetrics[] = {"total_return", "sharpe_ratio", "max_drawdown",
                                           "profit_factor", "trade_count"};
  std::vector<std::vector<std::string>> lines = {{"costs"}};
  for (std::string_view metric : kMetrics) lines.push_back({std::string(metric)});
  for (const char* window : {"in_sample", "out_of_sample"}) {
    for (const auto& [factor, windows] : costs.entries()) {
      const Value* metrics = windows.find(window);
      if (metrics == nullptr) continue;
      lines[0].push_back(fmt::format("{} {}", window, factor));
      for (std::size_t i = 0; i < std::size(kMetrics); ++i) {
        lines[i + 1].push_back(metric_text(*metrics, kMetrics[i]));
      }
    }
  }
  return fmt::format("\n{}", aligned(lines));
}

std::string trades_table(const Value& trades, std::string_view window) {
  constexpr const char* kKeys[] = {"symbol",    "side",       "entry_time", "entry_price",
                                   "exit_time", "exit_price", "profit",     "reason"};
  std::vector<std::vector<std::string>> lines(1);
  for (const char* key : kKeys) lines[0].emplace_back(key);
  for (const Value& trade : trades.items()) {
    std::vector<std::string> line;
    for (const char* key : kKeys) line.push_back(plain(*trade.find(key)));
    if (const Value* profit = trade.find("profit")) {
      line[6] = fmt::format("{:.2f}", profit->as_number());
    }
    lines.push_back(std::move(line));
  }
  return fmt::format("\ntrades {}\n{}", window, aligned(lines));
}

}  // namespace

std::string backtest_text(const Value& document) {
  std::string text = "genes:";
  if (const Value* genes = document.find("genes"); genes != nullptr && genes->is_table()) {
    for (const auto& [name, value] : genes->entries()) {
      text += fmt::format(" {}={}", name, plain(value));
    }
  }
  text += "\n\n" + metrics_table(document);
  if (const Value* costs = document.find("costs"); costs != nullptr && costs->is_table()) {
    text += costs_table(*costs);
  }
  for (const char* window : {"in_sample", "out_of_sample"}) {
    const Value* trades = document.find_path(std::string(window) + ".trades");
    if (trades != nullptr && trades->is_array() && !trades->items().empty()) {
      text += trades_table(*trades, window);
    }
  }
  const Value* notes = document.find("notes");
  if (notes == nullptr || !notes->is_array() || notes->items().empty()) return text;
  text += "\nnotes\n";
  for (const Value& note : notes->items()) text += "  " + plain(note) + "\n";
  return text;
}

}  // namespace mendel::cli

#include "topology/mendel/leaderboard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "topology/mendel/progress_view.hpp"
#include "topology/mendel/verdict_table.hpp"

namespace mendel::cli {
namespace {

struct Column {
  const char* title;
  const char* metric;
  bool percent;
  int decimals;
  int width;
};

constexpr std::array<Column, 4> kColumns = {{{"Sharpe", "sharpe_ratio", false, 2, 7},
                                             {"return", "total_return", true, 1, 9},
                                             {"drawdown", "max_drawdown", true, 1, 9},
                                             {"trades", "trade_count", false, 0, 7}}};
constexpr std::array<const char*, 2> kWindows = {"in_sample", "out_of_sample"};
constexpr int kWindowWidth = 32;  // sum of the columns' widths

std::string cell(const config::Value* metrics, const Column& column) {
  const config::Value* value = metrics == nullptr ? nullptr : metrics->find(column.metric);
  if (value == nullptr || !value->is_number()) return fmt::format("{:>{}}", "–", column.width);
  const double shown = value->as_number() * (column.percent ? 100 : 1);
  const std::string text =
      fmt::format("{:.{}f}{}", shown, column.decimals, column.percent ? " %" : "");
  return fmt::format("{:>{}}", text, column.width);
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

struct Line {
  std::string label;
  std::string genes;
  const config::Value* candidate;
};

std::vector<Line> lines_of(const config::Value& document) {
  std::vector<Line> lines;
  if (const config::Value* list = document.find("leaderboard"); list && list->is_array()) {
    for (const config::Value& candidate : list->items()) {
      // With several objectives those of the front are marked.
      const config::Value* front = candidate.find("front");
      const char* mark = front == nullptr ? "" : front->as_bool() ? "*" : " ";
      lines.push_back({std::to_string(lines.size() + 1) + mark, genes_of(candidate), &candidate});
    }
  }
  if (const config::Value* held = document.find("buy_and_hold"); held && held->is_table()) {
    lines.push_back({"", "buy and hold", held});
  }
  return lines;
}

std::string table_of(const config::Value& document) {
  const std::vector<Line> lines = lines_of(document);
  std::size_t genes_width = 12;
  for (const Line& line : lines) genes_width = std::max(genes_width, line.genes.size());
  const bool has_holdout = document.find_path("buy_and_hold.out_of_sample") != nullptr;
  const std::size_t windows = has_holdout ? 2 : 1;
  std::string heading = fmt::format("{:>3}  {:<{}}", "", "", genes_width);
  std::string titles = fmt::format("{:>3}  {:<{}}", "#", "genes", genes_width);
  for (std::size_t i = 0; i < windows; ++i) {
    heading += fmt::format("  {:^{}}", i == 0 ? "in sample" : "out of sample", kWindowWidth);
    titles += "  ";
    for (const Column& column : kColumns)
      titles += fmt::format("{:>{}}", column.title, column.width);
  }
  heading.erase(heading.find_last_not_of(' ') + 1);
  std::string text = heading + "\n" + titles + "\n";
  for (const Line& line : lines) {
    text += fmt::format("{:>3}  {:<{}}", line.label, line.genes, genes_width);
    for (std::size_t i = 0; i < windows; ++i) {
      text += "  ";
      for (const Column& column : kColumns) text += cell(line.candidate->find(kWindows[i]), column);
    }
    text += "\n";
  }
  const auto marked = [](const Line& line) { return line.label.ends_with('*'); };
  if (std::any_of(lines.begin(), lines.end(), marked))
    text +=
        "     * on the front: nothing found is better in one objective and no worse in all "
        "others\n";
  return text;
}

std::string number_at(const config::Value& document, const char* key) {
  const config::Value* value = document.find(key);
  if (value == nullptr || !value->is_number()) return "?";
  return with_commas(static_cast<std::uint64_t>(std::max(0.0, value->as_number())));
}

std::string text_at(const config::Value& document, const char* key) {
  const config::Value* value = document.find(key);
  return value != nullptr && value->is_text() ? value->as_text() : "";
}

double share_at(const config::Value& document, const char* key) {
  const config::Value* value = document.find(key);
  return value != nullptr && value->is_number() ? value->as_number() : 0;
}

// What ended the search before its generations did, and what needed no evaluation.
std::string search_line(const config::Value& document) {
  std::string text;
  const std::string stopped_by = text_at(document, "stopped_by");
  if (!stopped_by.empty() && stopped_by != "generations" && stopped_by != "grid")
    text += fmt::format("stopped by {}; ", stopped_by);
  if (document.find("candidates") == nullptr || !document.find("candidates")->is_number())
    return text;
  return text + fmt::format(
                    "{} candidates, {:.1f} % duplicates; {:.1f} % of the evaluations were "
                    "in the score log",
                    number_at(document, "candidates"), 100 * share_at(document, "duplicates"),
                    100 * share_at(document, "cache_hits"));
}

// What the verdict says as a caution is not said again as a note.
bool is_caution(const config::Value& document, const std::string& note) {
  const config::Value* cautions = document.find_path("verdict.cautions");
  if (cautions == nullptr || !cautions->is_array()) return false;
  return std::any_of(cautions->items().begin(), cautions->items().end(), [&](const auto& one) {
    return one.is_text() && one.as_text().starts_with(note);
  });
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

bool has_best(const config::Value& document) {
  const config::Value* best = document.find("best");
  return best != nullptr && best->is_table();
}

std::string leaderboard_query(const std::string& run) {
  return fmt::format(
      "SELECT rank + 1 AS \"#\", genes, in_sample_sharpe_ratio, out_of_sample_sharpe_ratio "
      "FROM mendel.leaderboard WHERE run = '{}'",
      run);
}

std::string leaderboard_text(const config::Value& document) {
  const config::Value* rate = document.find("evaluations_per_second");
  std::string text = fmt::format(
      "\nrun {}: {} generation{}, {} evaluations, {}seed {}\n"
      "digest {}\n\n",
      text_at(document, "run"), number_at(document, "generations"),
      number_at(document, "generations") == "1" ? "" : "s", number_at(document, "evaluations"),
      rate == nullptr || !rate->is_number()
          ? ""
          : number_at(document, "evaluations_per_second") + " a second, ",
      document.find("seed") && document.find("seed")->is_integer()
          ? std::to_string(document.find("seed")->as_integer())
          : "?",
      text_at(document, "digest"));
  if (const std::string search = search_line(document); !search.empty())
    text.insert(text.size() - 1, search + "\n");
  if (!has_best(document)) text += "no genome was feasible: no candidate meets every limit\n\n";
  text += table_of(document);
  text += verdict_text(document);
  text += "\n";
  if (const config::Value* notes = document.find("notes"); notes && notes->is_array()) {
    for (const config::Value& note : notes->items()) {
      if (note.is_text() && !is_caution(document, note.as_text()))
        text += fmt::format("note: {}\n", note.as_text());
    }
  }
  return text;
}

}  // namespace mendel::cli

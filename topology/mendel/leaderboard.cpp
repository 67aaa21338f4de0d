#include "topology/mendel/leaderboard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "topology/mendel/leaderboard_table.hpp"
#include "topology/mendel/null_searches.hpp"
#include "topology/mendel/progress_view.hpp"
#include "topology/mendel/run_list.hpp"
#include "topology/mendel/verdict_table.hpp"

namespace mendel::cli {
namespace {

// A judging that nobody had to wait for is not told.
constexpr double kJudgedWorthTellingSeconds = 1;

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

// Of several: what the pick is a compromise of.
std::string objectives_line(const config::Value& document) {
  const std::vector<std::string> objectives = texts_of(document, "objectives");
  if (objectives.size() < 2) return "";
  return fmt::format("objectives: {}\n\n", fmt::join(objectives, ", "));
}

// In place of the verdict, which has nothing to judge.
std::string none_text(const config::Value& document) {
  std::string text = "no genome was feasible, so the verdict is reject";
  if (const config::Value* nearest = document.find("nearest"); nearest && nearest->is_table())
    text += fmt::format("\nthe nearest: {} ({})", fmt::join(texts_of(*nearest, "missed"), "; "),
                        genes_text(*nearest->find("genes")));
  return text + "\n\n";
}

// How fast the search was, and how long its judging took; "" = nobody measured it.
std::string pace_text(const config::Value& document) {
  std::string text;
  if (const config::Value* rate = document.find("evaluations_per_second");
      rate && rate->is_number())
    text = number_at(document, "evaluations_per_second") + " a second, ";
  const config::Value* judged = document.find("judged_seconds");
  if (judged && judged->is_number() && judged->as_number() >= kJudgedWorthTellingSeconds)
    text += fmt::format("judged in {:.0f} s, ", judged->as_number());
  return text;
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

bool has_best(const config::Value& document) {
  const config::Value* best = document.find("best");
  return best != nullptr && best->is_table();
}

std::string leaderboard_text(const config::Value& document, std::size_t columns) {
  std::string text = fmt::format(
      "\nrun {}: {} generation{}, {} evaluations, {}seed {}\n"
      "digest {}\n\n",
      text_at(document, "run"), number_at(document, "generations"),
      number_at(document, "generations") == "1" ? "" : "s", number_at(document, "evaluations"),
      pace_text(document),
      document.find("seed") && document.find("seed")->is_integer()
          ? std::to_string(document.find("seed")->as_integer())
          : "?",
      text_at(document, "digest"));
  if (const std::string search = search_line(document); !search.empty())
    text.insert(text.size() - 1, search + "\n");
  text += has_best(document) ? objectives_line(document) : none_text(document);
  text += leaderboard_table(document, columns);
  text += has_best(document) ? verdict_text(document) : null_text(document);
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

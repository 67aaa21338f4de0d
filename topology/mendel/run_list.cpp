#include "topology/mendel/run_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "topology/mendel/progress_view.hpp"
#include "topology/mendel/text_table.hpp"

namespace mendel::cli {
namespace {

constexpr std::size_t kCandidatesShownMax = 8;

std::int64_t integer_of(const config::Value& run, std::string_view key) {
  const config::Value* found = run.find(key);
  return found != nullptr && found->is_integer() ? found->as_integer() : 0;
}

// Generations are numbered from 0; the first one is closed when it has a digest.
std::int64_t generations_done(const config::Value& run) {
  return text_of(run, "digest").empty() ? 0 : integer_of(run, "generation") + 1;
}

std::string best_of(const config::Value& run) {
  const config::Value* best = run.find("best");
  return best != nullptr && best->is_number() ? fmt::format("{:.3f}", best->as_number()) : "-";
}

bool has_several(const config::Value& run) { return texts_of(run, "objectives").size() > 1; }

std::string best_text(const config::Value& run) {
  const std::vector<std::string> objectives = texts_of(run, "objectives");
  std::string best = best_of(run);
  if (objectives.empty() || best == "-") return best;
  if (!has_several(run)) return fmt::format("{} ({})", best, objectives.front());
  return fmt::format("{} ({} of the genome that is best in it; the pick may be another)", best,
                     objectives.front());
}

std::string evaluations_of(const config::Value& run) {
  return with_commas(static_cast<std::uint64_t>(integer_of(run, "evaluations")));
}

// To the second, UTC.
std::string created_of(const config::Value& run) {
  constexpr std::size_t kSeconds = 19;
  const std::string created = text_of(run, "created");
  return created.size() > kSeconds ? created.substr(0, kSeconds) + "Z" : created;
}

}  // namespace

std::string text_of(const config::Value& run, std::string_view key) {
  const config::Value* found = run.find(key);
  return found != nullptr && found->is_text() ? found->as_text() : "";
}

std::vector<std::string> texts_of(const config::Value& run, std::string_view key) {
  std::vector<std::string> texts;
  const config::Value* list = run.find(key);
  if (list == nullptr || !list->is_array()) return texts;
  for (const config::Value& text : list->items())
    if (text.is_text()) texts.push_back(text.as_text());
  return texts;
}

std::string runs_table(const config::Value& runs) {
  std::vector<std::vector<std::string>> lines = {
      {"run", "name", "state", "generation", "best", "evaluations", "created", "detail"}};
  for (const config::Value& run : runs.items()) {
    lines.push_back({text_of(run, "run"), config::one_line(text_of(run, "name")),
                     text_of(run, "state"),
                     fmt::format("{}/{}", generations_done(run), integer_of(run, "generations")),
                     best_of(run) + (has_several(run) ? "*" : ""), evaluations_of(run),
                     created_of(run), config::one_line(text_of(run, "detail"))});
  }
  const auto& all = runs.items();
  const bool any = std::any_of(all.begin(), all.end(), has_several);
  return left_aligned(lines) +
         (any ? "* of several objectives the first, of the genome that is best in it; the pick may "
                "be another ('mendel show')\n"
              : "");
}

std::string run_text(const config::Value& run) {
  std::string text;
  const auto line = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) text += fmt::format("{:<12} {}\n", key, config::one_line(value));
  };
  line("run", text_of(run, "run"));
  line("name", text_of(run, "name"));
  line("experiment", text_of(run, "experiment"));
  line("state", text_of(run, "state"));
  line("detail", text_of(run, "detail"));
  line("created", created_of(run));
  line("seed", std::to_string(integer_of(run, "seed")));
  line("generation",
       fmt::format("{} of {}", generations_done(run), integer_of(run, "generations")));
  line("evaluations", evaluations_of(run));
  line("best", best_text(run));
  line("digest", text_of(run, "digest"));
  return text;
}

Result<std::string> resolve_run(const config::Value& runs, const std::string& word) {
  std::string beginning = word;
  for (char& c : beginning) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  std::vector<const config::Value*> meant;
  std::vector<std::string> names;
  bool named = false;
  for (const config::Value& run : runs.items()) {
    const std::string id = text_of(run, "run");
    if (id == beginning) return id;
    names.push_back(text_of(run, "name"));
    const bool is_latest_of_name = !named && names.back() == word;
    named = named || is_latest_of_name;
    if (is_latest_of_name || (!word.empty() && id.starts_with(beginning))) meant.push_back(&run);
  }
  if (meant.empty()) {
    const std::string nearest = config::nearest_name(word, names);
    return configuration_error(
        fmt::format("run '{}' is not known; {}`mendel runs` shows those that are", word,
                    nearest.empty() ? "" : fmt::format("did you mean '{}'? ", nearest)));
  }
  if (meant.size() == 1) return text_of(*meant.front(), "run");
  std::string candidates;
  for (std::size_t i = 0; i < std::min(meant.size(), kCandidatesShownMax); ++i) {
    candidates += fmt::format("{}{} ({}, {})", i == 0 ? "" : ", ", text_of(*meant[i], "run"),
                              text_of(*meant[i], "name"), text_of(*meant[i], "state"));
  }
  if (meant.size() > kCandidatesShownMax) {
    candidates += fmt::format(" and {} more", meant.size() - kCandidatesShownMax);
  }
  return configuration_error(fmt::format("run '{}' may be any of {} runs: {}; type more of the id",
                                         word, meant.size(), candidates));
}

}  // namespace mendel::cli

#include "topology/mendel/verdict_table.hpp"

#include <fmt/format.h>

#include <cmath>

#include "topology/mendel/null_searches.hpp"

namespace mendel::cli {
namespace {

std::string text_at(const config::Value& value, const char* key) {
  const config::Value* found = value.find(key);
  return found != nullptr && found->is_text() ? found->as_text() : "";
}

std::string number_at(const config::Value& value, const char* key) {
  const config::Value* found = value.find(key);
  if (found == nullptr || !found->is_number()) return "–";
  const double number = found->as_number();
  return std::abs(number) >= 1000 ? fmt::format("{:.0f}", number) : fmt::format("{:.3g}", number);
}

std::string line_of(const config::Value& test) {
  const config::Value* passed = test.find("passed");
  const bool passes = passed != nullptr && passed->is_bool() && passed->as_bool();
  return fmt::format("  {:<6}  {:<22}  {:>7}  {} {}\n          {}\n", passes ? "passed" : "FAILED",
                     text_at(test, "name"), number_at(test, "value"), text_at(test, "comparison"),
                     number_at(test, "threshold"), text_at(test, "meaning"));
}

}  // namespace

std::string verdict_text(const config::Value& document) {
  const config::Value* verdict = document.find("verdict");
  if (verdict == nullptr || !verdict->is_table()) return "";
  std::string text =
      fmt::format("\nverdict: {} ({})\n", text_at(*verdict, "verdict"), text_at(*verdict, "why"));
  if (const config::Value* tests = verdict->find("tests"); tests && tests->is_array())
    for (const config::Value& test : tests->items()) text += line_of(test);
  text += null_text(document);
  if (const config::Value* cautions = verdict->find("cautions"); cautions && cautions->is_array())
    for (const config::Value& caution : cautions->items())
      if (caution.is_text()) text += fmt::format("  caution: {}\n", caution.as_text());
  return text;
}

}  // namespace mendel::cli

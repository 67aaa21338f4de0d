// docs/monitoring.md lists every metric that the sources say, and no other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

#include "tests/tidy/source_tree.hpp"

namespace mendel::tidy {
namespace {

std::string text_of(const SourceFile& file) {
  std::string text;
  for (const std::string& line : file.lines) text += line + "\n";
  return text;
}

std::set<std::string> all_matches(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at)
    found.insert((*at)[1].str());
  return found;
}

// Samples are said as `add("name", …)` or `{"name", "labels" or fmt::format(…), …}`.
std::set<std::string> said() {
  std::set<std::string> names;
  for (const SourceFile& file : sources()) {
    const std::string text = text_of(file);
    if (file.path == "stages/monitor/monitor.cpp")
      names.merge(all_matches(text, "\"(mendel_[a-z_]+)\""));
    const bool says = file.path == "shared/database/figures.cpp" ||
                      file.path == "shared/runtime/loop.cpp" ||
                      (file.path.starts_with("stages/") &&
                       text.find("samples(std::vector<wire::Sample>&") != std::string::npos);
    if (!says) continue;
    const std::string pattern =
        R"re((?:\badd\(|\{)"([a-z0-9_]+)",\s*(?:""|"result=|fmt::|[a-z]+[_.A-Z(<-]|\*))re";
    for (const std::string& name : all_matches(text, pattern))
      names.insert(name.starts_with("neon_") ? name : "mendel_" + name);
  }
  return names;
}

TEST(Metrics, MonitoringIsTheListOfWhatIsSaid) {
  const std::set<std::string> listed =
      all_matches(read_file("docs/monitoring.md"), "\\b((?:mendel|neon)_[a-z0-9_]+)");
  const std::set<std::string> in_sources = said();
  for (const std::string& name : in_sources)
    EXPECT_TRUE(listed.contains(name)) << name << " is not in docs/monitoring.md";
  for (const std::string& name : listed)
    EXPECT_TRUE(in_sources.contains(name)) << name << " is said by nobody";
  EXPECT_GT(listed.size(), 80U);
}

}  // namespace
}  // namespace mendel::tidy

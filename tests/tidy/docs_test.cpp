// The documents stay true: links resolve, the picture is the program's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

#include "shared/wiring/settings.hpp"
#include "shared/wiring/topology.hpp"
#include "tests/tidy/source_tree.hpp"

namespace mendel::tidy {
namespace {

using testing::HasSubstr;

std::vector<std::string> documents() {
  std::vector<std::string> paths = {"README.md", "CHANGELOG.md", "topology/demo/README.md"};
  for (const char* place : {"docs", "docs/adr"}) {
    for (const std::string& path : folder(place)) {
      if (path.ends_with(".md")) paths.push_back(path);
    }
  }
  return paths;
}

TEST(Docs, LinksResolve) {
  const std::regex link("\\]\\(([^)#]+)(#[^)]*)?\\)");
  int links = 0;
  for (const std::string& path : documents()) {
    const std::string text = read_file(path);
    for (std::sregex_iterator at(text.begin(), text.end(), link), end; at != end; ++at) {
      const std::string target = (*at)[1];
      if (target.starts_with("http")) continue;
      const auto file = std::filesystem::path(root()) / path;
      EXPECT_TRUE(std::filesystem::exists(file.parent_path() / target)) << path << ": " << target;
      ++links;
    }
  }
  EXPECT_GT(links, 10);
}

TEST(Docs, ArchitectureShowsThePictureOfMendelGraph) {
  const auto topology = wiring::Topology::read(root() + "/topology/local.ini", "/state");
  ASSERT_TRUE(topology) << topology.error().message;
  EXPECT_THAT(read_file("docs/ARCHITECTURE.md"), HasSubstr(wiring::draw(*topology)));
}

TEST(Docs, ArchitectureIsShort) {
  const std::string text = read_file("docs/ARCHITECTURE.md");
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 250);
}

TEST(Docs, EverySettingIsDocumented) {
  const std::string text = read_file("docs/operating.md");
  for (const wiring::SettingSpec& setting : wiring::settings()) {
    EXPECT_THAT(text, HasSubstr("`" + std::string(setting.key) + "`"));
  }
}

}  // namespace
}  // namespace mendel::tidy

// The house style, read from the source tree: what reviewers would otherwise say again and again.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "shared/wiring/edges.hpp"
#include "shared/wiring/settings.hpp"
#include "tests/tidy/source_tree.hpp"

namespace mendel::tidy {
namespace {

constexpr std::size_t kFileLinesMax = 800;
constexpr std::size_t kHeaderLinesMax = 200;
// The list of all messages is a header by nature.
const std::set<std::string> kLongHeaders = {"shared/wire/messages.hpp", "shared/wire/fields.hpp"};

bool in(const SourceFile& file, const std::string& folder) {
  return file.path.starts_with(folder + "/");
}
// Characters, not bytes: a continuation byte of UTF-8 takes no column.
std::size_t columns(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}
bool is_header(const SourceFile& file) { return file.path.ends_with(".hpp"); }

// Calls `found` for every line of a file that matches.
template <class Found>
void grep(const SourceFile& file, const std::regex& pattern, Found found) {
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    if (std::regex_search(file.lines[i], pattern)) found(i + 1, file.lines[i]);
  }
}

TEST(Tidy, FilesAreShortAndLinesFit) {
  ASSERT_GT(sources().size(), 50u);
  for (const SourceFile& file : sources()) {
    EXPECT_LE(file.lines.size(), kFileLinesMax) << file.path;
    if (is_header(file) && !kLongHeaders.contains(file.path)) {
      EXPECT_LE(file.lines.size(), kHeaderLinesMax) << file.path;
    }
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      EXPECT_LE(columns(file.lines[i]), 100u) << file.path << ":" << i + 1;
    }
  }
}

TEST(Tidy, HeadersOpenWithWhatTheyAreAndGuardThemselves) {
  for (const SourceFile& file : sources()) {
    if (!is_header(file)) continue;
    ASSERT_FALSE(file.lines.empty()) << file.path;
    EXPECT_TRUE(file.lines.front().starts_with("// ")) << file.path;
    EXPECT_NE(std::find(file.lines.begin(), file.lines.end(), "#pragma once"), file.lines.end())
        << file.path;
  }
}

TEST(Tidy, HeadersOfTheProductStateTheirThreadContract) {
  for (const SourceFile& file : sources()) {
    if (!is_header(file) || in(file, "tests")) continue;
    const auto states = [](const std::string& line) {
      return line.find("Threads:") != std::string::npos;
    };
    EXPECT_TRUE(std::any_of(file.lines.begin(), file.lines.end(), states)) << file.path;
  }
}

// One owner per third-party library: its headers are included nowhere else.
TEST(Tidy, EachThirdPartyLibraryHasOneOwner) {
  const std::vector<std::pair<std::regex, std::string>> owners = {
      {std::regex("^#include <zmq"), "shared/sockets"},
      {std::regex("^#include <(pqxx|libpq|postgresql)"), "shared/database"},
      {std::regex("^#include <msgpack"), "shared/wire"},
      {std::regex("^#include <(boost|toml\\+\\+|nlohmann)"), "shared/config"},
      {std::regex("^#include <(prometheus|civet|Civet)"), "shared/telemetry"},
      {std::regex("^#include <zstd"), "shared/compression"},
      {std::regex("^#include <(openssl|xxhash|spdlog)"), "shared/base"}};
  for (const SourceFile& file : sources()) {
    for (const auto& [pattern, owner] : owners) {
      if (in(file, owner)) continue;
      grep(file, pattern, [&](std::size_t line, const std::string& text) {
        ADD_FAILURE() << file.path << ":" << line << ": " << text << " belongs to " << owner;
      });
    }
  }
}

// Bits: whatever reaches a gene, score, digest or dataset uses + - * / sqrt and shared/base only.
TEST(Tidy, BitsThatReachAScoreComeFromExactArithmetic) {
  const std::regex inexact(
      "std::(exp|exp2|expm1|log|log2|log10|log1p|pow|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|"
      "tanh|cbrt|hypot|fma|lgamma|tgamma|erf|erfc|shuffle|sort|nth_element|partial_sort|reduce|"
      "unordered_map|unordered_set|accumulate_n)\\b|#include <random>|#include <unordered_");
  for (const SourceFile& file : sources()) {
    const bool counts =
        in(file, "shared/market") || in(file, "shared/strategy") || in(file, "shared/backtest") ||
        in(file, "shared/genetics") || file.path.starts_with("shared/base/elementary") ||
        file.path.starts_with("shared/base/rng") || file.path.starts_with("shared/store/dataset");
    if (!counts) continue;
    grep(file, inexact, [&](std::size_t line, const std::string& text) {
      ADD_FAILURE() << file.path << ":" << line << ": " << text;
    });
  }
}

TEST(Tidy, PureLibrariesKnowNoClockFileSocketOrLog) {
  const std::regex impure(
      "#include <(chrono|fstream|filesystem|iostream|thread|mutex|sys/|unistd|fcntl)|"
      "read_clocks\\(|log::(debug|info|warn|error)\\(|std::getenv");
  for (const SourceFile& file : sources()) {
    const bool pure = in(file, "shared/market") || in(file, "shared/strategy") ||
                      in(file, "shared/backtest") || in(file, "shared/genetics") ||
                      in(file, "shared/statistics");
    if (!pure) continue;
    grep(file, impure, [&](std::size_t line, const std::string& text) {
      ADD_FAILURE() << file.path << ":" << line << ": " << text;
    });
  }
}

TEST(Tidy, FileNamesAreNounsOfTheDesign) {
  const std::regex vague("(^|[/_])(manager|helpers?|utils?|misc|common|info|stuff)([_.]|$)");
  for (const SourceFile& file : sources()) {
    EXPECT_FALSE(std::regex_search(file.path, vague)) << file.path;
  }
}

TEST(Tidy, NothingIsLeftForLater) {
  // Spelt apart so that this file does not find itself.
  const std::regex marks(std::string("\\b(TO") + "DO|FIX" + "ME|XX" + "X|HA" + "CK)\\b");
  for (const SourceFile& file : sources()) {
    grep(file, marks, [&](std::size_t line, const std::string& text) {
      ADD_FAILURE() << file.path << ":" << line << ": " << text;
    });
  }
}

// One word per stage everywhere.
TEST(Tidy, StagesHaveOneNameEverywhere) {
  std::set<std::string> expected(wiring::kStages.begin(), wiring::kStages.end());
  std::set<std::string> folders;
  for (const std::string& path : folder("stages")) {
    if (std::filesystem::is_directory(root() + "/" + path)) folders.insert(path.substr(7));
  }
  EXPECT_EQ(folders, expected);
  const std::string compose = read_file("compose/compose.yaml");
  for (const std::string& stage : expected) {
    EXPECT_NE(compose.find("\n  " + stage + ":\n"), std::string::npos) << stage;
    EXPECT_NE(read_file("stages/" + stage + "/CMakeLists.txt").find("mendel_stage(" + stage),
              std::string::npos);
    EXPECT_NE(read_file("stages/" + stage + "/process.hpp").find("namespace mendel::" + stage),
              std::string::npos);
  }
}

TEST(Tidy, TheSixMainsAreTheSameTenLines) {
  for (const std::string_view stage : wiring::kStages) {
    const std::string name(stage);
    const std::string main = read_file("stages/" + name + "/main.cpp");
    EXPECT_LE(std::count(main.begin(), main.end(), '\n'), 10) << name;
    EXPECT_EQ(
        std::regex_replace(main, std::regex(name), "STAGE"),
        std::regex_replace(read_file("stages/monitor/main.cpp"), std::regex("monitor"), "STAGE"));
  }
}

TEST(Tidy, EveryTopologyWiresEveryEdge) {
  for (const char* file : {"topology/local.ini", "topology/compose.ini"}) {
    const std::string text = read_file(file);
    for (const wiring::EdgeSpec& edge : wiring::edges()) {
      EXPECT_NE(text.find(fmt::format("\n[{}]\n", edge.name)), std::string::npos)
          << file << " " << edge.name;
    }
  }
}

// A setting that nothing reads would be accepted and ignored.
TEST(Tidy, EverySettingIsReadSomewhere) {
  for (const wiring::SettingSpec& setting : wiring::settings()) {
    const std::string quoted = fmt::format("\"{}\"", setting.key);
    const auto reads = [&](const SourceFile& file) {
      if (in(file, "tests") || file.path == "shared/wiring/settings.cpp") return false;
      const auto has = [&](const std::string& line) {
        return line.find(quoted) != std::string::npos;
      };
      return std::any_of(file.lines.begin(), file.lines.end(), has);
    };
    EXPECT_TRUE(std::any_of(sources().begin(), sources().end(), reads)) << setting.key;
  }
}

TEST(Tidy, SqlFilesAreNumberedWithoutGaps) {
  int number = 0;
  for (const std::string& path : folder("sql")) {
    EXPECT_TRUE(path.starts_with(fmt::format("sql/{:04}_", ++number))) << path;
    EXPECT_TRUE(path.ends_with(".sql")) << path;
  }
  EXPECT_GT(number, 0);
}

// A sanitizer that cannot read its suppressions ends every test, and only the slow lane would see.
TEST(Tidy, SuppressionsOfSanitizersAreOneALine) {
  std::size_t files = 0;
  for (const std::string& path : folder("tests/support")) {
    if (!path.ends_with(".supp")) continue;
    ++files;
    std::istringstream lines(read_file(path));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_TRUE(std::regex_match(line, std::regex("# .*|[a-z_]+:\\S+"))) << path << ": " << line;
    }
  }
  EXPECT_EQ(files, 2u);
}

}  // namespace
}  // namespace mendel::tidy

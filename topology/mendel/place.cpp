#include <fmt/format.h>

#include <cstdlib>

#include "shared/runtime/launch.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/state_folder.hpp"

namespace mendel::cli {

std::vector<config::OptionSpec> pipeline_options() {
  return {{"state", "dir", "state directory of the pipeline (else MENDEL_STATE)"},
          {"topology", "file",
           "wiring of the pipeline (else MENDEL_TOPOLOGY, else topology/local.ini)"}};
}

std::string root_folder() { return runtime::root_folder(); }

Result<wiring::Topology> open_topology(const config::Arguments& arguments) {
  return runtime::open_topology(arguments);
}

std::string invocation() { return std::getenv("MENDEL_ROOT") == nullptr ? "mendel" : "./mendel"; }

namespace {

// As it can be pasted into a shell.
std::string shell_word(const std::string& path) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=.,:@%/";
  if (!path.empty() && path.find_first_not_of(kPlain) == std::string::npos) return path;
  std::string word = "'";
  for (char c : path) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

}  // namespace

std::string invocation(const wiring::Topology& topology, std::string_view words) {
  std::string line = fmt::format("{} {}", invocation(), words);
  if (!is_default_state(topology.state())) line += " --state " + shell_word(topology.state());
  return line;
}

bool is_default_state(const std::string& state) {
  if (std::getenv("MENDEL_STATE") != nullptr) return false;
  const Result<std::string> chosen = runtime::state_folder(config::Arguments{});
  return chosen && *chosen == state;
}

}  // namespace mendel::cli

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "topology/mendel/command.hpp"
#include "topology/mendel/state_folder.hpp"

namespace mendel::cli {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<std::string> default_state() {
  if (geteuid() == 0) return std::string("/var/lib/mendel");
  if (const std::string base = environment("XDG_STATE_HOME"); base.starts_with('/')) {
    return base + "/mendel";
  }
  std::string home = environment("HOME");
  if (home.empty()) {
    const passwd* entry = getpwuid(geteuid());
    if (entry != nullptr && entry->pw_dir != nullptr) home = entry->pw_dir;
  }
  if (!home.starts_with('/')) {
    return configuration_error(
        "no home directory is known to keep state in; name one with --state <dir>");
  }
  return home + "/.local/state/mendel";
}

}  // namespace

bool is_default_state(const std::string& state) {
  const Result<std::string> chosen = default_state();
  return environment("MENDEL_STATE").empty() && chosen && *chosen == state;
}

std::vector<config::OptionSpec> pipeline_options() {
  return {{"state", "dir", "state directory of the pipeline (else MENDEL_STATE)"},
          {"topology", "file", "wiring of the pipeline [topology/local.ini]"}};
}

std::string root_folder() {
  const std::string root = environment("MENDEL_ROOT");
  return root.empty() ? MENDEL_ROOT_FOLDER : root;
}

Result<wiring::Topology> open_topology(const config::Arguments& arguments) {
  std::string state = arguments.text("state");
  if (state.empty()) state = environment("MENDEL_STATE");
  if (state.empty()) {
    Result<std::string> chosen = default_state();
    if (!chosen) return chosen.error();
    state = *chosen;
  }
  std::string file = arguments.text("topology");
  if (file.empty()) file = environment("MENDEL_TOPOLOGY");
  if (file.empty()) file = root_folder() + "/topology/local.ini";
  std::error_code error;
  std::string absolute = std::filesystem::absolute(state, error).lexically_normal().string();
  while (absolute.size() > 1 && absolute.back() == '/') absolute.pop_back();
  return wiring::Topology::read(file, absolute);
}

}  // namespace mendel::cli

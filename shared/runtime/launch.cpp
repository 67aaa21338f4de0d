#include "shared/runtime/launch.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace mendel::runtime {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Result<std::string> user_state_folder() {
  if (geteuid() == 0) return std::string("/var/lib/mendel");
  if (const std::string xdg = environment("XDG_STATE_HOME"); xdg.starts_with('/')) {
    return xdg + "/mendel";
  }
  std::string home = environment("HOME");
  if (home.empty()) {
    const passwd* entry = getpwuid(geteuid());
    if (entry != nullptr && entry->pw_dir != nullptr) home = entry->pw_dir;
  }
  if (home.starts_with('/')) return home + "/.local/state/mendel";
  return configuration_error(
      "no home directory is known to keep state in; name one with --state <dir>");
}

}  // namespace

std::vector<config::OptionSpec> common_options() {
  return {
      {"topology", "file",
       "wiring of the pipeline (else MENDEL_TOPOLOGY, else topology/local.ini)"},
      {"state", "dir", "state directory of the pipeline (else MENDEL_STATE)"},
      {"log-level", "level", "least level written: debug, info, warn or error", "info"},
      {"check", "", "print the resolved configuration, secrets redacted, and exit"},
      {"health", "", "ask the running stage; exit 0 when it is healthy"},
      {"version", "", "print the version"},
      {"help", "", "show this text"},
  };
}

std::string root_folder() {
  const std::string root = environment("MENDEL_ROOT");
  return root.empty() ? MENDEL_ROOT : root;
}

Result<std::string> state_folder(const config::Arguments& arguments) {
  std::string state = arguments.text("state");
  if (state.empty()) state = environment("MENDEL_STATE");
  if (state.empty()) {
    Result<std::string> chosen = user_state_folder();
    if (!chosen) return chosen;
    state = *chosen;
  }
  std::error_code ignored;
  std::string absolute = std::filesystem::absolute(state, ignored).lexically_normal().string();
  while (absolute.size() > 1 && absolute.back() == '/') absolute.pop_back();
  return absolute;
}

std::string topology_file(const config::Arguments& arguments) {
  std::string file = arguments.text("topology");
  if (file.empty()) file = environment("MENDEL_TOPOLOGY");
  if (!file.empty()) return file;
  return root_folder() + "/topology/local.ini";
}

Result<wiring::Topology> open_topology(const config::Arguments& arguments) {
  Result<std::string> state = state_folder(arguments);
  if (!state) return state.error();
  return wiring::Topology::read(topology_file(arguments), *state);
}

Status make_run_folder(const wiring::Topology& topology) {
  namespace fs = std::filesystem;
  std::error_code failed;
  fs::create_directories(topology.run(), failed);
  if (!failed) {
    fs::permissions(topology.run(), fs::perms::owner_all, fs::perm_options::replace, failed);
  }
  if (!failed && access(topology.run().c_str(), W_OK) != 0) {
    failed = std::make_error_code(std::errc::permission_denied);
  }
  if (!failed) return {};
  return configuration_error(
      fmt::format("{}: cannot be created or written: {}; choose another state directory (--state)",
                  topology.run(), failed.message()));
}

}  // namespace mendel::runtime

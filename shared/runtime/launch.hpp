// Launch: the options that every stage has, and where its topology and state are.
// Threads: plain functions; they read the environment.
#pragma once

#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/config/options.hpp"
#include "shared/wiring/topology.hpp"

namespace mendel::runtime {

// --topology, --state, --log-level, --help, --version, --check, --health.
std::vector<config::OptionSpec> common_options();

// MENDEL_ROOT, set by the entry script; else the tree this was built from.
std::string root_folder();

// --state, else MENDEL_STATE, else /var/lib/mendel for root and $XDG_STATE_HOME/mendel
// (~/.local/state/mendel) for others; absolute.
Result<std::string> state_folder(const config::Arguments& arguments);
// --topology, else MENDEL_TOPOLOGY, else topology/local.ini of the root folder.
std::string topology_file(const config::Arguments& arguments);
Result<wiring::Topology> open_topology(const config::Arguments& arguments);

// Creates the folder of sockets, pid and health files, for its owner only.
Status make_run_folder(const wiring::Topology& topology);

}  // namespace mendel::runtime

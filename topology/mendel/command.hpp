// Command: one subcommand of `mendel`. Each lives in a file of its name and is listed in
// commands.cpp; `mendel <stage>` runs a stage's binary instead.
// Threads: the main thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/config/options.hpp"
#include "shared/wiring/topology.hpp"

namespace mendel::cli {

struct Command {
  config::CommandSpec spec;  // spec.name is "mendel <word>"; --help is added to every command
  // Returns the exit code, or an Error that main prints as one line and ends with.
  std::function<Result<int>(const config::Arguments&)> run;
};

// One per subcommand; defined in the file named in the comment.
Command adopt_command();         // adopt.cpp
Command backtest_command();      // backtest.cpp
Command backup_command();        // backup.cpp
Command bench_command();         // bench.cpp
Command cancel_command();        // cancel.cpp
Command check_command();         // check.cpp
Command data_command();          // data.cpp
Command demo_command();          // demo.cpp
Command evolve_command();        // evolve.cpp
Command explain_command();       // explain.cpp
Command export_command();        // export.cpp
Command gc_command();            // gc.cpp
Command graph_command();         // graph.cpp
Command ingest_command();        // ingest.cpp
Command language_command();      // language.cpp
Command log_command();           // log.cpp
Command migrate_command();       // migrate.cpp
Command neon_command();          // neon.cpp
Command new_command();           // new.cpp
Command replay_command();        // replay.cpp
Command restore_command();       // restore.cpp
Command resume_command();        // resume.cpp
Command retention_command();     // retention.cpp
Command runs_command();          // runs.cpp
Command show_command();          // show.cpp
Command simulate_command();      // simulate.cpp
Command sql_command();           // sql.cpp
Command status_command();        // status.cpp
Command tap_command();           // tap.cpp
Command up_command();            // up.cpp
Command verify_command();        // verify.cpp
Command validate_command();      // validate.cpp
Command walk_forward_command();  // walk_forward.cpp

// --state <dir> and --topology <file>, for commands that speak to a pipeline.
std::vector<config::OptionSpec> pipeline_options();
// Reads the topology those options name. The state directory is --state, else MENDEL_STATE, else
// /var/lib/mendel for root and $XDG_STATE_HOME/mendel (~/.local/state/mendel) for others; the
// topology is --topology, else MENDEL_TOPOLOGY, else topology/local.ini of the installation.
Result<wiring::Topology> open_topology(const config::Arguments& arguments);

// The root of the source tree or installation (MENDEL_ROOT, set by the entry script; else compiled
// in): where topology/ and sql/ are.
std::string root_folder();

}  // namespace mendel::cli

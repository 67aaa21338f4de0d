// Child: a process of ours: a stage, the private PostgreSQL, a program that is run to its end.
// Every child dies with its parent (PR_SET_PDEATHSIG), so spawn from a thread that stays.
// Threads: one thread.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/result.hpp"
#include "topology/mendel/restart_policy.hpp"

namespace mendel::cli {

struct ChildSpec {
  std::string name;                // "evaluator-2": log file and messages
  std::vector<std::string> words;  // words[0] is the path of the binary
  std::vector<std::pair<std::string, std::string>> environment;  // added to ours, or replacing
  std::string user;               // run as this user (needs root); "" = as we are
  int stop_signal = SIGTERM;      // asks it to end
  int orphan_signal = SIGKILL;    // what it gets when we die
  std::string output_file;        // appended to instead of a pipe; "" = the pipe of Child
  bool inherit_terminal = false;  // stdin, stdout, stderr and process group are ours (psql)
};

struct Child {
  pid_t pid = -1;
  // Read end of its stdout and stderr, not blocking; the caller closes it. -1 when there is none.
  int output = -1;
};

// Starts it in process group `group` (0 = a new one that it leads) with an empty signal mask,
// stdin from /dev/null, working directory "/" when another user runs it.
Result<Child> spawn(const ChildSpec& spec, pid_t group);

Ending ending_from(int wait_status);
// "ended with code 1", "was killed by signal 9 (Killed)".
std::string describe(Ending ending);

// Waits for its end, without reading its output.
Ending wait_for(pid_t pid);
// Asks it to end by `signal`, kills it when it has not after `patience_ms`, and waits.
Ending end_child(pid_t pid, int signal, std::int64_t patience_ms);

struct ProgramOutput {
  Ending ending;
  std::string text;  // stdout and stderr, at most 1 MiB
};
// Runs to the end. The error is about starting it; a bad exit is in the result.
Result<ProgramOutput> run_program(const ChildSpec& spec);

}  // namespace mendel::cli

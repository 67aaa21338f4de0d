// Commands: the table of what `mendel` can do, and how a word becomes a command, a stage's binary
// or an error with the nearest name.
// Threads: the main thread.
#pragma once

#include <string>
#include <vector>

#include "topology/mendel/command.hpp"

namespace mendel::cli {

struct ListedCommand {
  std::string word;   // "evolve"
  std::string group;  // heading of `mendel --help`
  Command (*make)();
};

// In the order of `mendel --help`.
const std::vector<ListedCommand>& commands();

// The text of `mendel --help`.
std::string overview();

// The whole command line: returns the exit code. `mendel <stage> …` replaces the process by the
// stage's binary.
int run_command_line(int argc, char** argv);

// One command with its words: the exit code, also when memory runs out.
int run_command(Command command, const std::vector<std::string>& words);

// The folder of this executable, where the stages' binaries are.
std::string binary_folder();

}  // namespace mendel::cli

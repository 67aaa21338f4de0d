#include "topology/mendel/commands.hpp"

int main(int argc, char** argv) { return mendel::cli::run_command_line(argc, argv); }

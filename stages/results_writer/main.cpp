#include "shared/runtime/stage.hpp"
#include "stages/results_writer/process.hpp"

int main(int argc, char** argv) {
  return mendel::runtime::run(mendel::results_writer::definition(), argc, argv);
}

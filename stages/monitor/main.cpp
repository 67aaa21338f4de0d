#include "shared/runtime/stage.hpp"
#include "stages/monitor/process.hpp"

int main(int argc, char** argv) {
  return mendel::runtime::run(mendel::monitor::definition(), argc, argv);
}

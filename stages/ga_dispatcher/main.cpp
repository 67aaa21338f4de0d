#include "shared/runtime/stage.hpp"
#include "stages/ga_dispatcher/process.hpp"

int main(int argc, char** argv) {
  return mendel::runtime::run(mendel::ga_dispatcher::definition(), argc, argv);
}

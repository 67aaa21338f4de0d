#include "shared/runtime/stage.hpp"
#include "stages/data_loader/process.hpp"

int main(int argc, char** argv) {
  return mendel::runtime::run(mendel::data_loader::definition(), argc, argv);
}

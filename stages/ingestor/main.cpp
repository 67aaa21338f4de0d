#include "shared/runtime/stage.hpp"
#include "stages/ingestor/process.hpp"

int main(int argc, char** argv) {
  return mendel::runtime::run(mendel::ingestor::definition(), argc, argv);
}

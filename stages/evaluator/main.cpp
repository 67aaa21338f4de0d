#include "shared/runtime/stage.hpp"
#include "stages/evaluator/process.hpp"

int main(int argc, char** argv) {
  return mendel::runtime::run(mendel::evaluator::definition(), argc, argv);
}

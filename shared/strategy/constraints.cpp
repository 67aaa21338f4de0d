#include "shared/strategy/constraints.hpp"

#include <fmt/format.h>

#include <cstddef>

#include "shared/strategy/evaluation.hpp"
#include "shared/strategy/expression.hpp"

namespace mendel::strategy {
namespace {

constexpr std::size_t kShownBytesMax = 200;

}  // namespace

std::string broken_constraint(const Experiment& experiment, const Genome& genome) {
  for (const ExpressionPtr& term : experiment.strategy.constraints) {
    if (evaluate_truth(*term, experiment.genes, genome) == Truth::yes) continue;
    std::string text = to_text(*term);
    if (text.size() > kShownBytesMax) text = text.substr(0, kShownBytesMax) + " …";
    return fmt::format("constraint '{}'", text);
  }
  return "";
}

}  // namespace mendel::strategy

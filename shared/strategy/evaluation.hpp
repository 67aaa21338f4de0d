// Evaluation: what operators do to single values, and the value of constant expressions.
// Undefined numbers are NaN; a result that is not finite is undefined.
// Threads: pure functions.
#pragma once

#include <span>
#include <vector>

#include "shared/strategy/expression.hpp"
#include "shared/strategy/functions.hpp"
#include "shared/strategy/genes.hpp"

namespace mendel::strategy {

double arithmetic(Op op, double a, double b);  // add, subtract, multiply, divide
Truth comparison(Op op, double a, double b);   // undefined when a or b is
Truth logical(Op op, Truth a, Truth b);        // and, or: Kleene
Truth opposite(Truth a);

// The function that a call means for a genome, and its arguments: `ma` is the average its kind
// chooses, every other call is itself.
struct ChosenCall {
  const Function* function = nullptr;
  std::span<const ExpressionPtr> arguments;
};
ChosenCall chosen_call(const Expression& call, const std::vector<Gene>& genes,
                       const Genome& genome);

// Require a constant expression of the type, and a genome of these genes.
double evaluate_number(const Expression& expression, const std::vector<Gene>& genes,
                       const Genome& genome);
Truth evaluate_truth(const Expression& expression, const std::vector<Gene>& genes,
                     const Genome& genome);

}  // namespace mendel::strategy

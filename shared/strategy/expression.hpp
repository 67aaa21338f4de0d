// Expression: one typed term of the strategy language, and the pool that makes equal terms one.
// Threads: expressions are immutable and shared; a pool belongs to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "shared/strategy/experiment.hpp"
#include "shared/strategy/functions.hpp"
#include "shared/strategy/interval.hpp"

namespace mendel::strategy {

// Limits of one expression after its let names are put in.
inline constexpr int kNestingMax = 64;
inline constexpr std::int64_t kTermsMax = 1024;
// Of its text: kTermsMax terms of kNameBytesMax bytes with operators and parentheses fit.
inline constexpr std::size_t kExpressionBytesMax = 128 << 10;
inline constexpr std::size_t kNameBytesMax = 40;
inline constexpr double kPeriodMax = 100'000;

enum class Op : std::uint8_t {
  number,
  text,  // only as the right operand of choice_is
  gene,
  choice_is,  // kind == 'fast': a choice gene and a text
  column,
  call,
  at,         // on longer bars: text, length_ns
  of_symbol,  // on another symbol: text
  index,
  negate,
  multiply,
  divide,
  add,
  subtract,
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,
  logical_not,
  logical_and,
  logical_or,
};

enum class Type : std::uint8_t { number, boolean, text };
enum class Column : std::uint8_t { open, high, low, close, volume };
inline constexpr std::string_view kColumnNames[] = {"open", "high", "low", "close", "volume"};

struct Expression {
  Op op = Op::number;
  Type type = Type::number;
  double number = 0;                     // number
  std::string text;                      // text; the name of a gene, of at's timeframe, of a symbol
  std::size_t gene = 0;                  // gene, choice_is: place in the experiment's genes
  std::size_t choice = 0;                // choice_is
  Column column = Column::close;         // column
  const Function* function = nullptr;    // call
  std::int64_t length_ns = 0;            // at: of the longer bars
  std::vector<ExpressionPtr> arguments;  // operands; of an index: the series, then the count

  bool constant = false;       // the same on every bar: numbers and genes only
  Interval range;              // of a constant number
  std::int64_t look_back = 0;  // bars before the current one that any genome may need
  // Derived by the pool.
  int depth = 1;
  std::int64_t terms = 1;  // counted as if nothing were shared
  std::size_t id = 0;      // equal terms of one pool have one id; ids are 0, 1, 2, …
};

// Operators in text: "and", "<=" …; "" for anything else.
std::string_view symbol(Op op);
// Binding strength: or 1, and 2, not 3, comparisons 4, + - 5, * / 6, unary minus 7, [n] 8, rest 9.
int precedence(Op op);

// Canonical text: one space around operators, the fewest parentheses; parsing it gives equal terms.
std::string to_text(const Expression& expression);

class ExpressionPool {
 public:
  // The one shared term equal to `draft`, with the derived fields set.
  ExpressionPtr intern(Expression draft);

 private:
  std::map<std::string, ExpressionPtr, std::less<>> terms_;
};

// Visits the terms below and including this one, each once, however often it is shared.
void for_each_term(const Expression& expression,
                   const std::function<void(const Expression&)>& visit);

// Marks the genes that the expression reads; `used` has one entry per gene.
void mark_genes(const Expression& expression, std::vector<bool>& used);

// Number of different terms (ids) below and including these; for tables indexed by id: the highest
// id + 1.
std::size_t id_end(const Expression& expression);

}  // namespace mendel::strategy

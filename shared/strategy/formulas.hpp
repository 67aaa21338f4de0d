// Formulas: reads the expressions of one experiment in the scope of its genes and let names.
// Threads: one thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "shared/strategy/draft.hpp"
#include "shared/strategy/expression.hpp"
#include "shared/strategy/parser.hpp"

namespace mendel::strategy {

inline constexpr std::size_t kLetsMax = 256;

// What a constant expression has to stay within, for every genome.
struct Bounds {
  double least = 0;
  bool least_allowed = true;  // least itself is inside
  double most = 0;
  bool whole = false;
};

class Formulas {
 public:
  // `lets` may be null. Every let is read, used or not.
  Formulas(Draft& draft, const std::vector<Gene>& genes, const DataSettings& data,
           const config::Value* lets);
  Formulas(const Formulas&) = delete;
  Formulas& operator=(const Formulas&) = delete;

  // Null after a complaint.
  ExpressionPtr signal(const config::Value& value);
  ExpressionPtr constraint(const config::Value& value);
  // A number, or an expression over genes.
  ExpressionPtr constant(const config::Value& value, std::string_view key, const Bounds& bounds);
  // Once everything is read: refuses a let that no expression names.
  void check_lets_used();

 private:
  void check_names();
  ExpressionPtr read(const config::Value& text);
  std::variant<ExpressionPtr, std::string> let(std::string_view name);

  Draft& draft_;
  const std::vector<Gene>& genes_;
  const config::Value* lets_;
  ExpressionPool pool_;
  Scope scope_;
  int parser_depth_ = 0;
  // Nullopt while a let is being read: meeting it again is a circle.
  std::map<std::string, std::optional<ExpressionPtr>, std::less<>> known_;
  std::set<std::string, std::less<>> named_lets_;  // by some expression
};

}  // namespace mendel::strategy

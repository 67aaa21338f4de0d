// Parser: the text of an expression as a typed term (docs/language.md has the grammar).
// Threads: one thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shared/strategy/expression.hpp"
#include "shared/strategy/genes.hpp"
#include "shared/strategy/lexer.hpp"

namespace mendel::strategy {

// The names an expression may use.
struct Scope {
  ExpressionPool* pool = nullptr;
  const std::vector<Gene>* genes = nullptr;
  const DataSettings* data = nullptr;  // the bars there are; null: at and symbol are refused
  // Nested calls of the parser so far, shared by the lets it reads on its way; null: its own.
  int* depth = nullptr;
  std::vector<std::string> lets;
  // The term of a let name, or what keeps it from having one ("" = it is already reported).
  std::function<std::variant<ExpressionPtr, std::string>(std::string_view name)> let;
};

std::variant<ExpressionPtr, Complaint> parse_expression(std::string_view text, const Scope& scope);

// What the language has under this name, so that no gene and no let may be called so: "a column",
// "a function", "a word"; "" when it is free.
std::string_view reserved_as(std::string_view name);
// A letter or underscore, then letters, digits, underscores; at most kNameBytesMax.
bool is_name(std::string_view name);

}  // namespace mendel::strategy

// Lexer: the text of an expression as tokens.
// Threads: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mendel::strategy {

struct Token {
  enum class Kind : std::uint8_t { number, name, text, symbol, end };
  Kind kind = Kind::end;
  std::string_view text;  // of the source; of a text without its quotes
  double number = 0;
  std::size_t offset = 0;  // of the first byte

  bool is(std::string_view symbol_or_word) const {
    return (kind == Kind::symbol || kind == Kind::name) && text == symbol_or_word;
  }
};

// What is wrong at which byte of an expression's text.
struct Complaint {
  std::size_t offset = 0;
  std::string what;
};

// The tokens, closed by one of kind end. They view `text`.
std::variant<std::vector<Token>, Complaint> tokenize(std::string_view text);

}  // namespace mendel::strategy

#include "shared/strategy/lexer.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <system_error>

namespace mendel::strategy {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::variant<std::vector<Token>, Complaint> run() {
    std::vector<Token> tokens;
    while (true) {
      while (at_ < text_.size() && is_space(text_[at_])) ++at_;
      Token token{.offset = at_};
      if (at_ == text_.size()) {
        tokens.push_back(token);
        return tokens;
      }
      take(token);
      if (!complaint_.what.empty()) return complaint_;
      tokens.push_back(token);
    }
  }

 private:
  void take(Token& token) {
    const char first = text_[at_];
    if (is_digit(first)) return take_number(token);
    if (is_letter(first)) return take_name(token);
    if (first == '\'' || first == '"') return take_text(token);
    take_symbol(token);
  }

  void take_number(Token& token) {
    const char* begin = text_.data() + at_;
    const char* end = text_.data() + text_.size();
    const auto [stop, code] = std::from_chars(begin, end, token.number);
    token.kind = Token::Kind::number;
    token.text = text_.substr(at_, static_cast<std::size_t>(stop - begin));
    at_ += token.text.size();
    if (code != std::errc() || !std::isfinite(token.number)) {
      return complain(token.offset, "this number is out of range");
    }
    if (at_ < text_.size() &&
        (is_letter(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '.')) {
      complain(at_, fmt::format("'{}' cannot follow the number {}", text_[at_], token.text));
    }
  }

  void take_name(Token& token) {
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    token.kind = Token::Kind::name;
    token.text = text_.substr(token.offset, at_ - token.offset);
  }

  void take_text(Token& token) {
    const char quote = text_[at_];
    const std::size_t close = text_.find(quote, at_ + 1);
    if (close == std::string_view::npos) {
      return complain(at_, fmt::format("this text is not closed; add a {}", quote));
    }
    token.kind = Token::Kind::text;
    token.text = text_.substr(at_ + 1, close - at_ - 1);
    at_ = close + 1;
  }

  void take_symbol(Token& token) {
    constexpr std::string_view kSymbols[] = {"<=", ">=", "==", "!=", "<", ">", "+", "-",
                                             "*",  "/",  "(",  ")",  "[", "]", ","};
    for (const std::string_view symbol : kSymbols) {
      if (text_.substr(at_, symbol.size()) != symbol) continue;
      token.kind = Token::Kind::symbol;
      token.text = text_.substr(at_, symbol.size());
      at_ += symbol.size();
      return;
    }
    refuse_character();
  }

  void refuse_character() {
    for (const std::string_view quote : {"\u2018", "\u2019", "\u201c", "\u201d"}) {
      if (text_.substr(at_, quote.size()) == quote)
        return complain(at_, fmt::format("unexpected {}; write ' instead", quote));
    }
    const auto byte = static_cast<unsigned char>(text_[at_]);
    const std::string_view hint = text_[at_] == '='   ? "; compare with '=='"
                                  : text_[at_] == '&' ? "; write 'and'"
                                  : text_[at_] == '|' ? "; write 'or'"
                                  : text_[at_] == '!' ? "; write 'not' or '!='"
                                                      : "";
    if (byte < 0x20 || byte >= 0x7f) {
      return complain(at_, fmt::format("unexpected byte 0x{:02x}", byte));
    }
    complain(at_, fmt::format("unexpected character '{}'{}", text_[at_], hint));
  }

  void complain(std::size_t offset, std::string what) { complaint_ = {offset, std::move(what)}; }

  std::string_view text_;
  std::size_t at_ = 0;
  Complaint complaint_;
};

}  // namespace

std::variant<std::vector<Token>, Complaint> tokenize(std::string_view text) {
  return Lexer(text).run();
}

}  // namespace mendel::strategy

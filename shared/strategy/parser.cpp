#include "shared/strategy/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "shared/config/value.hpp"
#include "shared/strategy/terms.hpp"

namespace mendel::strategy {
namespace {

// Nested calls of the parser itself: a term of kNestingMax takes at most three each.
constexpr int kParserDepthMax = 4 * kNestingMax;

std::optional<Op> binary_operator(const Token& token) {
  for (const Op op :
       {Op::multiply, Op::divide, Op::add, Op::subtract, Op::less, Op::less_equal, Op::greater,
        Op::greater_equal, Op::equal, Op::not_equal, Op::logical_and, Op::logical_or}) {
    if (token.is(symbol(op))) return op;
  }
  return std::nullopt;
}

bool is_comparison(Op op) { return precedence(op) == precedence(Op::less); }

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// "; write 'and'" for AND, And, …; "" for everything else.
std::string operator_hint(std::string_view text) {
  const std::string lower = lower_case(text);
  const bool is_operator = lower == "and" || lower == "or" || lower == "not";
  return is_operator && lower != text ? fmt::format("; write '{}'", lower) : "";
}

std::string shown(const Token& token) {
  if (token.kind == Token::Kind::end) return "the end";
  return fmt::format("'{}'{}", token.text.substr(0, kNameBytesMax), operator_hint(token.text));
}

// Operator precedence parsing (Pratt 1973): `least` is the weakest operator that still binds.
class Parser {
 public:
  Parser(std::vector<Token> tokens, const Scope& scope)
      : tokens_(std::move(tokens)),
        scope_(scope),
        terms_(*scope.pool, *scope.genes, scope.data),
        depth_(scope.depth ? *scope.depth : own_depth_) {}

  std::variant<ExpressionPtr, Complaint> run() {
    const Part whole = parse(1);
    if (whole && peek().kind != Token::Kind::end) {
      terms_.complain(peek().offset,
                      fmt::format("expected an operator or the end, not {}", shown(peek())));
    }
    if (terms_.complaint()) return *terms_.complaint();
    return whole.term;
  }

 private:
  const Token& peek() const { return tokens_[at_]; }
  const Token& take() { return tokens_[peek().kind == Token::Kind::end ? at_ : at_++]; }

  bool expect(std::string_view wanted) {
    if (peek().is(wanted)) {
      take();
      return true;
    }
    terms_.complain(peek().offset, fmt::format("expected '{}', not {}", wanted, shown(peek())));
    return false;
  }

  Part parse(int least) {
    if (depth_ == kParserDepthMax) {
      return terms_.complain(peek().offset,
                             fmt::format("nested deeper than {} terms", kNestingMax));
    }
    ++depth_;
    Part left = prefix();
    while (left) {
      if (peek().is("[")) {
        left = index(left);
        continue;
      }
      const auto op = binary_operator(peek());
      if (!op || precedence(*op) < least) break;
      left = infix(*op, left);
    }
    --depth_;
    return left;
  }

  Part infix(Op op, const Part& left) {
    take();
    const Part right = parse(precedence(op) + 1);
    Part both = terms_.binary(op, left, right);
    const auto next = binary_operator(peek());
    if (both && is_comparison(op) && next && is_comparison(*next)) {
      return terms_.complain(peek().offset, "comparisons do not chain; write 'a < b and b < c'");
    }
    return both;
  }

  Part index(const Part& series) {
    take();
    const Part count = parse(1);
    if (!count || !expect("]")) return {};
    return terms_.index(series, count);
  }

  Part prefix() {
    const Token token = take();
    if (token.kind == Token::Kind::number) return terms_.number(token.number, token.offset);
    if (token.kind == Token::Kind::text) return terms_.text(token.text, token.offset);
    if (token.is("-")) return terms_.unary(Op::negate, parse(precedence(Op::negate)), token.offset);
    if (token.is("not")) {
      return terms_.unary(Op::logical_not, parse(precedence(Op::logical_not)), token.offset);
    }
    if (token.is("(")) {
      const Part inner = parse(1);
      return inner && expect(")") ? inner : Part{};
    }
    if (token.kind == Token::Kind::name && !token.is("and") && !token.is("or")) return name(token);
    return terms_.complain(token.offset,
                           fmt::format("expected a number, a name or '(', not {}", shown(token)));
  }

  Part name(const Token& token) {
    if (const Function* function = find_function(token.text)) return call(*function, token);
    if (peek().is("(")) {
      return unknown("function", token, function_names());
    }
    for (std::size_t i = 0; i < std::size(kColumnNames); ++i) {
      if (token.text == kColumnNames[i]) return terms_.column(static_cast<Column>(i), token.offset);
    }
    for (std::size_t i = 0; i < scope_.genes->size(); ++i) {
      if (token.text == (*scope_.genes)[i].name) return terms_.gene(i, token.offset);
    }
    if (std::find(scope_.lets.begin(), scope_.lets.end(), token.text) != scope_.lets.end()) {
      return let(token);
    }
    return unknown("name", token, known_names());
  }

  Part let(const Token& token) {
    const auto found = scope_.let(token.text);
    if (const auto* wrong = std::get_if<std::string>(&found)) {
      return terms_.complain(token.offset, *wrong);
    }
    return {std::get<ExpressionPtr>(found), token.offset};
  }

  Part call(const Function& function, const Token& token) {
    std::vector<Part> arguments;
    if (function.parameters.empty() && !peek().is("(")) {
      return terms_.call(function, arguments, token.offset);
    }
    if (!peek().is("(")) {
      return terms_.complain(
          token.offset,
          fmt::format("'{0}' is a function; write {1} ('mendel language {0}' explains it)",
                      function.name, function.signature()));
    }
    take();
    if (peek().is(")")) {
      take();
      return terms_.call(function, arguments, token.offset);
    }
    while (true) {
      arguments.push_back(parse(1));
      if (!arguments.back()) return {};
      if (!peek().is(",")) break;
      take();
    }
    if (!expect(")")) return {};
    return terms_.call(function, arguments, token.offset);
  }

  std::vector<std::string> known_names() const {
    std::vector<std::string> known(std::begin(kColumnNames), std::end(kColumnNames));
    for (const Function& row : functions()) {
      if (row.parameters.empty()) known.emplace_back(row.name);
    }
    for (const Gene& gene : *scope_.genes) known.push_back(gene.name);
    known.insert(known.end(), scope_.lets.begin(), scope_.lets.end());
    return known;
  }

  Part unknown(std::string_view what, const Token& token, const std::vector<std::string>& known) {
    const std::string_view name = token.text.substr(0, kNameBytesMax);
    std::string hint = operator_hint(name);
    const std::string lower = lower_case(name);
    if (hint.empty() && std::find(known.begin(), known.end(), lower) != known.end()) {
      hint = fmt::format("; did you mean '{}'?", lower);
    }
    if (hint.empty()) hint = config::suggestion(name, known);
    return terms_.complain(token.offset, fmt::format("unknown {} '{}'{}", what, name, hint));
  }

  std::vector<Token> tokens_;
  const Scope& scope_;
  Terms terms_;
  std::size_t at_ = 0;
  int own_depth_ = 0;
  int& depth_;
};

}  // namespace

std::variant<ExpressionPtr, Complaint> parse_expression(std::string_view text, const Scope& scope) {
  if (text.size() > kExpressionBytesMax) {
    return Complaint{0, fmt::format("longer than {} bytes", kExpressionBytesMax)};
  }
  auto tokens = tokenize(text);
  if (const auto* complaint = std::get_if<Complaint>(&tokens)) return *complaint;
  return Parser(std::get<std::vector<Token>>(std::move(tokens)), scope).run();
}

std::string_view reserved_as(std::string_view name) {
  constexpr std::string_view kWords[] = {"and", "or", "not", "true", "false", "let"};
  if (std::find(std::begin(kWords), std::end(kWords), name) != std::end(kWords)) return "a word";
  if (std::find(std::begin(kColumnNames), std::end(kColumnNames), name) != std::end(kColumnNames)) {
    return "a column";
  }
  return find_function(name) != nullptr ? "a function" : "";
}

bool is_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && name.size() <= kNameBytesMax && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
}

}  // namespace mendel::strategy

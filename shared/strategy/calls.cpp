// The part of Terms that builds calls of the language's functions.
#include <fmt/format.h>

#include <algorithm>

#include "shared/base/time.hpp"
#include "shared/config/value.hpp"
#include "shared/strategy/terms.hpp"

namespace mendel::strategy {
namespace {

constexpr std::int64_t kWeekNs = 7 * kNsPerDay;

std::vector<std::string> kinds_of(const Function& function) {
  return {function.kinds.begin(), function.kinds.end()};
}

// More bars than that before the current one: nobody has them.
constexpr std::int64_t kLookBackMost = std::int64_t{1} << 31;

std::int64_t look_back_of_at(const Expression& at, std::int64_t bar_ns);

// In bars of this length instead of the experiment's: within at(), longer bars are made of those
// around them. What a term adds to its arguments' look-back is the same in any.
std::int64_t look_back(const Expression& term, std::int64_t bar_ns) {
  if (term.op == Op::at) return look_back_of_at(term, bar_ns);
  std::int64_t here = 0;
  std::int64_t experiments = 0;
  for (const ExpressionPtr& argument : term.arguments) {
    here = std::max(here, look_back(*argument, bar_ns));
    experiments = std::max(experiments, argument->look_back);
  }
  return here + term.look_back - experiments;
}

// The last closed one ended up to r - 1 bars ago and has r itself.
std::int64_t look_back_of_at(const Expression& at, std::int64_t bar_ns) {
  const std::int64_t before = look_back(*at.arguments[0], at.length_ns);
  const std::int64_t ratio = at.length_ns / bar_ns;
  return ratio == 1 ? before : (before + 2) * ratio - 2;
}

// What a call is said to have too much or too little of.
std::string counted(const Function& function, std::size_t given) {
  const std::size_t wanted = function.parameters.size();
  return fmt::format("{} takes {} argument{}, not {}", function.signature(),
                     wanted == 0 ? "no" : fmt::format("{}", wanted), wanted == 1 ? "" : "s", given);
}

}  // namespace

Part Terms::call(const Function& function, const std::vector<Part>& arguments, std::size_t offset) {
  if (arguments.size() != function.parameters.size()) {
    return complain(offset, counted(function, arguments.size()));
  }
  if (function.form == Function::Form::timeframe) return at(arguments, offset);
  if (function.form == Function::Form::symbol) return of_symbol(arguments, offset);
  if (function.form == Function::Form::chosen) return average(function, arguments, offset);
  Expression draft;
  draft.op = Op::call;
  draft.function = &function;
  draft.type = function.result == "number" ? Type::number : Type::boolean;
  if (!take(function, arguments, draft)) return {};
  draft.constant = function.form == Function::Form::scalar &&
                   std::all_of(arguments.begin(), arguments.end(),
                               [](const Part& argument) { return argument.term->constant; });
  if (draft.constant) {
    draft.range = function.interval(arguments.front().term->range, arguments.back().term->range);
  }
  return finish(std::move(draft), offset);
}

bool Terms::take(const Function& function, const std::vector<Part>& arguments, Expression& draft) {
  Periods longest{};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!take_one(function, i, arguments[i], draft, longest)) return false;
    draft.arguments.push_back(arguments[i].term);
  }
  draft.look_back += function.bars_before(longest);
  return true;
}

bool Terms::take_one(const Function& function, std::size_t i, const Part& argument,
                     Expression& draft, Periods& longest) {
  const Parameter& parameter = function.parameters[i];
  const std::string user = fmt::format("'{}' of {}", parameter.name, function.signature());
  switch (parameter.kind) {
    case Argument::period: {
      if (!require_count(argument, static_cast<double>(parameter.least), user)) return false;
      const auto place = std::count_if(
          function.parameters.begin(), function.parameters.begin() + static_cast<long>(i),
          [](const Parameter& before) { return before.kind == Argument::period; });
      longest[static_cast<std::size_t>(place)] =
          static_cast<std::int64_t>(argument.term->range.most);
      return true;
    }
    case Argument::number:
      return require_constant(argument, user);
    default: {
      const Type type = parameter.kind == Argument::condition ? Type::boolean : Type::number;
      if (!require(argument, type, user)) return false;
      draft.look_back = std::max(draft.look_back, argument.term->look_back);
      return true;
    }
  }
}

// A kind that is written out is the function of that name; a gene chooses for each genome.
Part Terms::average(const Function& function, const std::vector<Part>& arguments,
                    std::size_t offset) {
  const Part& kind = arguments.front();
  const std::vector<std::string> known = kinds_of(function);
  const std::vector<Part> rest(arguments.begin() + 1, arguments.end());
  const std::string user = fmt::format("'kind' of {}", function.signature());
  if (!require(kind, Type::text, user)) return {};
  std::vector<std::string> named = {kind.term->text};
  if (kind.term->op == Op::gene) {
    named.clear();
    for (const config::Value& choice : genes_[kind.term->gene].choices) {
      named.push_back(choice.as_text());
    }
  }
  Part longest;
  for (const std::string& name : named) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return complain(kind.offset,
                      fmt::format("{} can be '{}'{}", user, name, config::suggestion(name, known)));
    }
    const Part one = call(*find_function(name), rest, offset);
    if (!one) return {};
    if (!longest || one.term->look_back > longest.term->look_back) longest = one;
  }
  if (kind.term->op != Op::gene) return longest;
  Expression draft;
  draft.op = Op::call;
  draft.function = &function;
  draft.arguments = {kind.term, rest[0].term, rest[1].term};
  draft.look_back = longest.term->look_back;
  return finish(std::move(draft), offset);
}

bool Terms::require_name(const Part& part, std::string_view user) {
  if (!part) return false;
  if (part.term->op == Op::text) return true;
  complain(part.offset, fmt::format("{} must be a text in quotes", user));
  return false;
}

// Whether the longer bars fit the data's, and everything inside fits the longer ones.
bool Terms::check_longer(std::int64_t length_ns, const Part& timeframe, const Part& inner) {
  const std::string& name = timeframe.term->text;
  if (kNsPerDay % length_ns != 0 && length_ns != kWeekNs) {
    complain(timeframe.offset,
             fmt::format("at(timeframe, x) cannot use '{}': it must divide a day, or be 1w", name));
  } else if (length_ns % data_->timeframe.length_ns != 0) {
    complain(timeframe.offset, fmt::format("at(timeframe, x) cannot use '{}': bars of {} do not "
                                           "fill it",
                                           name, data_->timeframe.name));
  }
  for_each_term(*inner.term, [&](const Expression& term) {
    if (term.op != Op::at || term.length_ns % length_ns == 0) return;
    complain(inner.offset,
             fmt::format("at('{}', …) cannot be made of bars of {}", term.text, name));
  });
  return !complaint_;
}

Part Terms::at(const std::vector<Part>& arguments, std::size_t offset) {
  const Part& timeframe = arguments[0];
  const Part& inner = arguments[1];
  if (!require_name(timeframe, "'timeframe' of at(timeframe, x)") || !inner) return {};
  if (!data_) return complain(offset, "at(timeframe, x) is not known here");
  const auto parsed = market::parse_timeframe(timeframe.term->text);
  if (!parsed) return complain(timeframe.offset, parsed.error().message);
  if (!check_longer(parsed->length_ns, timeframe, inner)) return {};
  if (inner.term->type == Type::text) return complain(inner.offset, "a text has no bars");
  if (inner.term->constant) return inner;
  Expression draft;
  draft.op = Op::at;
  draft.type = inner.term->type;
  draft.text = parsed->name;
  draft.length_ns = parsed->length_ns;
  draft.arguments = {inner.term};
  draft.look_back = look_back_of_at(draft, data_->timeframe.length_ns);
  if (draft.look_back > kLookBackMost) {
    return complain(offset,
                    fmt::format("at('{}', …) looks back {} bars of {}, more than {}", draft.text,
                                draft.look_back, data_->timeframe.name, kLookBackMost));
  }
  return finish(std::move(draft), offset);
}

Part Terms::of_symbol(const std::vector<Part>& arguments, std::size_t offset) {
  const Part& name = arguments[0];
  const Part& inner = arguments[1];
  if (!require_name(name, "'name' of symbol(name, x)") || !inner) return {};
  if (!data_) return complain(offset, "symbol(name, x) is not known here");
  const std::vector<std::string>& known = data_->symbols;
  const std::string& wanted = name.term->text;
  if (std::find(known.begin(), known.end(), wanted) == known.end()) {
    return complain(name.offset, fmt::format("'{}' is no symbol of the experiment{}; [data] "
                                             "symbols lists all whose bars it reads",
                                             wanted.substr(0, 64),
                                             config::suggestion(wanted.substr(0, 64), known)));
  }
  if (inner.term->type == Type::text) return complain(inner.offset, "a text has no bars");
  if (inner.term->constant) return inner;
  Expression draft;
  draft.op = Op::of_symbol;
  draft.type = inner.term->type;
  draft.text = wanted;
  draft.arguments = {inner.term};
  draft.look_back = inner.term->look_back;
  return finish(std::move(draft), offset);
}

}  // namespace mendel::strategy

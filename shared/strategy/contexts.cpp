// Other bars: the same expression on a longer timeframe or on another symbol.
#include "shared/strategy/function_families.hpp"

namespace mendel::strategy {

std::vector<Function> context_rows() {
  return {
      {.name = "at",
       .parameters = {{"timeframe", Argument::text}, {"x", Argument::any}},
       .result = "either",
       .sentence = "x on longer bars, as of the last one that has closed by the clock when this "
                   "bar closes",
       .formula = "bars are joined from UTC midnight on (weeks from Monday), each into the one "
                  "in which it closes; open of the first, highest high, lowest low, close of "
                  "the last, volumes added, oldest first; x is computed on those bars",
       .edges = "undefined before the first has closed; the timeframe divides a day, or is 1d "
                "or 1w, and the bars' own divides it",
       .source = "definition",
       .look_back = "(that of x + 2) * r - 2 with r bars in a longer one; of r = 1 that of x",
       .form = Function::Form::timeframe},
      {.name = "symbol",
       .parameters = {{"name", Argument::text}, {"x", Argument::any}},
       .result = "either",
       .sentence = "x on another symbol of the experiment, as of its last bar that has closed "
                   "when this bar closes",
       .formula = "x is computed on that symbol's own bars; its last one not opened after this "
                  "one counts, however old",
       .edges = "undefined before its first bar",
       .source = "definition",
       .look_back = "that of x, in bars of the other symbol",
       .form = Function::Form::symbol}};
}

}  // namespace mendel::strategy

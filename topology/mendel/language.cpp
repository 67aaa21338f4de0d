#include "shared/strategy/language.hpp"

#include <fmt/format.h>

#include "topology/mendel/command.hpp"

namespace mendel::cli {
namespace {

Result<int> run(const config::Arguments& arguments) {
  if (arguments.flag("markdown")) {
    fmt::print("{}", strategy::language_markdown());
  } else if (arguments.operands().empty()) {
    fmt::print("{}\n'mendel language NAME' shows one of them; docs/language.md the whole.\n",
               strategy::language_list());
  } else {
    const Result<std::string> card = strategy::card_of(arguments.operands().front());
    if (!card) return card.error();
    fmt::print("{}", *card);
  }
  return 0;
}

}  // namespace

Command language_command() {
  Command command;
  command.spec.name = "mendel language";
  command.spec.summary = "list the functions of the strategy language, or explain one";
  command.spec.operands = {"[NAME]"};
  command.spec.options = {{"markdown", "", "print the tables of docs/language.md"}};
  command.spec.examples = {"mendel language", "mendel language bollinger_upper"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli

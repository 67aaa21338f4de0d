// Command lines and INI files (Boost.Program_options behind it): raw text in, named strings out,
// one clear line for what is wrong.
// Threads: plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"

namespace mendel::config {

struct OptionSpec {
  std::string name;         // long name without dashes: "generations"
  std::string placeholder;  // unit or kind: "n", "file", "ms"; empty = a switch without a value
  std::string help;         // one sentence without a full stop
  std::string fallback;     // default value as text; empty = none
  bool repeated = false;    // may be given more than once
};

struct CommandSpec {
  std::string name;                   // "mendel evolve"
  std::string summary;                // one sentence
  std::vector<std::string> operands;  // "FILE"; "[RUN]" = optional; "FILE..." = one or more
  std::vector<OptionSpec> options;
  std::vector<std::string> examples;  // two that run
};

// A parsed command line. Lookups require that the option was declared.
class Arguments {
 public:
  bool has(std::string_view name) const;  // given on the command line, or a default exists
  bool flag(std::string_view name) const { return has(name); }
  std::string text(std::string_view name) const;  // "" when absent and without default
  const std::vector<std::string>& all(std::string_view name) const;
  const std::vector<std::string>& operands() const { return operands_; }
  // A whole number within [least, most]; the error names the option and the range.
  Result<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most) const;

 private:
  friend Result<Arguments> parse_arguments(const CommandSpec&, const std::vector<std::string>&);
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> operands_;
};

// Errors are of kind configuration and name the nearest known option. A connection string among the
// words is refused.
Result<Arguments> parse_arguments(const CommandSpec& spec, const std::vector<std::string>& words);

// A configuration error when one of the words is a connection string with or without its password:
// every user of the machine sees command lines. The message does not repeat it.
Status refuse_connection_strings(const std::vector<std::string>& words);

// The text of --help: usage, sentence, options with placeholders and defaults, examples.
std::string help_text(const CommandSpec& spec);

// "section.key" -> value of an INI file, in sorted order. `${name}` is replaced from `variables`;
// environment MENDEL_<SECTION>_<KEY> (upper case) overrides and can add keys that `known` lists.
using Ini = std::map<std::string, std::string, std::less<>>;
Result<Ini> read_ini(const std::string& path, const std::map<std::string, std::string>& variables,
                     const std::vector<std::string>& known_keys);

}  // namespace mendel::config

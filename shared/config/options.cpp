#include "shared/config/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <cstdlib>
#include <sstream>

#include "shared/config/value.hpp"

namespace mendel::config {
namespace {

namespace po = boost::program_options;

std::vector<std::string> option_names(const CommandSpec& spec) {
  std::vector<std::string> names;
  names.reserve(spec.options.size());
  for (const OptionSpec& option : spec.options) names.push_back("--" + option.name);
  return names;
}

po::options_description describe(const CommandSpec& spec) {
  po::options_description description;
  for (const OptionSpec& option : spec.options) {
    if (option.placeholder.empty()) {
      description.add_options()(option.name.c_str(), option.help.c_str());
    } else {
      description.add_options()(option.name.c_str(), po::value<std::vector<std::string>>(),
                                option.help.c_str());
    }
  }
  return description;
}

Status check_operands(const CommandSpec& spec, const std::vector<std::string>& operands) {
  std::size_t least = 0;
  bool unbounded = false;
  for (const std::string& operand : spec.operands) {
    if (operand.front() != '[') ++least;
    if (operand.find("...") != std::string::npos) unbounded = true;
  }
  if (operands.size() < least) {
    return configuration_error(fmt::format("{}: {} is missing; see '{} --help'", spec.name,
                                           spec.operands[operands.size()], spec.name));
  }
  if (!unbounded && operands.size() > spec.operands.size()) {
    return configuration_error(fmt::format("{}: unexpected '{}'; see '{} --help'", spec.name,
                                           operands[spec.operands.size()], spec.name));
  }
  return {};
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    c = c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return result;
}

Result<std::string> substitute(std::string text, const std::map<std::string, std::string>& names,
                               const std::string& where) {
  for (std::size_t open = text.find("${"); open != std::string::npos;
       open = text.find("${", open)) {
    const std::size_t close = text.find('}', open);
    const std::string name =
        text.substr(open + 2, close == std::string::npos ? close : close - open - 2);
    const auto found = names.find(name);
    if (close == std::string::npos || found == names.end()) {
      std::vector<std::string> known;
      known.reserve(names.size());
      for (const auto& entry : names) known.push_back(entry.first);
      return configuration_error(
          fmt::format("{}: unknown variable '${{{}}}'{}", where, name, suggestion(name, known)));
    }
    text.replace(open, close - open + 1, found->second);
    open += found->second.size();
  }
  return text;
}

}  // namespace

bool Arguments::has(std::string_view name) const { return values_.count(name) > 0; }

std::string Arguments::text(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? "" : found->second.back();
}

const std::vector<std::string>& Arguments::all(std::string_view name) const {
  static const std::vector<std::string> kNone;
  const auto found = values_.find(name);
  return found == values_.end() ? kNone : found->second;
}

Result<std::int64_t> Arguments::integer(std::string_view name, std::int64_t least,
                                        std::int64_t most) const {
  const std::string given = text(name);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
  if (error != std::errc{} || end != given.data() + given.size() || value < least || value > most) {
    return configuration_error(
        fmt::format("--{} {}: expected a whole number from {} to {}", name, given, least, most));
  }
  return value;
}

Status refuse_connection_strings(const std::vector<std::string>& words) {
  const auto is_one = [](std::string_view word) {
    const auto has = [&](std::string_view part) { return word.find(part) != word.npos; };
    const bool pairs = has("password=") && (has("host=") || has("dbname=") || has("user="));
    return has("postgres://") || has("postgresql://") || pairs;
  };
  if (std::none_of(words.begin(), words.end(), is_one)) return {};
  return configuration_error(
      "a connection string is no argument: every user of this machine sees command lines; export "
      "NEON_CONNECTION_STRING, or write it into a file and name that in "
      "NEON_CONNECTION_STRING_FILE, and change a password that stood there");
}

Result<Arguments> parse_arguments(const CommandSpec& spec, const std::vector<std::string>& words) {
  if (Status clean = refuse_connection_strings(words); !clean) return clean.error();
  Arguments arguments;
  try {
    const po::options_description description = describe(spec);
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    const auto parsed =
        po::command_line_parser(words).options(description).style(style).allow_unregistered().run();
    for (const auto& option : parsed.options) {
      if (option.position_key >= 0) {
        arguments.operands_.insert(arguments.operands_.end(), option.value.begin(),
                                   option.value.end());
      } else if (option.unregistered) {
        const std::string given = option.original_tokens.front();
        return configuration_error(fmt::format("{}: unknown option '{}'{}", spec.name, given,
                                               suggestion(given, option_names(spec))));
      } else {
        auto& values = arguments.values_[option.string_key];
        values.insert(values.end(), option.value.begin(), option.value.end());
      }
    }
  } catch (const po::error& error) {
    return configuration_error(
        fmt::format("{}: {}; see '{} --help'", spec.name, error.what(), spec.name));
  }
  for (const OptionSpec& option : spec.options) {
    const auto given = arguments.values_.find(option.name);
    if (given == arguments.values_.end()) {
      if (!option.fallback.empty()) arguments.values_[option.name] = {option.fallback};
    } else if (!option.repeated && given->second.size() > 1) {
      return configuration_error(
          fmt::format("{}: --{} is given more than once", spec.name, option.name));
    }
  }
  if (!arguments.has("help") && !arguments.has("version")) {
    if (Status operands = check_operands(spec, arguments.operands_); !operands) {
      return operands.error();
    }
  }
  return arguments;
}

std::string help_text(const CommandSpec& spec) {
  std::string text = "usage: " + spec.name;
  if (!spec.options.empty()) text += " [options]";
  for (const std::string& operand : spec.operands) text += " " + operand;
  text += "\n\n" + spec.summary + "\n";
  if (!spec.options.empty()) text += "\noptions:\n";
  for (const OptionSpec& option : spec.options) {
    std::string left = "  --" + option.name;
    if (!option.placeholder.empty()) left += " <" + option.placeholder + ">";
    text += fmt::format("{:<34} {}", left, option.help);
    if (!option.fallback.empty()) text += fmt::format(" [{}]", option.fallback);
    text += "\n";
  }
  if (!spec.examples.empty()) text += "\nexamples:\n";
  for (const std::string& example : spec.examples) text += "  " + example + "\n";
  return text;
}

Result<Ini> read_ini(const std::string& path, const std::map<std::string, std::string>& variables,
                     const std::vector<std::string>& known_keys) {
  Result<std::string> text = read_text_file(path, 1 << 20);
  if (!text) return text.error();
  Ini ini;
  try {
    std::istringstream stream(*text);
    const auto parsed = po::parse_config_file(stream, po::options_description(), true);
    for (const auto& option : parsed.options) {
      const std::string where = fmt::format("{}: [{}]", path, option.string_key);
      if (std::find(known_keys.begin(), known_keys.end(), option.string_key) == known_keys.end()) {
        return configuration_error(fmt::format("{}: unknown setting '{}'{}", path,
                                               option.string_key,
                                               suggestion(option.string_key, known_keys)));
      }
      ini[option.string_key] = option.value.empty() ? "" : option.value.front();
    }
  } catch (const po::error& error) {
    return configuration_error(fmt::format("{}: {}", path, error.what()));
  }
  for (const std::string& key : known_keys) {
    if (const char* value = std::getenv(("MENDEL_" + upper(key)).c_str())) ini[key] = value;
  }
  for (auto& [key, value] : ini) {
    Result<std::string> replaced = substitute(value, variables, path + ": " + key);
    if (!replaced) return replaced.error();
    value = *replaced;
  }
  return ini;
}

}  // namespace mendel::config

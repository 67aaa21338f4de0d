#include "shared/strategy/name.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "shared/base/check.hpp"
#include "shared/base/utf8.hpp"

namespace mendel::strategy {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

std::string name_rule() {
  return fmt::format("must have 1 to {} bytes of UTF-8 on one line, without control characters",
                     kExperimentNameBytesMax);
}

bool is_valid_name(std::string_view name) {
  return !name.empty() && name.size() <= kExperimentNameBytesMax && is_utf8(name) &&
         std::none_of(name.begin(), name.end(), is_control);
}

Status check_name(std::string_view whose, std::string_view name) {
  if (is_valid_name(name)) return {};
  return configuration_error(fmt::format("{} {}", whose, name_rule()));
}

std::string name_from(std::string_view text, std::string_view suffix) {
  check(suffix.size() < kExperimentNameBytesMax, "a suffix leaves room for a name");
  const std::size_t most = kExperimentNameBytesMax - suffix.size();
  std::string name;
  while (!text.empty()) {
    const std::size_t bytes = std::max<std::size_t>(1, utf8_character_bytes(text));
    if (name.size() + bytes > most) break;
    const bool is_sound = utf8_character_bytes(text) > 0 && !is_control(text.front());
    name += is_sound ? text.substr(0, bytes) : "?";
    text.remove_prefix(bytes);
  }
  return name + std::string(suffix);
}

}  // namespace mendel::strategy

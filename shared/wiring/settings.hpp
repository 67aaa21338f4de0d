// Settings: every key that topology/*.ini may carry beside the edges', in one table. A key that is
// not here is refused in a file, and asking for one is a programmer's error.
// Threads: constants.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mendel::wiring {

struct SettingSpec {
  std::string_view key;      // "<section>.<name>", the section a stage or a part of the pipeline
  std::string_view meaning;  // one sentence without a full stop, with unit and default
};

std::span<const SettingSpec> settings();

// Every key a file may carry: the table, and endpoint, listen, bind and high_water_mark of each
// edge.
const std::vector<std::string>& known_keys();

// Whether the value must never be printed (a DSN, a password, a secret; not the path of a file
// that holds one).
bool is_secret(std::string_view key);

}  // namespace mendel::wiring

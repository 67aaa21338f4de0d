// check(): the always-on assertion for programmer's errors. What bytes, people, disks or networks
// can cause is never a check but a Result (result.hpp).
// Threads: any.
#pragma once

#include <source_location>
#include <string_view>

namespace mendel {

// Aborts the process with the place and `what` on stderr unless `condition` holds.
void check(bool condition, std::string_view what,
           std::source_location where = std::source_location::current());

}  // namespace mendel

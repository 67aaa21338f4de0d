// Names chosen at random: run ids (ULID) and process incarnations. Edges only: cores are given
// their ids. Threads: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mendel {

// A ULID (github.com/ulid/spec): 26 characters of Crockford base 32, 48 bits of wall-clock
// milliseconds and 80 random bits from the kernel; later ones sort later.
std::string make_ulid(std::int64_t wall_ns);
// Whether `text` has the form of a ULID (26 characters of its alphabet, first one <= '7').
bool is_ulid(std::string_view text);

// 16 lower-case hexadecimal digits from the kernel: names one life of one process.
std::string make_incarnation();

}  // namespace mendel

// UTF-8 (RFC 3629): where characters end, and whether bytes are any. Threads: pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace mendel {

// Bytes of the well-formed character at the start of `text`; 0 if there is none.
std::size_t utf8_character_bytes(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace mendel

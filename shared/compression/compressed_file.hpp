// Compressed file: a file as one zstd frame with its checksum. The owner of libzstd.
// Threads: functions are safe everywhere.
#pragma once

#include <cstdint>
#include <string>

#include "shared/base/result.hpp"

namespace mendel::compression {

// Writes `from` compressed to `to`, durably, whole or not at all: a temporary file beside it,
// fsync, rename, fsync of the folder, which must exist. Memory is bounded. Returns the bytes of
// `to`.
Result<std::uint64_t> compress_file(const std::string& from, const std::string& to);

// The other way round. A file that is cut off, damaged or larger than `bytes_max` is an operator
// error; `to` is then removed.
Status decompress_file(const std::string& from, const std::string& to, std::uint64_t bytes_max);

}  // namespace mendel::compression

// Zones of this machine: the bytes of an IANA zone from the zoneinfo folder.
// Threads: any.
#pragma once

#include <string>

#include "shared/base/result.hpp"

namespace mendel::ingestor {

// "" for UTC and fixed offsets, which need no file; else the zone's TZif bytes. Error:
// configuration, names what --tz takes.
Result<std::string> read_zone(const std::string& tz);

}  // namespace mendel::ingestor

#include "stages/ingestor/zone.hpp"

#include <fmt/format.h>

#include "shared/config/value.hpp"
#include "shared/market/time_zone.hpp"

namespace mendel::ingestor {

Result<std::string> read_zone(const std::string& tz) {
  if (market::TimeZone::fixed(tz)) return std::string();
  if (market::TimeZone::is_name(tz)) {
    auto bytes = config::read_text_file("/usr/share/zoneinfo/" + tz, market::kTzifBytesMax);
    if (bytes && bytes->starts_with("TZif")) return bytes;
  }
  return configuration_error(
      fmt::format("--tz '{}': must be UTC, an offset like +02:00, or a zone of "
                  "/usr/share/zoneinfo (package tzdata), like Europe/Paris",
                  tz.substr(0, 64)));
}

}  // namespace mendel::ingestor

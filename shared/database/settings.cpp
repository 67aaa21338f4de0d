#include "shared/database/settings.hpp"

namespace mendel::database {

DsnSource dsn_source(const Lookup& setting) {
  return DsnSource(setting("database.dsn_file", ""), setting("database.mode", "as-is"));
}

}  // namespace mendel::database

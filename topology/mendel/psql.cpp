#include "topology/mendel/psql.hpp"

#include <unistd.h>

#include <csignal>
#include <utility>

namespace mendel::cli {

Result<ChildSpec> psql_on(const database::Dsn& dsn) {
  Result<database::DsnSettings> settings = database::parse_dsn(dsn);
  if (!settings) return settings.error();
  ChildSpec spec;
  spec.name = "psql";
  spec.orphan_signal = SIGTERM;
  for (const char* path : {"/usr/bin/psql", "/usr/local/bin/psql"}) {
    if (access(path, X_OK) == 0) spec.words = {path};
  }
  if (spec.words.empty()) {
    return configuration_error("psql is not installed; install the package postgresql-client");
  }
  spec.words.insert(spec.words.end(), {"-X", "-v", "ON_ERROR_STOP=1"});
  for (const auto& [keyword, variable] :
       {std::pair{"host", "PGHOST"}, std::pair{"hostaddr", "PGHOSTADDR"},
        std::pair{"port", "PGPORT"}, std::pair{"dbname", "PGDATABASE"}, std::pair{"user", "PGUSER"},
        std::pair{"password", "PGPASSWORD"}, std::pair{"sslmode", "PGSSLMODE"},
        std::pair{"sslrootcert", "PGSSLROOTCERT"}, std::pair{"channel_binding", "PGCHANNELBINDING"},
        std::pair{"passfile", "PGPASSFILE"}, std::pair{"options", "PGOPTIONS"}}) {
    if (const std::string value = settings->get(keyword); !value.empty()) {
      spec.environment.emplace_back(variable, value);
    }
  }
  return spec;
}

}  // namespace mendel::cli

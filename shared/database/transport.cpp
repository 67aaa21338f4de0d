#include "shared/database/transport.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "shared/database/host.hpp"

namespace mendel::database {
namespace {

// Where Debian, Red Hat and Alpine keep the certificates of the public authorities.
constexpr std::array<const char*, 3> kBundles = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// As libpq would take it: the string first, then its variable.
std::string effective(const DsnSettings& settings, std::string_view key, const char* name) {
  const std::string given = settings.get(key);
  return given.empty() ? variable(name) : given;
}

std::string hosts_of(const DsnSettings& settings) {
  const std::string host = effective(settings, "host", "PGHOST");
  return host.empty() ? effective(settings, "hostaddr", "PGHOSTADDR") : host;
}

std::string bundle() {
  for (const char* path : kBundles) {
    if (access(path, R_OK) == 0) return path;
  }
  return kBundles.front();  // libpq's message then names the file that is missing
}

const char* weakness(std::string_view mode) {
  if (mode == "verify-ca") return "takes a certificate of any host";
  if (mode == "require") return "encrypts but verifies nothing";
  return "may send everything unencrypted";
}

}  // namespace

void secure(DsnSettings& settings) {
  const bool beyond = !is_local(hosts_of(settings));
  if (beyond && effective(settings, "sslmode", "PGSSLMODE").empty()) {
    settings.values["sslmode"] = "verify-full";
  }
  const std::string mode = effective(settings, "sslmode", "PGSSLMODE");
  const std::string root = effective(settings, "sslrootcert", "PGSSLROOTCERT");
  if (root == "system" || (root.empty() && mode.starts_with("verify"))) {
    settings.values["sslrootcert"] = bundle();
  }
  const bool encrypted = mode == "require" || mode.starts_with("verify");
  if (beyond && encrypted && effective(settings, "channel_binding", "PGCHANNELBINDING").empty()) {
    settings.values["channel_binding"] = "require";
  }
}

Status check_production(const DsnSettings& settings) {
  if (variable("ENVIRONMENT") != "production" || is_socket(hosts_of(settings))) return {};
  std::string mode = effective(settings, "sslmode", "PGSSLMODE");
  if (mode == "verify-full") return {};
  if (mode.empty()) mode = "prefer";
  return configuration_error(fmt::format(
      "{}: ENVIRONMENT=production refuses sslmode={}, which {}; change it to sslmode=verify-full "
      "there",
      settings.origin, mode, weakness(mode)));
}

}  // namespace mendel::database

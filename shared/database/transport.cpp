#include "shared/database/transport.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
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

std::string host_of(const DsnSettings& settings) { return effective(settings, "host", "PGHOST"); }

// Where libpq connects to, whatever the host's name is; "" = to that.
std::string address_of(const DsnSettings& settings) {
  return effective(settings, "hostaddr", "PGHOSTADDR");
}

bool leaves_this_machine(const DsnSettings& settings) {
  const std::string address = address_of(settings);
  return !is_local(host_of(settings)) || (!address.empty() && !is_local(address));
}

std::string bundle() {
  for (const char* path : kBundles) {
    if (access(path, R_OK) == 0) return path;
  }
  return kBundles.front();  // libpq's message then names the file that is missing
}

bool is_production(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text == "production" || text == "prod";
}

const char* weakness(std::string_view mode) {
  if (mode == "verify-ca") return "takes a certificate of any host";
  if (mode == "require") return "encrypts but verifies nothing";
  return "may send everything unencrypted";
}

}  // namespace

void secure(DsnSettings& settings) {
  const bool beyond = leaves_this_machine(settings);
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
  if (!is_production(variable("ENVIRONMENT"))) return {};
  // Its file may name any host and any sslmode, and is read by libpq alone.
  if (!effective(settings, "service", "PGSERVICE").empty()) {
    return configuration_error(fmt::format(
        "{}: ENVIRONMENT=production refuses service=…, whose host and sslmode are not seen; write "
        "host=… and sslmode=verify-full there",
        settings.origin));
  }
  if (address_of(settings).empty() && is_socket(host_of(settings))) return {};
  std::string mode = effective(settings, "sslmode", "PGSSLMODE");
  if (mode == "verify-full") return {};
  if (mode.empty()) mode = "prefer";
  return configuration_error(fmt::format(
      "{}: ENVIRONMENT=production refuses sslmode={}, which {}; change it to sslmode=verify-full "
      "there",
      settings.origin, mode, weakness(mode)));
}

}  // namespace mendel::database

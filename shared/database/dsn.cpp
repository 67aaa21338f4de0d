#include "shared/database/dsn.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <sys/stat.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>

#include "shared/database/transport.hpp"

namespace mendel::database {
namespace {

constexpr const char* kHidden = "***";

std::string trimmed(std::string_view text) {
  const char* blank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(blank) - first + 1));
}

std::string on_one_line(std::string_view text) {
  std::string line;
  for (const char c : trimmed(text)) {
    const bool blank = c == '\n' || c == '\r' || c == '\t' || c == ' ';
    if (!blank) line += c;
    if (blank && !line.empty() && line.back() != ' ') line += ' ';
  }
  return line;
}

// libpq quotes the piece it stumbled over, which may be the password.
std::string without_quoted(std::string_view text) {
  std::string out;
  bool inside = false;
  for (const char c : text) {
    if (c == '"') {
      if (!inside) out += "\"…\"";
      inside = !inside;
    } else if (!inside) {
      out += c;
    }
  }
  return out;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  if (what.empty()) return;
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

// scheme://user:SECRET@host
void hide_in_uris(std::string& text) {
  for (std::size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at + 3)) {
    const std::size_t end = text.find_first_of(" /?\"'", at + 3);
    const std::size_t last = text.rfind('@', end);
    if (last == std::string::npos || last < at + 3) continue;
    const std::size_t colon = text.find(':', at + 3);
    if (colon == std::string::npos || colon > last) continue;
    text.replace(colon + 1, last - colon - 1, kHidden);
  }
}

// password=SECRET, password = 'SE CRET', sslpassword=…, ?password=…&
void hide_in_assignments(std::string& text) {
  for (std::size_t at = text.find("password"); at != std::string::npos;
       at = text.find("password", at + 8)) {
    std::size_t from = text.find_first_not_of(' ', at + 8);
    if (from == std::string::npos || text[from] != '=') continue;
    from = text.find_first_not_of(' ', from + 1);
    if (from == std::string::npos) continue;
    std::size_t to = from;
    if (text[from] == '\'') {
      for (to = from + 1; to < text.size() && text[to] != '\''; ++to) {
        if (text[to] == '\\') ++to;
      }
      to = to < text.size() ? to + 1 : text.size();
    } else {
      to = text.find_first_of(" &\"", from);
    }
    text.replace(from, to == std::string::npos ? to : to - from, kHidden);
  }
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : trimmed(value);
}

Result<Dsn> read_dsn_file(const std::string& path) {
  if (path.find("://") != std::string::npos || path.find('=') != std::string::npos) {
    return configuration_error(fmt::format(
        "{} or database.dsn_file holds a connection string, not the path of a file; set {} to it",
        kDsnFileVariable, kDsnVariable));
  }
  std::ifstream file(path, std::ios::binary);
  std::string text(kDsnBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad() || (text.empty() && !file.eof())) {
    return configuration_error(
        fmt::format("{}: cannot read the connection string: {}", path, std::strerror(errno)));
  }
  if (trimmed(text).empty() || text.size() > kDsnBytesMax) {
    return configuration_error(
        fmt::format("{}: {}; write one connection string into it", path,
                    text.size() > kDsnBytesMax ? "too large" : "the file is empty"));
  }
  return Dsn{trimmed(text), path};
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    const bool plain = std::isalnum(c) != 0 || std::strchr("-._~", c) != nullptr;
    out += plain ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
  }
  return out;
}

// A password's tail or a whole string. A host that begins with @ is an abstract socket.
bool holds_a_secret(std::string_view value) {
  return value.substr(value.empty() ? 0 : 1).find('@') != std::string_view::npos ||
         value.find("://") != std::string_view::npos ||
         value.find("password=") != std::string_view::npos;
}

}  // namespace

std::string redact(std::string_view text) {
  std::string line = on_one_line(text);
  hide_in_uris(line);
  hide_in_assignments(line);
  return line;
}

std::string redact(std::string_view text, const DsnSettings& settings) {
  std::string line(text);
  for (const char* key : {"password", "sslpassword"}) {
    const std::string secret = settings.get(key);
    replace_all(line, secret, kHidden);
    replace_all(line, percent_encoded(secret), kHidden);
  }
  return redact(line);
}

std::string DsnSettings::get(std::string_view key) const {
  const auto found = values.find(key);
  return found == values.end() ? "" : found->second;
}

std::string DsnSettings::describe() const {
  const std::string host = get("host").empty() ? get("hostaddr") : get("host");
  const std::string port = get("port");
  return fmt::format("database \"{}\" on host {}{} (from {})", get("dbname"),
                     host.empty() ? "localhost" : host, port.empty() ? "" : ":" + port, origin);
}

Result<DsnSettings> parse_dsn(const Dsn& dsn) {
  char* complaint = nullptr;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(dsn.text.c_str(), &complaint), &PQconninfoFree);
  if (!options) {
    const std::string why = complaint == nullptr ? "out of memory" : complaint;
    PQfreemem(complaint);
    return configuration_error(
        fmt::format("{}: not a PostgreSQL connection string ({}); write "
                    "postgresql://user:password@host/database "
                    "or host=… dbname=… user=…",
                    dsn.origin, on_one_line(without_quoted(why))));
  }
  DsnSettings settings;
  settings.origin = dsn.origin;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) settings.values[option->keyword] = option->val;
  }
  // A password with such a character in it, or a whole string in the wrong place: it would be
  // shown.
  for (const char* key : {"host", "hostaddr", "port", "dbname"}) {
    if (!holds_a_secret(settings.get(key))) continue;
    return configuration_error(fmt::format(
        "{}: what it gives as {} cannot be one; write the characters @ / : ? # % of a password as "
        "%40 %2F %3A %3F %23 %25",
        dsn.origin, key));
  }
  const std::string host = settings.get("host");
  if (const std::string named = hosts_for(dsn.mode, host); named != host) {
    settings.values["host"] = named;
    settings.values.erase("hostaddr");  // the address of the other name
  }
  secure(settings);
  if (const Status fit = check_production(settings); !fit) return fit.error();
  return settings;
}

Result<Mode> parse_mode(std::string_view text) {
  if (text == "as-is") return Mode::as_is;
  if (text == "direct") return Mode::direct;
  if (text == "pooled") return Mode::pooled;
  return configuration_error(
      fmt::format("database.mode = {}: expected as-is, direct or pooled", redact(text)));
}

Result<Dsn> DsnSource::read() const {
  const Result<Mode> mode = parse_mode(mode_);
  if (!mode) return mode.error();
  Result<Dsn> dsn = read_text();
  if (dsn) dsn->mode = *mode;
  return dsn;
}

Result<Dsn> DsnSource::read_text() const {
  struct stat state {};
  if (!file_.empty() && (stat(file_.c_str(), &state) == 0 || errno != ENOENT)) {
    return read_dsn_file(file_);
  }
  if (const std::string named = variable(kDsnFileVariable); !named.empty()) {
    return read_dsn_file(named);
  }
  if (const std::string text = variable(kDsnVariable); !text.empty()) {
    return Dsn{text, kDsnVariable};
  }
  return configuration_error(
      fmt::format("no database is configured: write a connection string into {}, or set {} or {}",
                  file_.empty() ? "the file that [database] dsn_file of the topology names" : file_,
                  kDsnVariable, kDsnFileVariable));
}

Status DsnSource::check() const {
  const Result<Dsn> dsn = read();
  if (!dsn) return dsn.error();
  const Result<DsnSettings> settings = parse_dsn(*dsn);
  return settings ? Status{} : Status(settings.error());
}

}  // namespace mendel::database

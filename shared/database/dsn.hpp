// Dsn: the connection string, where it came from, and what of it may be shown. Both forms are
// accepted, URI and key=value; they are parsed by libpq, never edited as text. A connection string
// comes from a file or the environment, never from a command line, where every user would see it.
// Threads: plain values.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "shared/base/result.hpp"
#include "shared/database/host.hpp"

namespace mendel::database {

inline constexpr const char* kDsnVariable = "NEON_CONNECTION_STRING";
inline constexpr const char* kDsnFileVariable = "NEON_CONNECTION_STRING_FILE";
inline constexpr std::size_t kDsnBytesMax = 16 << 10;

struct Dsn {
  std::string text;
  std::string origin;  // "/run/secrets/dsn" or "NEON_CONNECTION_STRING": for messages
  Mode mode = Mode::as_is;
};

// The settings of a connection string by libpq's keywords ("host", "dbname", "password", …).
struct DsnSettings {
  std::map<std::string, std::string, std::less<>> values;
  std::string origin;

  std::string get(std::string_view key) const;  // "" when absent
  // `database "x" on host y (from <origin>)`: no secret in it.
  std::string describe() const;
};

// With the host as the mode wants it, and what is left open about encryption filled in
// (transport.hpp). Errors (configuration) name the origin and never repeat a value of the string;
// one of them is what ENVIRONMENT=production refuses.
Result<DsnSettings> parse_dsn(const Dsn& dsn);

// Where the connection string comes from: the file when there is one, else the file that
// NEON_CONNECTION_STRING_FILE names, else NEON_CONNECTION_STRING. A password that it leaves out is
// libpq's to find (passfile, PGPASSFILE). All are read anew at each connection, so that a password
// can be rotated without a restart.
class DsnSource {
 public:
  // `file`: setting database.dsn_file; "" = none. `mode`: setting database.mode.
  explicit DsnSource(std::string file, std::string mode = "as-is")
      : file_(std::move(file)), mode_(std::move(mode)) {}

  // Neither file nor variable, or a mode that is none: a configuration error that says what to set.
  Result<Dsn> read() const;
  // What is checkable without connecting.
  Status check() const;

 private:
  Result<Dsn> read_text() const;

  std::string file_;
  std::string mode_;
};

// "as-is", "direct" or "pooled".
Result<Mode> parse_mode(std::string_view text);

// The text without anything that looks like a password, on one line.
std::string redact(std::string_view text);
// The same, and without the passwords of these settings.
std::string redact(std::string_view text, const DsnSettings& settings);

}  // namespace mendel::database

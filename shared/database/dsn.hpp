// Dsn: the connection string, where it came from, and what of it may be shown. Both forms are
// accepted, URI and key=value; they are parsed by libpq, never edited as text.
// Threads: plain values.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "shared/base/result.hpp"

namespace mendel::database {

inline constexpr const char* kDsnVariable = "NEON_CONNECTION_STRING";
inline constexpr std::size_t kDsnBytesMax = 16 << 10;

struct Dsn {
  std::string text;
  std::string origin;  // "/run/secrets/dsn" or "NEON_CONNECTION_STRING": for messages
};

// The settings of a connection string by libpq's keywords ("host", "dbname", "password", …).
struct DsnSettings {
  std::map<std::string, std::string, std::less<>> values;
  std::string origin;

  std::string get(std::string_view key) const;  // "" when absent
  // `database "x" on host y (from <origin>)`: no secret in it.
  std::string describe() const;
};

// Errors (configuration) name the origin and never repeat a value of the string.
Result<DsnSettings> parse_dsn(const Dsn& dsn);

// Where the connection string comes from: the file when there is one, else the environment.
// Read anew at each connection, so that a password can be rotated without a restart.
class DsnSource {
 public:
  // `file`: setting database.dsn_file; "" = none.
  explicit DsnSource(std::string file) : file_(std::move(file)) {}

  // Neither file nor variable: a configuration error that says what to set.
  Result<Dsn> read() const;
  // What is checkable without connecting.
  Status check() const;

 private:
  std::string file_;
};

// The text without anything that looks like a password, on one line.
std::string redact(std::string_view text);
// The same, and without the passwords of these settings.
std::string redact(std::string_view text, const DsnSettings& settings);

}  // namespace mendel::database

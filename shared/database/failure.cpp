#include "shared/database/failure.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace mendel::database {
namespace {

constexpr std::array<std::string_view, 9> kPermanentTexts = {
    "password authentication failed", "endpoint is disabled", "endpoint cannot be found",
    "not allowed to connect", "unsupported startup parameter", "certificate verify failed",
    "does not match host name", "root certificate file",
    // libpqxx 6.4 loses its code.
    "permission denied for"};
// libpq's own complaints about settings, found before any server is asked.
constexpr std::array<std::string_view, 6> kSettingTexts = {
    "invalid port number",   "invalid integer value", "no password supplied",
    "invalid sslmode value", "does not support SSL",  "channel binding required"};
constexpr std::array<std::string_view, 6> kPermanentClasses = {"28", "3D", "42", "22", "23", "0A"};
constexpr std::array<std::string_view, 5> kRetryCodes = {"40001", "40P01", "55P03", "53300",
                                                         "57014"};

bool contains_any(std::string_view text, const auto& parts) {
  return std::ranges::any_of(
      parts, [&](std::string_view part) { return text.find(part) != std::string_view::npos; });
}

bool is_one_of(std::string_view text, const auto& known) {
  return std::ranges::find(known, text) != known.end();
}

}  // namespace

Failure classify(std::string_view sqlstate, std::string_view message, bool connecting) {
  if (contains_any(message, kPermanentTexts)) return Failure::permanent;
  if (connecting && contains_any(message, kSettingTexts)) return Failure::permanent;
  if (sqlstate.size() != 5) return Failure::reconnect;
  if (is_one_of(sqlstate, kRetryCodes)) return Failure::retry;
  if (sqlstate == "53100" || sqlstate == "53200") return Failure::resources;
  if (is_one_of(sqlstate.substr(0, 2), kPermanentClasses)) return Failure::permanent;
  // 08xxx, 57P01/02/03, a proxy's XX000, and whatever is unknown: a new connection may help.
  return Failure::reconnect;
}

Error to_error(Failure failure, std::string message) {
  return failure == Failure::permanent ? configuration_error(std::move(message))
                                       : transient_error(std::move(message));
}

std::string connect_advice(std::string_view message) {
  const auto says = [&](std::string_view part) {
    return message.find(part) != std::string_view::npos;
  };
  if (says("could not translate host name")) return "check the host name";
  if (says("Connection refused") || says("No such file or directory")) {
    return "is the server running there? check host and port";
  }
  if (says("password authentication failed") || says("no password supplied")) {
    return "check user and password";
  }
  if (says("database") && says("does not exist")) return "create that database or correct its name";
  if (says("role") && says("does not exist")) return "correct the user name";
  if (says("does not support SSL"))
    return "the server speaks no TLS: say sslmode=disable to go without";
  if (says("channel binding required"))
    return "say channel_binding=prefer, as a PgBouncer needs it";
  if (says("certificate")) return "check sslmode and sslrootcert";
  if (says("pg_hba.conf")) return "the server's pg_hba.conf does not allow this user from here";
  if (says("timeout") || says("timed out")) return "is the host reachable?";
  if (says("starting up")) return "it is starting: try again";
  return "check the connection string";
}

std::string sqlstate_in(std::string_view message) {
  for (std::size_t at = message.find(": "); at != std::string_view::npos;
       at = message.find(": ", at + 1)) {
    std::size_t from = at + 2;
    while (from < message.size() && message[from] == ' ') ++from;
    const std::string_view code = message.substr(from, 5);
    // Every SQLSTATE has a digit; "FATAL" and "ERROR" have none.
    const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
    const bool fits = code.size() == 5 && message.substr(from + 5, 2) == ": " &&
                      std::ranges::any_of(code, is_digit) &&
                      std::ranges::all_of(code, [&](unsigned char c) {
                        return is_digit(c) || (c >= 'A' && c <= 'Z');
                      });
    if (fits) return std::string(code);
  }
  return "";
}

}  // namespace mendel::database

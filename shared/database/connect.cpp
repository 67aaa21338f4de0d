#include "shared/database/connect.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "shared/base/time.hpp"
#include "shared/database/failure.hpp"
#include "shared/database/values.hpp"

namespace mendel::database {
namespace {

constexpr int kPollMs = 100;
constexpr std::int64_t kConnectSeconds = 15;

using Handle = std::unique_ptr<PGconn, void (*)(PGconn*)>;

Handle begin_connecting(const DsnSettings& settings, const ConnectOptions& options) {
  auto values = settings.values;
  values.emplace("fallback_application_name", options.application);
  values.emplace("keepalives_idle", "30");
  values.emplace("keepalives_interval", "10");
  values.emplace("keepalives_count", "3");
  values.emplace("tcp_user_timeout", "30000");
  std::vector<const char*> keys;
  std::vector<const char*> texts;
  for (const auto& [key, text] : values) {
    keys.push_back(key.c_str());
    texts.push_back(text.c_str());
  }
  keys.push_back(nullptr);
  texts.push_back(nullptr);
  return {PQconnectStartParams(keys.data(), texts.data(), /*expand_dbname=*/0), &PQfinish};
}

// "" when connected, else why not.
std::string wait_until_connected(PGconn* raw, std::int64_t deadline_ns,
                                 const std::function<bool()>& cancelled) {
  // libpq: before the first PQconnectPoll, act as if it had asked to write.
  PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
  while (wanted != PGRES_POLLING_OK) {
    if (wanted == PGRES_POLLING_FAILED || PQstatus(raw) == CONNECTION_BAD) {
      return PQerrorMessage(raw);
    }
    if (cancelled && cancelled()) return "stopped while connecting";
    if (read_clocks().monotonic_ns > deadline_ns) return "timeout expired";
    pollfd watched{PQsocket(raw),
                   static_cast<short>(wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    if (poll(&watched, 1, kPollMs) > 0) wanted = PQconnectPoll(raw);
  }
  return "";
}

// libpq's verbose style carries the code, and a line that tells where in the server's source.
std::string without_location(std::string message) {
  const std::size_t location = message.find("\nLOCATION:");
  if (location != std::string::npos) {
    const std::size_t end = message.find('\n', location + 1);
    message.erase(location, end == std::string::npos ? end : end - location);
  }
  return message;
}

Error connect_error(const DsnSettings& settings, const std::string& why) {
  const Failure failure = classify(sqlstate_in(why), why, /*connecting=*/true);
  return to_error(failure,
                  fmt::format("cannot connect to {}: {}; {}", settings.describe(),
                              redact(without_location(why), settings), connect_advice(why)));
}

void ignore_notice(void* /*context*/, const PGresult* /*notice*/) {}

}  // namespace

Result<pg_conn*> connect(const DsnSettings& settings, const ConnectOptions& options) {
  Handle handle = begin_connecting(settings, options);
  if (!handle) return transient_error("out of memory while connecting to the database");
  PQsetNoticeReceiver(handle.get(), &ignore_notice, nullptr);
  PQsetErrorVerbosity(handle.get(), PQERRORS_VERBOSE);
  const std::string asked = settings.get("connect_timeout");
  const std::int64_t seconds = asked.empty() ? kConnectSeconds : integer_from(asked);
  const std::int64_t deadline_ns =
      read_clocks().monotonic_ns + std::max<std::int64_t>(seconds, 1) * kNsPerSecond;
  const std::string why = wait_until_connected(handle.get(), deadline_ns, options.cancelled);
  if (!why.empty()) return connect_error(settings, why);
  PQsetErrorVerbosity(handle.get(), PQERRORS_DEFAULT);
  return handle.release();
}

}  // namespace mendel::database

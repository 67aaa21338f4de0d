// Certificates that peers of TLS connections show.
// Threads: as the connection.
#pragma once

#include <cstdint>
#include <optional>

struct ssl_st;  // OpenSSL's SSL

namespace mendel {

// Until when the certificate of the peer is valid, in seconds since 1970 (a year like 9999 does not
// fit into nanoseconds); nullopt when it showed none.
std::optional<std::int64_t> peer_certificate_ends_seconds(const ssl_st* connection);

}  // namespace mendel

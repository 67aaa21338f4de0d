#include "shared/base/certificate.hpp"

#include <openssl/asn1.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>

namespace mendel {

std::optional<std::int64_t> peer_certificate_ends_seconds(const ssl_st* connection) {
  if (connection == nullptr) return std::nullopt;
  const std::unique_ptr<X509, void (*)(X509*)> certificate(SSL_get1_peer_certificate(connection),
                                                           &X509_free);
  if (!certificate) return std::nullopt;
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) return std::nullopt;
  return timegm(&end);
}

}  // namespace mendel

// TLS with a scratch authority: whom a connection trusts.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "shared/base/time.hpp"
#include "shared/database/connection.hpp"
#include "shared/database/figures.hpp"
#include "shared/database/pool.hpp"
#include "tests/support/postgres.hpp"

namespace mendel::database {
namespace {

using testing::HasSubstr;
using testing::Not;

// A port that was free a moment ago.
int free_port() {
  const int probe = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address);
  getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
  close(probe);
  return ntohs(address.sin_port);
}

class Tls : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = "/tmp/mendel-tls-XXXXXX";
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    // Two authorities; of the first a certificate for localhost, one for another host, an old one.
    const std::string script = fmt::format(
        "cd {} && exec >log 2>&1 && set -e\n"
        "for ca in ca other; do\n"
        "  openssl ecparam -name prime256v1 -genkey -noout -out $ca.key\n"
        "  openssl req -x509 -new -key $ca.key -subj /CN=$ca -days 2 -out $ca.pem\n"
        "done\n"
        "openssl ecparam -name prime256v1 -genkey -noout -out server.key\n"
        "for one in good:localhost elsewhere:elsewhere.example old:localhost; do\n"
        "  IFS=: read name host <<END\n$one\nEND\n"
        "  openssl req -new -key server.key -subj /CN=$host -out request\n"
        "  printf 'subjectAltName=DNS:%s' $host >names\n"
        "  openssl x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
        " -extfile names -out $name.pem\n"
        "done\n"
        // Only `openssl ca` of every version signs what has expired.
        "printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\nnew_certs_dir=.\\nserial=serial\\n"
        "default_md=sha256\\npolicy=p\\n[p]\\ncommonName=supplied\\n' >ca.cnf\n"
        "echo 'unique_subject = no' >index.attr && : >index && echo 01 >serial\n"
        "openssl ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -in request -extfile names"
        " -startdate 20200101000000Z -enddate 20200102000000Z -notext -out expired.pem\n"
        "openssl ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -in request -extfile names"
        " -startdate 20200101000000Z -enddate 99991231235959Z -notext -out long.pem\n"
        "chmod 755 .",
        folder_);
    ASSERT_EQ(std::system(script.c_str()), 0) << folder_ << "/log";
    port_ = free_port();
    auto started =
        support::PrivatePostgres::start(fmt::format("listen_addresses=127.0.0.1 port={}", port_));
    ASSERT_TRUE(started) << started.error().message;
    postgres_ = std::move(*started);
    ASSERT_TRUE(postgres_->psql("CREATE ROLE guest LOGIN PASSWORD 'right'"));
    std::ofstream(postgres_->folder() + "/data/pg_hba.conf")
        << "local all all trust\nhostssl all all all scram-sha-256\n";
    ASSERT_TRUE(postgres_->psql("ALTER SYSTEM SET ssl = on"));
    serve("good");
  }
  static void TearDownTestSuite() {
    postgres_.reset();
    std::filesystem::remove_all(folder_);
  }

  // The server shows that certificate from now on.
  static void serve(const std::string& certificate) {
    const std::string data = postgres_->folder() + "/data/";
    ASSERT_TRUE(postgres_->stop());
    const std::string script = fmt::format(
        "cp {0}/{1}.pem {2}server.crt && cp {0}/server.key {2}server.key && "
        "chmod 600 {2}server.key {2}server.crt && chown --reference={2}PG_VERSION {2}server.*",
        folder_, certificate, data);
    ASSERT_EQ(std::system(script.c_str()), 0);
    const Status started = postgres_->start_again();
    ASSERT_TRUE(started) << started.error().message;
  }
  static Result<Connection> open(const std::string& more) {
    return Connection::open({fmt::format("host=localhost port={} user=guest password=right "
                                         "dbname=postgres {}",
                                         port_, more),
                             "/run/dsn"},
                            {"test", {}});
  }
  static std::string trust(const std::string& authority) {
    return fmt::format("sslmode=verify-full sslrootcert={}/{}.pem", folder_, authority);
  }
  static void expect_refused(const std::string& more, const std::string& part) {
    const std::int64_t began_ns = read_clocks().monotonic_ns;
    const auto refused = open(more);
    ASSERT_FALSE(refused) << more;
    // Nothing that a second try could change: it is told at once.
    EXPECT_EQ(refused.error().kind, ErrorKind::configuration) << refused.error().message;
    EXPECT_THAT(refused.error().message, HasSubstr(part));
    EXPECT_THAT(refused.error().message, Not(HasSubstr("right")));
    EXPECT_LT(read_clocks().monotonic_ns - began_ns, 5 * kNsPerSecond);
  }

  static inline std::string folder_;
  static inline int port_ = 0;
  static inline std::unique_ptr<support::PrivatePostgres> postgres_;
};

TEST_F(Tls, AVerifiedServerIsTakenWithChannelBinding) {
  auto connection = open(trust("ca") + " channel_binding=require");
  ASSERT_TRUE(connection) << connection.error().message;
  EXPECT_EQ(
      connection->exec("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")->text(0, 0),
      "t");
}

TEST_F(Tls, AnotherAuthorityIsRefused) {
  expect_refused(trust("other"), "certificate verify failed");
}

TEST_F(Tls, PlainTextIsRefusedByTheServer) { expect_refused("sslmode=disable", "pg_hba.conf"); }

TEST_F(Tls, AWrongPasswordFailsAtOnce) {
  const auto refused = open(trust("ca") + " password=wrong");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::configuration);
}

TEST_F(Tls, ACertificateOfAnotherHostIsRefused) {
  serve("elsewhere");
  expect_refused(trust("ca"), "does not match host name");
  serve("good");
}

TEST_F(Tls, AnExpiredCertificateIsRefused) {
  serve("expired");
  expect_refused(trust("ca"), "certificate verify failed");
  serve("good");
}

TEST_F(Tls, TheEndOfTheServersCertificateIsRead) {
  auto two_days = open(trust("ca"));
  ASSERT_TRUE(two_days) << two_days.error().message;
  const std::int64_t now_seconds = read_clocks().wall_ns / kNsPerSecond;
  const std::int64_t left = two_days->certificate_ends_seconds().value() - now_seconds;
  EXPECT_GT(left, 2 * 86'400 - 600);
  EXPECT_LE(left, 2 * 86'400);
  serve("long");
  auto for_ever = open(trust("ca"));
  ASSERT_TRUE(for_ever) << for_ever.error().message;
  EXPECT_EQ(for_ever->certificate_ends_seconds(), 253'402'300'799);
  serve("good");
}

// Who does not verify is told by the metric at least.
TEST_F(Tls, APoolSaysHowLongTheCertificateIsValid) {
  serve("expired");
  const std::string file = folder_ + "/dsn";
  std::ofstream(file) << fmt::format(
      "host=localhost port={} user=guest password=right dbname=postgres sslmode=require", port_);
  Pool pool(DsnSource(file), {});
  {
    auto lease = pool.acquire();
    ASSERT_TRUE(lease) << lease.error().message;
    auto transaction = (*lease)->begin();
    ASSERT_TRUE(transaction);
    pool.server().read(**lease, *transaction);
    ASSERT_TRUE(transaction->commit());
  }
  const std::int64_t end_ns = parse_time("2020-01-02T00:00:00Z").value();
  std::map<std::string, double> said;
  Now now = read_clocks();
  now.wall_ns = end_ns + 5 * kNsPerSecond;
  for (const Figure& one : figures(pool.gauges(), now)) said[one.name] = one.value;
  EXPECT_EQ(said.at("certificate_expires_seconds"), -5);
  EXPECT_TRUE(said.contains("clock_skew_seconds"));
  serve("good");
}

}  // namespace
}  // namespace mendel::database

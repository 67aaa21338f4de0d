#include "tests/support/pgbouncer.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

namespace mendel::support {
namespace {

constexpr const char* kProgram = "/usr/sbin/pgbouncer";
constexpr std::chrono::seconds kStartWait{20};
constexpr const char* kSocket = ".s.PGSQL.6432";

// The socket's file is there before anybody listens on it.
bool listens(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto* name = reinterpret_cast<const sockaddr*>(&address);
  const bool connected = socket >= 0 && connect(socket, name, sizeof address) == 0;
  if (socket >= 0) close(socket);
  return connected;
}

}  // namespace

bool PrivateBouncer::is_installed() { return access(kProgram, X_OK) == 0; }

Result<std::unique_ptr<PrivateBouncer>> PrivateBouncer::start(const PrivatePostgres& server,
                                                              int server_connections) {
  const std::string folder = server.folder();
  const std::string file = folder + "/pgbouncer.ini";
  std::ofstream(file) << fmt::format(
      "[databases]\n* = host={0} user=mendel\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\n"
      "unix_socket_dir = {0}\nauth_type = any\npool_mode = transaction\n"
      "default_pool_size = {1}\nmax_client_conn = 200\nignore_startup_parameters =\n",
      folder, server_connections);
  chmod(file.c_str(), 0644);
  const pid_t pid = spawn_as_server({kProgram, file}, folder + "/pgbouncer.log");
  std::unique_ptr<PrivateBouncer> bouncer(new PrivateBouncer(folder, pid));
  const auto deadline = std::chrono::steady_clock::now() + kStartWait;
  while (!listens(folder + "/" + kSocket)) {
    if (pid < 0 || std::chrono::steady_clock::now() > deadline) {
      std::ifstream log(folder + "/pgbouncer.log");
      return transient_error("pgbouncer did not start: " +
                             std::string(std::istreambuf_iterator<char>(log), {}));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return bouncer;
}

PrivateBouncer::~PrivateBouncer() {
  if (pid_ <= 0) return;
  int status = 0;
  kill(pid_, SIGQUIT);
  waitpid(pid_, &status, 0);
}

std::string PrivateBouncer::dsn(const std::string& database) const {
  return fmt::format("host={} port=6432 user=mendel dbname={}", folder_, database);
}

}  // namespace mendel::support

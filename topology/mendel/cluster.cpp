#include "topology/mendel/cluster.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace mendel::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRole = "mendel";
constexpr const char* kDatabase = "mendel";
constexpr const char* kServerUser = "postgres";
constexpr const char* kPackagedServers = "/usr/lib/postgresql";

int leading_number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Installed major versions, newest last.
std::vector<int> installed_versions() {
  std::vector<int> versions;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(kPackagedServers, ignored)) {
    const int version = leading_number(entry.path().filename().string());
    if (version > 0 && fs::exists(entry.path() / "bin" / "initdb")) versions.push_back(version);
  }
  std::sort(versions.begin(), versions.end());
  return versions;
}

// The last line of a program's output that says something, for a one-line message.
std::string last_line(const std::string& text) {
  std::size_t end = text.find_last_not_of("\n ");
  if (end == std::string::npos) return "it said nothing";
  const std::size_t begin = text.rfind('\n', end);
  return text.substr(begin == std::string::npos ? 0 : begin + 1,
                     end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

// Whether the pid is a living server of exactly this data folder: a number in a file may belong to
// any other program by now, another PostgreSQL included.
bool serves(pid_t pid, const std::string& data) {
  if (pid <= 0) return false;
  std::error_code no_such_process;
  std::error_code no_such_folder;
  const fs::path working = fs::read_symlink(fmt::format("/proc/{}/cwd", pid), no_such_process);
  return !no_such_process && working == fs::canonical(data, no_such_folder);
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

}  // namespace

Result<Cluster> Cluster::prepare(const std::string& state) {
  Cluster cluster;
  cluster.state_ = state;
  cluster.folder_ = state + "/pg";
  if (Status found = cluster.find_programs(); !found) return found.error();
  if (Status found = cluster.find_user(); !found) return found.error();
  if (Status made = cluster.create_data(); !made) return made.error();
  if (Status free = cluster.wait_for_predecessor(); !free) return free.error();
  return cluster;
}

Status Cluster::find_programs() {
  const std::vector<int> installed = installed_versions();
  if (installed.empty()) {
    return configuration_error(
        fmt::format("no PostgreSQL server is installed (looked in {}); install the package "
                    "postgresql, or use your own database with --database env",
                    kPackagedServers));
  }
  major_version_ = installed.back();
  if (const int made_by = leading_number(first_line(data() + "/PG_VERSION")); made_by > 0) {
    if (std::find(installed.begin(), installed.end(), made_by) == installed.end()) {
      return configuration_error(fmt::format(
          "{} was made by PostgreSQL {}, and {} is installed; install postgresql-{}, or name a new "
          "state directory with --state <dir>",
          folder_, made_by, major_version_, made_by));
    }
    major_version_ = made_by;
  }
  programs_ = fmt::format("{}/{}/bin", kPackagedServers, major_version_);
  return {};
}

Status Cluster::find_user() {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return configuration_error(fmt::format("{}: {}", folder_, error.message()));
  if (geteuid() == 0) {
    user_ = kServerUser;
    const passwd* entry = getpwnam(kServerUser);
    if (entry == nullptr) {
      return configuration_error(
          "there is no user 'postgres' to run the database as; install the package postgresql, or "
          "run as another user than root");
    }
    for (fs::path path = state_; !path.empty(); path = path.parent_path()) {
      struct stat status {};
      if (stat(path.c_str(), &status) == 0 && (status.st_mode & S_IXOTH) == 0 &&
          status.st_uid != entry->pw_uid) {
        return configuration_error(fmt::format(
            "{}: the user postgres, which runs the database for root, cannot enter this folder; "
            "name a state directory elsewhere with --state <dir>, such as /var/lib/mendel",
            path.string()));
      }
      if (path == path.parent_path()) break;
    }
    if (chown(folder_.c_str(), entry->pw_uid, entry->pw_gid) != 0) {
      return configuration_error(fmt::format("{}: {}", folder_, std::strerror(errno)));
    }
    mkdir(socket_folder().c_str(), 0700);
    if (chown(socket_folder().c_str(), entry->pw_uid, entry->pw_gid) != 0) {
      return configuration_error(fmt::format("{}: {}", socket_folder(), std::strerror(errno)));
    }
  }
  mkdir(socket_folder().c_str(), 0700);
  chmod(folder_.c_str(), 0700);
  return {};
}

ChildSpec Cluster::program(const std::string& name, std::vector<std::string> arguments) const {
  ChildSpec spec;
  spec.name = name;
  spec.words = std::move(arguments);
  spec.words.insert(spec.words.begin(), programs_ + "/" + name);
  spec.environment = {
      {"LC_ALL", "C"}, {"TZ", "UTC"}, {"PGOPTIONS", ""}, {"PGCONNECT_TIMEOUT", "5"}};
  spec.user = user_;
  return spec;
}

// Made under another name and renamed, so that a killed initdb leaves nothing half done.
Status Cluster::create_data() {
  std::error_code error;
  if (fs::exists(data() + "/PG_VERSION", error)) return {};
  const std::string unfinished = data() + ".new";
  fs::remove_all(unfinished, error);
  Result<ProgramOutput> made = run_program(program(
      "initdb", {"--pgdata=" + unfinished, std::string("--username=") + kRole, "--auth-local=trust",
                 "--auth-host=reject", "--encoding=UTF8", "--locale=C"}));
  if (!made) return made.error();
  if (made->ending.by_signal || made->ending.number != 0) {
    return configuration_error(
        fmt::format("{}: initdb failed: {}", unfinished, last_line(made->text)));
  }
  fs::rename(unfinished, data(), error);
  if (error) {
    return configuration_error(fmt::format(
        "{}: {}; it is in the way of a new database: move it away", data(), error.message()));
  }
  return {};
}

// A server whose supervisor was killed is stopping by itself; what a killed server left is removed
// when its pid is gone or belongs to another program by now (PostgreSQL checks only the former).
Status Cluster::wait_for_predecessor() const {
  constexpr std::int64_t kLookMs = 50;
  const std::string pid_file = data() + "/postmaster.pid";
  for (std::int64_t waited = 0; waited < kServerStopMs; waited += kLookMs) {
    const pid_t pid = leading_number(first_line(pid_file));
    if (!serves(pid, data())) {
      std::error_code ignored;
      fs::remove(pid_file, ignored);
      return {};
    }
    if (waited == 0) kill(pid, SIGINT);
    usleep(static_cast<useconds_t>(kLookMs * 1000));
  }
  return transient_error(fmt::format("{}: its server from before does not stop; end the process {}",
                                     folder_, first_line(pid_file)));
}

ChildSpec Cluster::server() const {
  ChildSpec spec = program(
      "postgres", {"-D", data(), "-c", "listen_addresses=", "-c",
                   fmt::format("unix_socket_directories=\"{}\"", socket_folder()), "-c",
                   "unix_socket_permissions=0700", "-c", "port=5432", "-c", "logging_collector=off",
                   "-c", "timezone=UTC", "-c", "log_timezone=UTC", "-c", "max_wal_size=512MB"});
  spec.name = "postgresql";
  spec.stop_signal = SIGINT;
  spec.orphan_signal = SIGINT;
  return spec;
}

bool Cluster::answers() const {
  const Result<ProgramOutput> asked =
      run_program(program("pg_isready", {"-q", "-h", socket_folder(), "-p", "5432"}));
  return asked && !asked->ending.by_signal && asked->ending.number == 0;
}

Status Cluster::create_database() const {
  const auto ask = [this](const std::string& query) {
    return run_program(program("psql", {"-X", "-A", "-t", "-q", "-h", socket_folder(), "-p", "5432",
                                        "-U", kRole, "-d", "postgres", "-c", query}));
  };
  const Result<ProgramOutput> known =
      ask(fmt::format("SELECT 1 FROM pg_database WHERE datname = '{}'", kDatabase));
  if (!known) return known.error();
  if (known->ending.number == 0 && known->text.starts_with("1")) return {};
  const Result<ProgramOutput> made = ask(fmt::format("CREATE DATABASE {}", kDatabase));
  if (!made) return made.error();
  if (made->ending.by_signal || made->ending.number != 0) {
    return transient_error(
        fmt::format("{}: no database could be created: {}", folder_, last_line(made->text)));
  }
  return {};
}

std::string Cluster::dsn() const {
  return fmt::format("host={} port=5432 dbname={} user={}", quoted(socket_folder()), kDatabase,
                     kRole);
}

Result<TemporaryServer> TemporaryServer::start(const Cluster& cluster, const std::string& log) {
  constexpr std::int64_t kLookMs = 50;
  ChildSpec spec = cluster.server();
  spec.output_file = log;
  const Result<Child> child = spawn(spec, 0);
  if (!child) return child.error();
  TemporaryServer server(child->pid);
  for (std::int64_t waited = 0; waited < kServerStartMs; waited += kLookMs) {
    if (cluster.answers()) return server;
    int status = 0;
    if (waitpid(server.pid_, &status, WNOHANG) == server.pid_) {
      server.pid_ = -1;
      return transient_error(
          fmt::format("PostgreSQL {}; its reasons are in {}", describe(ending_from(status)), log));
    }
    usleep(static_cast<useconds_t>(kLookMs * 1000));
  }
  return transient_error(fmt::format("PostgreSQL does not answer; its reasons are in {}", log));
}

TemporaryServer::~TemporaryServer() {
  if (pid_ > 0) end_child(pid_, SIGINT, kServerStopMs);
}

TemporaryServer::TemporaryServer(TemporaryServer&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)) {}

}  // namespace mendel::cli

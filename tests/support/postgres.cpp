#include "tests/support/postgres.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>
#include <vector>

namespace mendel::support {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr std::chrono::seconds kStartWait{60};

// The bin folder of the newest server that Debian's packages put under /usr/lib/postgresql.
std::string newest_bin() {
  int newest = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", error)) {
    const int version = std::atoi(entry.path().filename().c_str());
    if (fs::exists(entry.path() / "bin/initdb")) newest = std::max(newest, version);
  }
  return newest == 0 ? "" : fmt::format("/usr/lib/postgresql/{}/bin", newest);
}

// The account that the server runs as when we are root.
const passwd* server_account() { return geteuid() == 0 ? getpwnam("postgres") : nullptr; }

// Runs in the child between fork and exec.
[[noreturn]] void become(const Words& words, const passwd* account, const std::string& output) {
  const int out = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (out >= 0) {
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
  }
  if (account != nullptr && (setgid(account->pw_gid) != 0 || setuid(account->pw_uid) != 0)) {
    _exit(126);
  }
  // After setuid, which clears it: a test that is killed takes its server along.
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (chdir("/") != 0) _exit(126);
  std::vector<char*> raw;
  for (const std::string& word : words) raw.push_back(const_cast<char*>(word.c_str()));
  raw.push_back(nullptr);
  execv(raw[0], raw.data());
  _exit(127);
}

pid_t spawn(const Words& words, const std::string& output) {
  const passwd* account = server_account();
  const pid_t child = fork();
  if (child == 0) become(words, account, output);
  return child;
}

std::string tail(const std::string& path) {
  std::ifstream file(path);
  std::stringstream all;
  all << file.rdbuf();
  const std::string text = all.str();
  return text.size() > 2000 ? text.substr(text.size() - 2000) : text;
}

Status run(const Words& words, const std::string& output) {
  int status = 0;
  const pid_t child = spawn(words, output);
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
    return transient_error(fmt::format("{} failed: {}", words[0], tail(output)));
  }
  return {};
}

// postmaster.pid's eighth line says "ready" once connections are accepted.
bool accepts(const std::string& data) {
  std::ifstream file(data + "/postmaster.pid");
  std::string line;
  for (int i = 0; i < 8; ++i) {
    if (!std::getline(file, line)) return false;
  }
  return line.starts_with("ready");
}

// The server and its children; each backend is one.
void signal_all(pid_t server, int signal) {
  if (server <= 0) return;
  kill(server, signal);
  std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", server));
  for (pid_t child = 0; children >> child;) kill(child, signal);
}

Result<std::string> make_folder() {
  std::string folder = "/tmp/mendel-pg-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return transient_error("cannot make a folder in /tmp");
  const passwd* account = server_account();
  if (geteuid() == 0 && account == nullptr) {
    return configuration_error("there is no user `postgres`; install postgresql");
  }
  if (account != nullptr && chown(folder.c_str(), account->pw_uid, account->pw_gid) != 0) {
    return transient_error("cannot hand " + folder + " to postgres");
  }
  return folder;
}

// A fresh data folder that later clusters are copied from: initdb takes seconds on a busy machine,
// and every test that needs a server has its own.
std::string template_folder() {
  const fs::path version = fs::path(newest_bin()).parent_path().filename();
  return fmt::format("/tmp/mendel-pg-template-{}-{}", version.string(), geteuid());
}

bool is_ours(const std::string& folder) {
  const passwd* account = server_account();
  struct stat state {};
  return lstat(folder.c_str(), &state) == 0 && S_ISDIR(state.st_mode) &&
         state.st_uid == (account != nullptr ? account->pw_uid : geteuid());
}

Status copy_folder(const std::string& from, const std::string& to, const std::string& output) {
  return run({"/bin/cp", "-a", from, to}, output);
}

// Makes `<folder>/data`.
Status make_data(const std::string& folder) {
  const std::string data = folder + "/data";
  const std::string output = folder + "/initdb.log";
  if (is_ours(template_folder())) return copy_folder(template_folder(), data, output);
  const Status made = run({newest_bin() + "/initdb", "-D", data, "-U", "mendel", "-A", "trust",
                           "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"},
                          output);
  if (!made) return made;
  // Of several at once the first rename wins; a template that cannot be made is no loss.
  const std::string draft = folder + "/template";
  if (copy_folder(data, draft, output)) (void)rename(draft.c_str(), template_folder().c_str());
  return {};
}

// The value of a "port=…" among the settings, as connection strings say it; else "".
std::string port_word(const std::string& settings) {
  std::istringstream words(settings);
  for (std::string word; words >> word;) {
    if (word.starts_with("port=")) return " " + word;
  }
  return "";
}

}  // namespace

pid_t spawn_as_server(const std::vector<std::string>& words, const std::string& output) {
  return spawn(words, output);
}

Result<std::unique_ptr<PrivatePostgres>> PrivatePostgres::start(const std::string& settings) {
  if (newest_bin().empty()) return configuration_error("no PostgreSQL server; install postgresql");
  Result<std::string> folder = make_folder();
  if (!folder) return folder.error();
  std::unique_ptr<PrivatePostgres> cluster(new PrivatePostgres(*folder, settings));
  const Status made = make_data(*folder);
  if (!made) return made.error();
  const Status started = cluster->start_again();
  if (!started) return started.error();
  return cluster;
}

PrivatePostgres::~PrivatePostgres() {
  (void)stop();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string PrivatePostgres::dsn(const std::string& database) const {
  return fmt::format("host={} user=mendel dbname={}{}", folder_, database, port_word(settings_));
}

Status PrivatePostgres::start_again() {
  const std::string data = folder_ + "/data";
  const std::string log = folder_ + "/server.log";
  Words words = {newest_bin() + "/postgres",
                 "-D",
                 data,
                 "-k",
                 folder_,
                 "-c",
                 "listen_addresses=",
                 "-c",
                 "fsync=off",
                 "-c",
                 "full_page_writes=off",
                 "-c",
                 "shared_buffers=16MB"};
  const char* environment = std::getenv("MENDEL_TEST_POSTGRES");
  std::istringstream more(settings_ + " " + (environment == nullptr ? "" : environment));
  for (std::string setting; more >> setting;) {
    words.push_back("-c");
    words.push_back(setting);
  }
  server_ = spawn(words, log);
  const auto deadline = std::chrono::steady_clock::now() + kStartWait;
  while (!accepts(data)) {
    int status = 0;
    if (server_ < 0 || waitpid(server_, &status, WNOHANG) == server_ ||
        std::chrono::steady_clock::now() > deadline) {
      return transient_error("PostgreSQL did not start: " + tail(log));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return {};
}

Status PrivatePostgres::stop() {
  if (server_ <= 0) return {};
  int status = 0;
  kill(server_, SIGQUIT);
  const pid_t ended = waitpid(server_, &status, 0);
  server_ = -1;
  std::error_code ignored;
  fs::remove(folder_ + "/data/postmaster.pid", ignored);
  return ended > 0 ? Status{} : Status(transient_error("PostgreSQL did not stop"));
}

void PrivatePostgres::freeze() const { signal_all(server_, SIGSTOP); }
void PrivatePostgres::thaw() const { signal_all(server_, SIGCONT); }

Result<std::string> PrivatePostgres::psql(const std::string& sql,
                                          const std::string& database) const {
  std::string script = folder_ + "/psql-XXXXXX";
  const int file = mkstemp(script.data());
  if (file < 0 || write(file, sql.data(), sql.size()) != static_cast<ssize_t>(sql.size())) {
    return transient_error("cannot write " + script);
  }
  close(file);
  const std::string command = fmt::format("{}/psql -XAtq -v ON_ERROR_STOP=1 -f {} '{}' 2>&1",
                                          newest_bin(), script, dsn(database));
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return transient_error("cannot run psql");
  std::string text;
  std::array<char, 4096> chunk{};
  for (std::size_t got; (got = fread(chunk.data(), 1, chunk.size(), pipe)) > 0;) {
    text.append(chunk.data(), got);
  }
  const int status = pclose(pipe);
  unlink(script.c_str());
  if (!text.empty() && text.back() == '\n') text.pop_back();
  if (status != 0) return transient_error("psql: " + text);
  return text;
}

}  // namespace mendel::support

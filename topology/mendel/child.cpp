#include "topology/mendel/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace mendel::cli {
namespace {

constexpr std::size_t kProgramOutputBytesMax = 1 << 20;
constexpr int kExecFailed = 127;

struct Identity {
  bool change = false;
  uid_t user = 0;
  gid_t group = 0;
};

Result<Identity> identity_of(const std::string& user) {
  if (user.empty()) return Identity{};
  const passwd* entry = getpwnam(user.c_str());
  if (entry == nullptr) {
    return configuration_error(
        fmt::format("there is no user '{}' to run PostgreSQL as; install the package postgresql "
                    "or run as another user than root",
                    user));
  }
  return Identity{true, entry->pw_uid, entry->pw_gid};
}

std::vector<std::string> environment_of(const ChildSpec& spec) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    bool replaced = false;
    for (const auto& [name, value] : spec.environment) {
      replaced = replaced || (text.starts_with(name) && text.substr(name.size()).starts_with('='));
    }
    if (!replaced) result.emplace_back(text);
  }
  for (const auto& [name, value] : spec.environment) result.push_back(name + "=" + value);
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

struct Launch {
  char** arguments;
  char** environment;
  Identity identity;
  pid_t parent;
  pid_t group;
  int orphan_signal;
  int output;  // -1 = the terminal is inherited
};

// Between fork and exec: only calls that are safe there. Credentials first, since changing them
// clears the parent-death signal.
[[noreturn]] void become(const Launch& launch) {
  const Identity& identity = launch.identity;
  if (identity.change && (setgroups(0, nullptr) != 0 || setgid(identity.group) != 0 ||
                          setuid(identity.user) != 0 || chdir("/") != 0)) {
    _exit(kExecFailed);
  }
  prctl(PR_SET_PDEATHSIG, launch.orphan_signal);
  if (getppid() != launch.parent) _exit(kExecFailed);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  if (launch.output >= 0) {
    if (setpgid(0, launch.group) != 0) setpgid(0, 0);
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(launch.output, STDOUT_FILENO);
    dup2(launch.output, STDERR_FILENO);
  }
  execve(launch.arguments[0], launch.arguments, launch.environment);
  const char message[] = "cannot be started: ";
  const char* reason = strerrordesc_np(errno);
  [[maybe_unused]] ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
  if (reason != nullptr) ignored = write(STDERR_FILENO, reason, std::strlen(reason));
  _exit(kExecFailed);
}

struct Output {
  int read_end = -1;
  int write_end = -1;
};

Result<Output> output_of(const ChildSpec& spec) {
  if (spec.inherit_terminal) return Output{};
  if (!spec.output_file.empty()) {
    const int file =
        open(spec.output_file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0) return Output{-1, file};
    return configuration_error(fmt::format("{}: {}", spec.output_file, std::strerror(errno)));
  }
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return transient_error(fmt::format("{}: no pipe: {}", spec.name, std::strerror(errno)));
  }
  return Output{ends[0], ends[1]};
}

}  // namespace

Result<Child> spawn(const ChildSpec& spec, pid_t group) {
  if (access(spec.words.front().c_str(), X_OK) != 0) {
    return configuration_error(fmt::format("{}: {}; build it with './mendel build'",
                                           spec.words.front(), std::strerror(errno)));
  }
  Result<Identity> identity = identity_of(spec.user);
  if (!identity) return identity.error();
  Result<Output> output = output_of(spec);
  if (!output) return output.error();
  std::vector<std::string> words = spec.words;
  std::vector<std::string> environment = environment_of(spec);
  std::vector<char*> word_pointers = pointers(words);
  std::vector<char*> environment_pointers = pointers(environment);
  const Launch launch{word_pointers.data(),
                      environment_pointers.data(),
                      *identity,
                      getpid(),
                      group,
                      spec.orphan_signal,
                      output->write_end};
  const pid_t pid = fork();
  if (pid == 0) become(launch);
  const int fork_error = errno;
  if (output->write_end >= 0) close(output->write_end);
  if (pid < 0) {
    if (output->read_end >= 0) close(output->read_end);
    return transient_error(
        fmt::format("{}: cannot be started: {}", spec.name, std::strerror(fork_error)));
  }
  // Both sides set the group, so that it holds whoever runs first.
  if (output->write_end >= 0 && !identity->change) setpgid(pid, group);
  if (output->read_end >= 0) fcntl(output->read_end, F_SETFL, O_NONBLOCK);
  return Child{pid, output->read_end};
}

Ending ending_from(int wait_status) {
  if (WIFSIGNALED(wait_status)) return {true, WTERMSIG(wait_status)};
  return {false, WEXITSTATUS(wait_status)};
}

std::string describe(Ending ending) {
  if (!ending.by_signal) return fmt::format("ended with code {}", ending.number);
  const char* name = sigdescr_np(ending.number);
  return fmt::format("was ended by signal {} ({})", ending.number, name == nullptr ? "?" : name);
}

Ending wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return ending_from(status);
}

Ending end_child(pid_t pid, int signal, std::int64_t patience_ms) {
  constexpr std::int64_t kLookMs = 10;
  kill(pid, signal);
  for (std::int64_t waited = 0; waited < patience_ms; waited += kLookMs) {
    int status = 0;
    if (waitpid(pid, &status, WNOHANG) == pid) return ending_from(status);
    usleep(static_cast<useconds_t>(kLookMs * 1000));
  }
  kill(pid, SIGKILL);
  return wait_for(pid);
}

Result<ProgramOutput> run_program(const ChildSpec& spec) {
  Result<Child> child = spawn(spec, 0);
  if (!child) return child.error();
  fcntl(child->output, F_SETFL, 0);
  ProgramOutput output;
  char buffer[4096];
  for (;;) {
    const ssize_t size = read(child->output, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    if (output.text.size() < kProgramOutputBytesMax) {
      output.text.append(buffer, static_cast<std::size_t>(size));
    }
  }
  close(child->output);
  output.ending = wait_for(child->pid);
  return output;
}

}  // namespace mendel::cli

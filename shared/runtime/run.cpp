// The whole life of a stage process.
#include <fmt/format.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "shared/base/check.hpp"
#include "shared/base/ids.hpp"
#include "shared/base/log.hpp"
#include "shared/base/version.hpp"
#include "shared/config/value.hpp"
#include "shared/runtime/board.hpp"
#include "shared/runtime/launch.hpp"
#include "shared/runtime/loop.hpp"
#include "shared/runtime/stage.hpp"
#include "shared/runtime/stages.hpp"
#include "shared/sockets/poller.hpp"
#include "shared/telemetry/health_socket.hpp"
#include "shared/wiring/settings.hpp"

namespace mendel::runtime {
namespace {

constexpr int kConfiguration = static_cast<int>(ErrorKind::configuration);
constexpr std::int64_t kHealthTimeoutMs = 3000;
constexpr std::int64_t kHoldLineEveryMs = 60'000;

// SIGTERM and SIGINT as a descriptor. Blocked before any thread starts, so that none is ended by
// one. A write to a peer that is gone is an error value, not a signal.
class Signals {
 public:
  Signals() {
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    check(pthread_sigmask(SIG_BLOCK, &stop, nullptr) == 0, "signals can be blocked");
    descriptor_ = ::signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
    check(descriptor_ >= 0, "signals can be read");
    ::signal(SIGPIPE, SIG_IGN);
  }
  ~Signals() { ::close(descriptor_); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int descriptor() const { return descriptor_; }
  // Whether one came since the last call.
  bool take() {
    signalfd_siginfo came;
    return ::read(descriptor_, &came, sizeof came) == sizeof came;
  }

 private:
  int descriptor_ = -1;
};

config::CommandSpec command_of(const StageDefinition& definition) {
  config::CommandSpec spec;
  spec.name = definition.name;
  spec.summary = definition.summary;
  spec.options = definition.options;
  const std::vector<config::OptionSpec> common = common_options();
  spec.options.insert(spec.options.end(), common.begin(), common.end());
  spec.examples = {definition.name + " --state /tmp/mendel --check",
                   definition.name + " --state /tmp/mendel --health"};
  return spec;
}

std::string settings_text(const std::string& stage) {
  std::string text;
  for (const wiring::SettingSpec& setting : wiring::settings()) {
    if (!setting.key.starts_with(stage + ".")) continue;
    if (text.empty()) text = "\nsettings (in the topology, or as MENDEL_<SECTION>_<KEY>):\n";
    text += fmt::format("  {:<32} {}\n", setting.key, setting.meaning);
  }
  return text;
}

std::string host_name() {
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) != 0) return "unknown";
  return name;
}

int fail(const Error& error) {
  log::error("{}", error.message);
  return error.exit_code();
}

int print_check(const StageDefinition& definition, const StageContext& context) {
  if (definition.check) {
    if (Status ok = definition.check(context); !ok) {
      log::error("{}", ok.error().message);
      return kConfiguration;
    }
  }
  fmt::print("topology = {}\nstate = {}\n{}", context.topology.file(), context.topology.state(),
             context.topology.resolved());
  for (const config::OptionSpec& option : definition.options) {
    if (!context.arguments.has(option.name)) continue;
    fmt::print("--{} = {}\n", option.name,
               wiring::is_secret(option.name) ? "<redacted>" : context.arguments.text(option.name));
  }
  fmt::print("{}: the configuration is good\n", definition.name);
  return 0;
}

int print_health(const std::string& stage, const wiring::Topology& topology) {
  bool healthy = false;
  const std::vector<StageState> states = ask_stages(topology, stage, kHealthTimeoutMs);
  for (const StageState& state : states) {
    healthy = healthy || state.healthy;
    fmt::print("{} {}: {}, {}{}{}\n", state.stage, state.incarnation,
               state.healthy ? "healthy" : "not healthy", state.ready ? "ready" : "not ready",
               state.reason.empty() ? "" : ": ", state.reason);
  }
  if (states.empty()) {
    fmt::print("{}: not running (no health socket in {})\n", stage, topology.run());
  }
  return healthy ? 0 : 1;
}

// From a made stage to its end; the exit code is 0, or that of the failure.
Status live(const StageDefinition& definition, const StageContext& context, Board& board,
            Signals& signals) {
  Result<std::unique_ptr<Stage>> stage = definition.make(context);
  if (!stage) return stage.error();
  Result<std::unique_ptr<Loop>> loop =
      Loop::open(**stage, board, context.topology, signals.descriptor());
  if (!loop) return loop.error();
  while (!(*loop)->finished()) {
    (*loop)->turn();
    while (signals.take()) {
      log::info("asked to stop");
      (*loop)->request_stop();
    }
  }
  if (const Error* failure = (*loop)->failure()) return *failure;
  return {};
}

// With MENDEL_HOLD_ON_ERROR=1 a stage that needs a person stays up, unready, and repeats its line,
// so that a container does not spin.
void hold(const Error& error, Board& board, Signals& signals) {
  const char* asked = std::getenv("MENDEL_HOLD_ON_ERROR");
  if (asked == nullptr || std::string_view(asked) != "1") return;
  if (error.kind == ErrorKind::transient) return;
  board.set_readiness(false, error.message);
  board.hold();
  sockets::Poller poller;
  poller.watch(signals.descriptor());
  while (!signals.take()) {
    if (poller.wait(kHoldLineEveryMs) == 0) log::error("{}", error.message);
  }
}

int run_process(const StageDefinition& definition, const StageContext& context) {
  Signals signals;
  if (Status ok = make_run_folder(context.topology); !ok) return fail(ok.error());
  telemetry::health_sockets(context.topology.run(), definition.name);  // removes stale files
  Board board({definition.name, context.incarnation, context.host});
  const std::string path = fmt::format("{}/{}.{}.health", context.topology.run(), definition.name,
                                       context.incarnation.substr(0, 8));
  auto health = telemetry::HealthSocket::serve(
      path, [&board](std::string_view target) { return board.answer(target); });
  if (!health) return fail(health.error());
  log::info("starting {} (engine {}), incarnation {}, pid {}, topology {}, state {}",
            kProductVersion, kEngineVersion, context.incarnation, getpid(), context.topology.file(),
            context.topology.state());
  const Status ended = live(definition, context, board, signals);
  if (ended) {
    log::info("stopped after {:.1f} s", board.uptime_seconds());
    return 0;
  }
  log::error("{}", ended.error().message);
  hold(ended.error(), board, signals);
  return ended.error().exit_code();
}

}  // namespace

int run(const StageDefinition& definition, int argc, char** argv) {
  log::open(definition.name, log::Level::info);
  const config::CommandSpec command = command_of(definition);
  const Result<config::Arguments> arguments =
      config::parse_arguments(command, {argv + 1, argv + argc});
  if (!arguments) return fail(arguments.error());
  if (arguments->flag("help")) {
    fmt::print("{}{}", config::help_text(command), settings_text(definition.name));
    return 0;
  }
  if (arguments->flag("version")) {
    fmt::print("{} {} (engine {})\n", definition.name, kProductVersion, kEngineVersion);
    return 0;
  }
  const std::vector<std::string> levels = {"debug", "info", "warn", "error"};
  const std::string level = arguments->text("log-level");
  if (std::find(levels.begin(), levels.end(), level) == levels.end()) {
    return fail(configuration_error(
        fmt::format("--log-level {}: unknown{}", level, config::suggestion(level, levels))));
  }
  log::open(definition.name, log::level_from(level));
  const Result<wiring::Topology> topology = open_topology(*arguments);
  if (!topology) return fail(topology.error());
  if (arguments->flag("health")) return print_health(definition.name, *topology);
  const StageContext context{*topology, *arguments, make_incarnation(), host_name()};
  if (arguments->flag("check")) return print_check(definition, context);
  return run_process(definition, context);
}

}  // namespace mendel::runtime

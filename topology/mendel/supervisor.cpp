#include "topology/mendel/supervisor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "shared/base/time.hpp"
#include "shared/database/migrations.hpp"
#include "shared/store/store.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/commands.hpp"
#include "topology/mendel/cores.hpp"
#include "topology/mendel/database_choice.hpp"
#include "topology/mendel/state_folder.hpp"

namespace mendel::cli {
namespace {

// A stage drains for at most 10 s (shared/runtime); then it is killed.
constexpr std::int64_t kStagePatienceNs = 12 * kNsPerSecond;
constexpr std::int64_t kWatchMs = 200;

std::int64_t monotonic_ns() { return read_clocks().monotonic_ns; }

}  // namespace

int stop_rank(const std::string& process_name) {
  constexpr std::array<std::string_view, 7> kOrder = {
      "ingestor",    "ga_dispatcher", "evaluator", "results_writer",
      "data_loader", "monitor",       "postgresql"};
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    if (process_name.starts_with(kOrder[i])) return static_cast<int>(i);
  }
  return static_cast<int>(kOrder.size()) - 2;
}

std::vector<ChildSpec> stage_processes(const wiring::Topology& topology,
                                       const SupervisorOptions& options, int cores,
                                       const std::string& binaries) {
  std::vector<ChildSpec> result;
  const auto add = [&](const std::string& name, const std::string& stage) -> ChildSpec& {
    ChildSpec spec;
    spec.name = name;
    spec.words = {binaries + "/" + stage, "--state", topology.state(), "--topology",
                  topology.file()};
    if (options.private_database) {
      spec.environment = {{"MENDEL_DATABASE_DSN_FILE", private_dsn_file(topology)},
                          {database::kDsnVariable, ""},
                          {database::kDsnFileVariable, ""}};
    }
    result.push_back(std::move(spec));
    return result.back();
  };
  for (const char* stage : {"monitor", "data_loader", "results_writer", "ga_dispatcher"}) {
    add(stage, stage);
  }
  const bool threads_are_set = topology.setting("evaluator.threads", "0") != "0";
  for (int i = 1; i <= options.evaluators; ++i) {
    ChildSpec& spec = add(fmt::format("evaluator-{}", i), "evaluator");
    if (threads_are_set) continue;
    spec.environment.emplace_back("MENDEL_EVALUATOR_THREADS",
                                  std::to_string(std::max(1, cores / options.evaluators)));
  }
  add("ingestor", "ingestor");
  return result;
}

Supervisor::Supervisor(const wiring::Topology& topology, SupervisorOptions options)
    : topology_(topology), options_(std::move(options)) {}

Supervisor::~Supervisor() {
  stop_everything();
  if (signals_ >= 0) close(signals_);
}

Result<int> Supervisor::run() {
  if (Status made = create_folders(topology_); !made) return made.error();
  Result<StateLock> lock = StateLock::take(topology_.state(), kUpCommand);
  if (!lock) return lock.error();
  if (Status marked = mark_sockets(topology_); !marked) return marked.error();
  sigset_t watched;
  sigemptyset(&watched);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&watched, signal);
  sigprocmask(SIG_BLOCK, &watched, nullptr);
  signals_ = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);

  if (Status ready = start_database(); !ready) return ready.error();
  for (ChildSpec& spec : stage_processes(topology_, options_, usable_cores(), binary_folder())) {
    if (exit_code_) break;
    if (Status started = add(std::move(spec)); !started) return started.error();
  }
  while (!exit_code_) watch(kWatchMs);
  stop_everything();
  return *exit_code_;
}

Status Supervisor::start_database() {
  if (!options_.private_database) {
    Result<database::Dsn> dsn = environment_dsn(topology_);
    if (!dsn) return dsn.error();
    options_.say(fmt::format("database: the one of {}", dsn->origin));
    // Commands that read what is stored follow this file (database_choice.hpp).
    unlink(private_dsn_file(topology_).c_str());
    return prepare_store(*dsn);
  }
  Result<Cluster> cluster = Cluster::prepare(topology_.state());
  if (!cluster) return cluster.error();
  cluster_ = *cluster;
  options_.say(fmt::format("database: PostgreSQL {} in {}/pg", cluster_->major_version(),
                           topology_.state()));
  if (Status started = add(cluster_->server()); !started) return started.error();
  const std::int64_t until = monotonic_ns() + kServerStartMs * kNsPerMs;
  while (!cluster_->answers()) {
    watch(50);
    if (exit_code_) return {};
    if (monotonic_ns() > until) {
      return transient_error(fmt::format("PostgreSQL does not answer: {}; its log is {}",
                                         members_.front().log->last_line(),
                                         members_.front().log->path()));
    }
  }
  if (Status made = cluster_->create_database(); !made) return made;
  if (Status saved = save_private_dsn(topology_, cluster_->dsn()); !saved) return saved;
  return prepare_store({cluster_->dsn(), private_dsn_file(topology_)});
}

// The store and the schema, before anyone waits for them.
Status Supervisor::prepare_store(const database::Dsn& dsn) {
  Result<store::Store> store = store::Store::create(topology_.store(), read_clocks().wall_ns);
  if (!store) return store.error();
  Result<std::vector<database::Migration>> migrations =
      database::read_migrations(root_folder() + "/sql");
  if (!migrations) return migrations.error();
  Result<database::MigrationReport> report = database::migrate(dsn, *migrations, {});
  if (!report) return report.error();
  if (!report->applied.empty()) {
    options_.say(fmt::format("database: {} migrations applied", report->applied.size()));
  }
  return {};
}

Status Supervisor::add(ChildSpec spec) {
  Member member;
  member.log = std::make_unique<RotatingLog>(log_folder(topology_) + "/" + spec.name + ".log");
  member.spec = std::move(spec);
  members_.push_back(std::move(member));
  return start(members_.back());
}

Status Supervisor::start(Member& member) {
  Result<Child> child = spawn(member.spec, group_);
  if (!child) return child.error();
  if (group_ == 0) group_ = child->pid;
  member.child = *child;
  member.restart_at_ns = 0;
  options_.say(fmt::format("{}: {} (pid {})", member.spec.name,
                           member.policy.recent() > 0 ? "restarted" : "started", child->pid));
  return {};
}

void Supervisor::watch(std::int64_t wait_ms) {
  std::vector<pollfd> polled = {{signals_, POLLIN, 0}};
  for (const Member& member : members_) {
    if (member.child.output >= 0) polled.push_back({member.child.output, POLLIN, 0});
  }
  poll(polled.data(), polled.size(), static_cast<int>(wait_ms));
  take_signals();
  for (Member& member : members_) {
    read_output(member);
    reap(member);
  }
  if (!stopping_ && !exit_code_) restart_due();
}

void Supervisor::take_signals() {
  signalfd_siginfo signal{};
  while (read(signals_, &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
    if (signal.ssi_signo == SIGCHLD) continue;
    if (exit_code_) killing_ = true;  // asked twice: at once
    if (!exit_code_) options_.say("stopping");
    if (!exit_code_) exit_code_ = 0;
  }
}

void Supervisor::read_output(Member& member) {
  constexpr int kReadsMax = 16;  // a stage that floods its log must not starve the others
  char buffer[16384];
  for (int i = 0; i < kReadsMax && member.child.output >= 0; ++i) {
    const ssize_t size = read(member.child.output, buffer, sizeof buffer);
    if (size <= 0) return;
    member.log->append({buffer, static_cast<std::size_t>(size)});
  }
}

void Supervisor::reap(Member& member) {
  int status = 0;
  if (member.child.pid <= 0 || waitpid(member.child.pid, &status, WNOHANG) != member.child.pid) {
    return;
  }
  read_output(member);
  if (member.child.output >= 0) close(member.child.output);
  member.child = {};
  ended(member, ending_from(status));
}

void Supervisor::ended(Member& member, Ending ending) {
  using Action = RestartDecision::Action;
  if (stopping_) return;
  const std::string what = fmt::format("{} {}", member.spec.name, describe(ending));
  const std::string last = member.log->last_line();
  const std::int64_t now = monotonic_ns();
  // PostgreSQL ends with 0 for whoever stops it, and nobody here did: the pipeline needs it.
  const bool stopped = member.spec.name == "postgresql" && !ending.by_signal && ending.number == 0;
  const RestartDecision decision = member.policy.ended(stopped ? Ending{false, 1} : ending, now);
  switch (decision.action) {
    case Action::leave:
      options_.say(what);
      return;
    case Action::restart:
      member.restart_at_ns = decision.at_ns;
      options_.say(fmt::format("{}; restarting in {:.1f} s: {}", what,
                               static_cast<double>(decision.at_ns - now) / kNsPerSecond, last));
      return;
    case Action::give_up:
      options_.say(fmt::format("{} for the {}th time in 10 minutes, giving up: {} (log: {})", what,
                               RestartPolicy::kRestartsMax + 1, last, member.log->path()));
      break;
    case Action::stop_all:
      options_.say(fmt::format("{}: {}", what, last));
      break;
  }
  if (!exit_code_) exit_code_ = decision.exit_code;
}

void Supervisor::restart_due() {
  const std::int64_t now = monotonic_ns();
  for (Member& member : members_) {
    if (member.restart_at_ns == 0 || member.restart_at_ns > now) continue;
    if (Status started = start(member); !started) {
      options_.say(started.error().message);
      exit_code_ = started.error().exit_code();
      return;
    }
  }
}

void Supervisor::stop_everything() {
  stopping_ = true;
  for (int rank = 0; rank <= stop_rank("postgresql"); ++rank) stop_group(rank);
}

void Supervisor::stop_group(int rank) {
  const auto in_group = [rank](const Member& member) {
    return member.child.pid > 0 && stop_rank(member.spec.name) == rank;
  };
  for (Member& member : members_) {
    if (in_group(member)) kill(member.child.pid, member.spec.stop_signal);
  }
  const bool is_database = rank == stop_rank("postgresql");
  const std::int64_t patience = is_database ? kServerStopMs * kNsPerMs : kStagePatienceNs;
  const std::int64_t until = monotonic_ns() + patience;
  while (std::any_of(members_.begin(), members_.end(), in_group)) {
    if (killing_ || monotonic_ns() > until) {
      for (Member& member : members_) {
        if (!in_group(member)) continue;
        // Even in a hurry PostgreSQL ends in an orderly way; SIGQUIT is its quickest.
        kill(member.child.pid, is_database ? SIGQUIT : SIGKILL);
      }
    }
    watch(50);
  }
}

}  // namespace mendel::cli

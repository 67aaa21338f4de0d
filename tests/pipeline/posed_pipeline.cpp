#include "tests/pipeline/posed_pipeline.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <utility>

#include "shared/base/check.hpp"
#include "shared/base/ids.hpp"
#include "shared/runtime/launch.hpp"
#include "shared/runtime/loop.hpp"
#include "shared/store/store.hpp"
#include "topology/mendel/child.hpp"

namespace mendel::testing {
namespace {

constexpr std::int64_t kPatienceMs = 10'000;

// Answers every order with a dataset that nobody looks into.
class PosedLoader : public runtime::Stage {
 public:
  explicit PosedLoader(const Digest& dataset_id) : dataset_id_(dataset_id) {}
  void receive(runtime::Delivery delivery, Now, runtime::Outbox& out) override {
    const auto* order = std::get_if<wire::DatasetOrder>(&delivery.message);
    if (order == nullptr) return;
    wire::Dataset dataset;
    dataset.order_id = order->order_id;
    dataset.dataset_id = dataset_id_;
    dataset.quality = "{}";
    out.publish(runtime::Edge::datasets, "dataset." + order->order_id + ".", std::move(dataset));
  }
  int work(Now, runtime::Outbox&) override { return 0; }

 private:
  Digest dataset_id_;
};

std::string experiment_text(std::int64_t population, std::int64_t generations) {
  return fmt::format(R"toml(
name = "posed"
[data]
source = "s"
symbols = ["X"]
timeframe = "1d"
in_sample = [2020-01-01, 2021-01-01]
[strategy]
direction = "long"
entry_long = "close > sma(close, 10) and rsi(close, 14) < 100 * a"
exit_long = "rsi(close, 14) > 100 * b"
[genes]
a = {{ real = [0, 1] }}
b = {{ real = [0, 1] }}
[search]
population = {}
generations = {}
elites = 0
crossover_rate = 1
mutation_rate = 1
objectives = ["sharpe_ratio min"]
)toml",
                     population, generations);
}

}  // namespace

PosedPipeline::PosedPipeline(const std::vector<Pose>& evaluators, const std::string& dataset)
    : dataset_id_(sha256(dataset)) {
  auto topology = wiring::Topology::read(MENDEL_SOURCE_DIR "/topology/local.ini", folder_.path());
  check(static_cast<bool>(topology), topology ? "" : topology.error().message);
  topology_ = std::move(*topology);
  check(static_cast<bool>(runtime::make_run_folder(*topology_)), "a run folder");
  check(static_cast<bool>(store::Store::create(topology_->store(), read_clocks().wall_ns)),
        "a store");
  if (!dataset.empty()) {
    const auto store = store::Store::open(topology_->store());
    const Status published = store::publish_file(store->dataset_path(dataset_id_), dataset);
    check(static_cast<bool>(published), "a dataset");
  }
  std::ofstream(folder_.file("dsn")) << "host=127.0.0.1 port=1 dbname=away connect_timeout=1\n";
  const std::string binaries = MENDEL_BINARY_DIR "/bin/";
  // Children are made before this process has sockets or threads.
  stages_.push_back(start(binaries + "results_writer", {}));
  stages_.push_back(start(binaries + "ga_dispatcher", {}));
  for (const Pose& pose : evaluators) {
    evaluators_.push_back({pose});
    start(evaluators_.back());
  }
  data_loader_ = std::thread([this] { play_data_loader(); });
  auto client = runtime::Client::open(*topology_);
  check(static_cast<bool>(client), "a client");
  client_.emplace(std::move(*client));
}

PosedPipeline::~PosedPipeline() {
  over_ = true;
  data_loader_.join();
  for (const Posing& posing : evaluators_) {
    if (posing.pid > 0) cli::end_child(posing.pid, SIGKILL, kPatienceMs);
  }
  for (const pid_t pid : stages_) cli::end_child(pid, SIGTERM, kPatienceMs);
}

pid_t PosedPipeline::start(const std::string& binary,
                           const std::vector<std::pair<std::string, std::string>>& extra) {
  cli::ChildSpec spec;
  spec.name = "posed";
  spec.words = {binary, "--state", folder_.path(), "--topology",
                MENDEL_SOURCE_DIR "/topology/local.ini"};
  spec.environment = extra;
  spec.environment.emplace_back("MENDEL_DATABASE_DSN_FILE", folder_.file("dsn"));
  spec.output_file = folder_.file("log");
  auto child = cli::spawn(spec, 0);
  check(static_cast<bool>(child), child ? "" : child.error().message);
  return child->pid;
}

void PosedPipeline::start(Posing& posing) {
  if (posing.pose.real) {
    posing.pid = start(MENDEL_BINARY_DIR "/bin/evaluator", {{"MENDEL_EVALUATOR_THREADS", "1"}});
    return;
  }
  posing.pid = start(MENDEL_BINARY_DIR "/bin/posing_evaluator",
                     {{"MENDEL_POSE_MS", fmt::format("{}", posing.pose.candidate_ms)},
                      {"MENDEL_POSE_LETHAL", fmt::format("{}", posing.pose.lethal)},
                      {"MENDEL_POSE_UNRULY", posing.pose.unruly ? "1" : "0"}});
}

void PosedPipeline::play_data_loader() {
  PosedLoader loader(dataset_id_);
  runtime::Board board({"data_loader", "posed", "here"});
  auto loop = runtime::Loop::open(loader, board, *topology_);
  check(static_cast<bool>(loop), loop ? "" : loop.error().message);
  while (!over_) (*loop)->turn();
}

void PosedPipeline::submit(std::int64_t population, std::int64_t generations) {
  submit(experiment_text(population, generations));
}

void PosedPipeline::submit(const std::string& experiment) {
  wire::Request request;
  request.action = "submit";
  request.run = run_ = make_ulid(read_clocks().wall_ns);
  request.name = "posed";
  request.experiment = experiment;
  const auto reply = client_->ask(std::move(request), 3 * kPatienceMs);
  check(static_cast<bool>(reply), reply ? "" : reply.error().message);
  check(reply->error.empty(), reply->error);
}

std::optional<wire::Progress> PosedPipeline::progress(std::int64_t timeout_ms) {
  return client_->next_progress(timeout_ms);
}

void PosedPipeline::signal_evaluator(std::size_t i, int signal) {
  ::kill(evaluators_[i].pid, signal);
}

int PosedPipeline::restart_ended() {
  int restarted = 0;
  for (Posing& posing : evaluators_) {
    if (::waitpid(posing.pid, nullptr, WNOHANG) != posing.pid) continue;
    start(posing);
    ++restarted;
  }
  return restarted;
}

std::string PosedPipeline::report() const {
  const auto store = store::Store::open_to_read(topology_->store());
  if (!store) return "";
  const auto bytes = store->read_run_file(run_, "report.json");
  return bytes && *bytes ? **bytes : "";
}

std::string PosedPipeline::audit() const {
  std::ifstream file(topology_->store() + "/audit.log");
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace mendel::testing

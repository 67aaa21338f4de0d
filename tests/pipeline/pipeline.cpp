#include "tests/pipeline/pipeline.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <limits>

#include "shared/wiring/edges.hpp"

namespace mendel::testing {
namespace {

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A shell keeps stdout and stderr apart: `mendel` writes documents to one, words to the other.
cli::ChildSpec spec_of(const std::vector<std::string>& words, const Environment& environment,
                       const std::string& folder) {
  cli::ChildSpec spec;
  spec.name = "mendel";
  spec.words = {"/bin/sh",
                "-c",
                R"(out=$1 err=$2; shift 2; exec "$@" >"$out" 2>"$err")",
                "sh",
                folder + "/out",
                folder + "/err",
                std::string(MENDEL_BINARY_DIR) + "/bin/mendel"};
  spec.words.insert(spec.words.end(), words.begin(), words.end());
  spec.environment = {{"MENDEL_ROOT", MENDEL_SOURCE_DIR},
                      {"MENDEL_MONITOR_LISTEN", "127.0.0.1:0"},
                      {"MENDEL_STATE", ""},
                      {"MENDEL_TOPOLOGY", ""},
                      {"NEON_CONNECTION_STRING", ""},
                      {"NEON_CONNECTION_STRING_FILE", ""}};
  for (const auto& [name, value] : environment) spec.environment.emplace_back(name, value);
  spec.orphan_signal = SIGTERM;
  return spec;
}

}  // namespace

bool eventually(const std::function<bool()>& holds) {
  constexpr int kLooks = 3000;
  for (int i = 0; i < kLooks; ++i) {
    if (holds()) return true;
    usleep(20'000);
  }
  return false;
}

Said mendel(const std::vector<std::string>& words, const Environment& environment) {
  return Background(words, environment).wait();
}

Background::Background(const std::vector<std::string>& words, const Environment& environment) {
  cli::ChildSpec spec = spec_of(words, environment, folder_.path());
  spec.output_file = folder_.file("shell");
  const Result<cli::Child> child = cli::spawn(spec, 0);
  if (child) {
    pid_ = child->pid;
  } else {
    ADD_FAILURE() << child.error().message;
  }
}

Background::~Background() {
  if (pid_ > 0) cli::end_child(pid_, SIGTERM, 60'000);
}

void Background::ended(cli::Ending ending) {
  pid_ = -1;
  code_ = ending.by_signal ? -1 : ending.number;
}

bool Background::running() {
  int status = 0;
  if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) ended(cli::ending_from(status));
  return pid_ > 0;
}

Said Background::wait() {
  if (pid_ > 0) ended(cli::wait_for(pid_));
  return {code_, content(folder_.file("out")), content(folder_.file("err"))};
}

Pipeline::Pipeline(int evaluators, Environment environment)
    : evaluators_(evaluators), environment_(std::move(environment)) {
  // The user postgres has to reach its folder in it when root runs the tests.
  chmod(folder_.path().c_str(), 0711);
  Result<wiring::Topology> topology =
      wiring::Topology::read(std::string(MENDEL_SOURCE_DIR) + "/topology/local.ini", state());
  EXPECT_TRUE(topology);
  if (topology) topology_ = std::move(*topology);
  start();
}

void Pipeline::start() {
  up_.emplace(with_state({"up", "--evaluators", std::to_string(evaluators_)}), environment_);
}

bool Pipeline::ready() {
  std::string missing;
  const bool is_ready = eventually([&] {
    missing.clear();
    std::size_t running = 0;
    for (const runtime::StageState& stage : stages("")) {
      ++running;
      if (!stage.ready) missing += fmt::format("{}: {}; ", stage.stage, stage.reason);
    }
    const auto expected = wiring::kStages.size() - 1 + static_cast<std::size_t>(evaluators_);
    if (running < expected) missing += fmt::format("{} of {} run", running, expected);
    return missing.empty() || !up_->running();
  });
  if (is_ready && missing.empty()) return true;
  const Said said = up_->running() ? Said{} : up_->wait();
  ADD_FAILURE() << "not ready: " << missing << "\n" << said.out << said.err;
  return false;
}

std::vector<std::string> Pipeline::with_state(std::vector<std::string> words) const {
  words.insert(words.end(), {"--state", state()});
  return words;
}

Said Pipeline::mendel(std::vector<std::string> words) const {
  return testing::mendel(with_state(std::move(words)));
}

void Pipeline::ingest(const std::string& csv, const std::string& symbol,
                      const std::string& source) {
  const Said said =
      mendel({"ingest", csv, "--symbol", symbol, "--timeframe", "1d", "--source", source});
  EXPECT_EQ(said.code, 0) << said.out << said.err;
}

config::Value Pipeline::evolve(const std::string& experiment_file,
                               std::vector<std::string> options) {
  std::vector<std::string> words = {"evolve", experiment_file, "--json"};
  words.insert(words.end(), options.begin(), options.end());
  const Said said = mendel(std::move(words));
  EXPECT_EQ(said.code, 0) << said.err;
  Result<config::Value> document = config::parse_json(said.out, "evolve --json");
  EXPECT_TRUE(document) << said.out << said.err;
  return document ? *document : config::Value();
}

std::string Pipeline::sql(const std::string& query) const {
  const Said said = mendel({"sql", "--csv", query});
  EXPECT_EQ(said.code, 0) << query << "\n" << said.err;
  const std::size_t heading = said.out.find('\n');
  if (heading == std::string::npos) return "";
  return said.out.substr(heading + 1, said.out.find('\n', heading + 1) - heading - 1);
}

std::vector<runtime::StageState> Pipeline::stages(std::string_view stage) const {
  return runtime::ask_stages(topology(), stage, 2000);
}

pid_t Pipeline::pid(std::string_view stage) const {
  const auto found = stages(stage);
  return found.empty() ? 0 : static_cast<pid_t>(found.front().pid);
}

double Pipeline::sample(std::string_view stage, std::string_view name) const {
  const auto found = stages(stage);
  return found.empty() ? 0 : found.front().sample(name).value_or(0);
}

Said Pipeline::end() {
  kill(up_->pid(), SIGINT);
  return up_->wait();
}

std::string text_at(const config::Value& document, std::string_view path) {
  const config::Value* value = document.find_path(path);
  return value != nullptr && value->is_text() ? value->as_text() : "";
}

double number_at(const config::Value& document, std::string_view path) {
  const config::Value* value = document.find_path(path);
  return value != nullptr && value->is_number() ? value->as_number()
                                                : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace mendel::testing

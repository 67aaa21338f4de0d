// The table of evaluators that are equal, slow, stopped and killed, with the product: real
// dispatcher, results_writer, log and sockets; 64 candidates of 10 ms a generation on four
// evaluator processes that sleep instead of computing, so that four run at once on any machine. A
// generation is measured from the closing of the one before to its own, all it costs included. Run
// by hand; prints the table of docs/dispatch.md.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "shared/base/time.hpp"
#include "tests/pipeline/posed_pipeline.hpp"

namespace mendel::bench {
namespace {

constexpr double kCandidateMs = 10;
constexpr std::int64_t kCandidates = 64;
constexpr std::int64_t kGenerations = 16;
constexpr std::int64_t kDisturbed = 8;  // in this generation something is done to an evaluator
constexpr int kAfterMs = 50;

struct Case {
  std::string name;
  double slowest = 1;  // times the cost of the others
  int signal = 0;      // to the first evaluator, in the middle of a generation
  double ideal_ms = 0;
};

// What `evaluators` need for the rest when so much was done before.
double rest_ms(double evaluators) {
  const double done = 4 * kAfterMs / kCandidateMs;
  return kAfterMs + (static_cast<double>(kCandidates) - done) * kCandidateMs / evaluators;
}

std::string measure(const Case& what) {
  testing::PosedPipeline pipeline({{false, kCandidateMs * what.slowest},
                                   {false, kCandidateMs},
                                   {false, kCandidateMs},
                                   {false, kCandidateMs}});
  // Each has said hello before the first is handed out.
  std::this_thread::sleep_for(std::chrono::seconds(1));
  pipeline.submit(kCandidates, kGenerations);
  std::vector<double> generations;
  double disturbed = 0;
  std::int64_t closed_ns = 0;
  std::int64_t closed = -1;
  std::uint64_t again = 0;
  while (const auto progress = pipeline.progress(20'000)) {
    again = progress->redispatched;
    if (!progress->digest.is_zero() && progress->generation > closed) {
      const std::int64_t now_ns = read_clocks().monotonic_ns;
      const double ms = static_cast<double>(now_ns - closed_ns) / 1e6;
      const bool one = progress->generation == closed + 1 && closed >= 2;
      closed = progress->generation;
      closed_ns = now_ns;
      if (one && what.signal != 0 && closed == kDisturbed) disturbed = ms;
      if (one && (what.signal == 0 || closed < kDisturbed)) generations.push_back(ms);
      if (what.signal != 0 && closed == kDisturbed - 1) {
        std::this_thread::sleep_for(std::chrono::milliseconds(kAfterMs));
        pipeline.signal_evaluator(0, what.signal);
      }
    }
    if (progress->state == "finished" || progress->state == "failed") break;
  }
  std::sort(generations.begin(), generations.end());
  const double median = generations.empty() ? 0 : generations[generations.size() / 2];
  const double worst = generations.empty() ? 0 : generations.back();
  if (what.signal != 0)
    return fmt::format("| {} | {:.0f} | {:.0f} | | {} |", what.name, what.ideal_ms, disturbed,
                       again);
  return fmt::format("| {} | {:.0f} | {:.0f} | {:.0f} | {} |", what.name, what.ideal_ms, median,
                     worst, again);
}

}  // namespace
}  // namespace mendel::bench

int main() {
  using mendel::bench::Case;
  fmt::print("| evaluators | ideal ms | measured ms | worst of them | handed out again |\n");
  fmt::print("|---|---|---|---|---|\n");
  const std::vector<Case> cases = {{"equal", 1, 0, 64 * 10.0 / 4},
                                   {"one 10x slower", 10, 0, 64 * 10.0 / 3.1},
                                   {"one stopped", 1, SIGSTOP, mendel::bench::rest_ms(3)},
                                   {"one killed", 1, SIGKILL, mendel::bench::rest_ms(3)}};
  for (const Case& what : cases) {
    fmt::print("{}\n", mendel::bench::measure(what));
    std::fflush(stdout);
  }
  return 0;
}

// What recording costs: group commits of scores into the durable log, each with its fsync, beside a
// plain write + fsync of the same bytes in the same round. In the folder of TMPDIR (/tmp): name one
// on the disk that is to be measured.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "shared/base/file.hpp"
#include "shared/base/hash.hpp"
#include "shared/durable_log/log.hpp"
#include "shared/wire/codec.hpp"
#include "stages/results_writer/results_writer.hpp"
#include "tests/support/scratch_folder.hpp"

namespace {

using namespace mendel;
using Clock = std::chrono::steady_clock;

const std::string kStoreId = "01HF7YAT00ABCDEFGHJKMNPQRS";

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// A score of one symbol in sample: the portfolio and the symbol, all metrics defined.
wire::Score score(std::uint64_t number) {
  wire::Score score;
  score.key = sha256(std::to_string(number));
  score.run = "01JD0000000000000000000001";
  score.generation = 3;
  for (const char* symbol : {"portfolio", "SP500"}) {
    wire::ScoreRow row;
    row.symbol = symbol;
    for (std::size_t i = 0; i < market::kMetricCount; ++i)
      row.metrics.set(static_cast<market::Metric>(i), 0.001 * static_cast<double>(number + i));
    score.rows.push_back(row);
  }
  return score;
}

std::vector<durable_log::Record> records(std::size_t count) {
  std::vector<durable_log::Record> all;
  for (std::size_t i = 0; i < count; ++i) {
    wire::Message message = wire::ScoreBatch{"evaluator", {score(i)}};
    all.push_back({static_cast<std::uint8_t>(wire::Kind::score_batch), wire::encode(message)});
  }
  return all;
}

// The same bytes without a log: one write, one fdatasync, to a file that grows.
class PlainFile {
 public:
  explicit PlainFile(const std::string& path) : file_(File::open(path, O_WRONLY | O_CREAT)) {}
  double write(const std::string& bytes) {
    const auto begin = Clock::now();
    check(file_.write_all(bytes) == 0 && file_.sync_data() == 0, "the disk takes the bytes");
    return seconds_since(begin);
  }

 private:
  File file_;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// `log` and `plain`: seconds of each round.
void report(benchmark::State& state, const std::vector<double>& log,
            const std::vector<double>& plain) {
  const double scores = static_cast<double>(state.range(0));
  state.counters["scores_per_s"] = scores / median(log);
  state.counters["plain_scores_per_s"] = scores / median(plain);
  state.counters["of_plain"] = median(plain) / median(log);
}

// Argument: scores of one group commit.
void Append(benchmark::State& state) {
  const mendel::testing::ScratchFolder folder;
  auto writer = *durable_log::Writer::create(folder.file("log"), kStoreId, 1, 0);
  PlainFile plain(folder.file("plain"));
  const auto batch = records(static_cast<std::size_t>(state.range(0)));
  std::string bytes;
  std::uint64_t sequence = 0;
  for (const auto& record : batch) append_record(bytes, record, ++sequence);
  std::vector<double> in_log;
  std::vector<double> in_file;
  for (auto _ : state) {
    const auto begin = Clock::now();
    check(static_cast<bool>(writer.append(batch)), "the log takes the records");
    in_log.push_back(seconds_since(begin));
    state.SetIterationTime(in_log.back());
    in_file.push_back(plain.write(bytes));
  }
  report(state, in_log, in_file);
  state.counters["bytes_per_score"] =
      static_cast<double>(bytes.size()) / static_cast<double>(batch.size());
}

// The whole way through results_writer: from messages to the notices that they are recorded.
void Record(benchmark::State& state) {
  const mendel::testing::ScratchFolder folder;
  auto writer = *durable_log::Writer::create(folder.file("log"), kStoreId, 1, 0);
  PlainFile plain(folder.file("plain"));
  const auto batch = records(static_cast<std::size_t>(state.range(0)));
  std::string bytes;
  for (const auto& record : batch) append_record(bytes, record, 1);
  results_writer::ResultsWriter core(1);
  std::uint64_t number = 0;
  std::vector<double> in_log;
  std::vector<double> in_file;
  for (auto _ : state) {
    std::vector<wire::Message> messages;
    for (std::int64_t i = 0; i < state.range(0); i += 64) {
      wire::ScoreBatch message{"evaluator", {}};
      for (int k = 0; k < 64; ++k) message.scores.push_back(score(++number));
      messages.push_back(std::move(message));
    }
    const auto begin = Clock::now();
    for (auto& message : messages) core.receive(std::move(message));
    for (auto next = core.next_commit(); !next.empty(); next = core.next_commit()) {
      const auto end = writer.append(next);
      check(static_cast<bool>(end), "the log takes the records");
      core.committed(*end);
    }
    benchmark::DoNotOptimize(core.flush(0, false));
    in_log.push_back(seconds_since(begin));
    state.SetIterationTime(in_log.back());
    in_file.push_back(plain.write(bytes));
  }
  report(state, in_log, in_file);
}

BENCHMARK(Append)->Arg(256)->Arg(2048)->Arg(8192)->Iterations(100)->UseManualTime();
BENCHMARK(Record)->Arg(2048)->Arg(8192)->Iterations(100)->UseManualTime();

}  // namespace

BENCHMARK_MAIN();

// Bars from a file to committed rows through ingestor, data_loader and PostgreSQL, against a raw
// binary COPY of the same rows into a table of the same keys and indexes in the same server: fresh
// bars, then the same file again (nothing may change). Run by hand:
//   ingest_bench [bars] [rounds]
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "shared/base/check.hpp"
#include "shared/base/ids.hpp"
#include "shared/base/rng.hpp"
#include "shared/base/time.hpp"
#include "stages/ingestor/inbox.hpp"
#include "tests/pipeline/pipeline.hpp"

namespace mendel::bench {
namespace {

constexpr std::int64_t kNsPerMinute = 60 * kNsPerSecond;

// A random walk in cents of one-minute bars.
void write_csv(const std::string& path, std::int64_t bars, std::uint64_t seed) {
  Draws draws(seed, 0, 0, 0, Purpose::sample);
  std::ofstream file(path);
  file << "time,open,high,low,close,volume\n";
  std::int64_t price = 1'000'000;
  std::int64_t time = days_from_date({2020, 1, 1}) * kNsPerDay;
  for (std::int64_t i = 0; i < bars; ++i, time += kNsPerMinute) {
    const std::int64_t open = price;
    price = std::max<std::int64_t>(1000, price + static_cast<std::int64_t>(300 * draws.normal()));
    const std::int64_t high = std::max(open, price) + static_cast<std::int64_t>(99 * draws.unit());
    const std::int64_t low = std::min(open, price) - static_cast<std::int64_t>(99 * draws.unit());
    const auto cents = [](std::int64_t value) {
      return fmt::format("{}.{:02}", value / 100, value % 100);
    };
    file << fmt::format("{},{},{},{},{},{:.4f}\n", format_time(time), cents(open), cents(high),
                        cents(low), cents(price), 50 * draws.unit());
  }
}

double seconds_of(const std::function<void()>& what) {
  const std::int64_t began_ns = read_clocks().monotonic_ns;
  what();
  return static_cast<double>(read_clocks().monotonic_ns - began_ns) / 1e9;
}

struct Round {
  double fresh = 0;  // bars a second
  double again = 0;
  double raw = 0;
};

class Bench {
 public:
  explicit Bench(std::int64_t bars) : bars_(bars), pipeline_(1) {
    check(pipeline_.ready(), "a pipeline");
    sql("CREATE SCHEMA bench; CREATE TABLE bench.raw (LIKE mendel.market_data INCLUDING ALL)");
  }

  Round round(int number) {
    const std::string symbol = fmt::format("S{}", number);
    const std::string csv = folder_.file(symbol + ".csv");
    write_csv(csv, bars_, static_cast<std::uint64_t>(number));
    Round round;
    round.fresh = rate([&] { ingest(csv, symbol, "inserted"); });
    round.again = rate([&] { ingest(csv, symbol, "equal"); });
    const std::string copied = folder_.file(symbol + ".copy");
    sql(
        fmt::format("\\copy (SELECT * FROM mendel.market_data WHERE symbol = '{}' ORDER BY "
                    "\"timestamp\") TO '{}' (FORMAT binary)",
                    symbol, copied));
    sql("CHECKPOINT");
    round.raw =
        rate([&] { sql(fmt::format("\\copy bench.raw FROM '{}' (FORMAT binary)", copied)); });
    std::filesystem::remove(copied);
    std::filesystem::remove(csv);
    return round;
  }

 private:
  double rate(const std::function<void()>& what) {
    return static_cast<double>(bars_) / seconds_of(what);
  }
  void sql(const std::string& statement) {
    const testing::Said said = pipeline_.mendel({"sql", statement});
    check(said.code == 0, said.err);
  }
  // Waits until the report says that all bars are stored, with that outcome.
  void ingest(const std::string& csv, const std::string& symbol, const std::string& outcome) {
    const auto inbox = ingestor::Inbox::open(pipeline_.topology().inbox());
    const auto text = config::read_text_file(csv, market::kBarCsvBytesMax);
    check(inbox && text, "an inbox and a file");
    ingestor::Job job;
    job.id = make_ulid(read_clocks().wall_ns);
    job.file = csv;
    job.symbol = symbol;
    job.timeframe = "1m";
    job.source = "bench";
    check(static_cast<bool>(inbox->submit(job, *text)), "a job");
    for (;;) {
      const auto report = inbox->report(job.id);
      check(static_cast<bool>(report), "a report");
      if (*report && (*report)->final()) {
        const ingestor::Shipped& shipped = (*report)->shipped;
        const auto count = outcome == "inserted" ? shipped.inserted : shipped.equal;
        check(static_cast<std::int64_t>(count) == bars_, (*report)->error + " not " + outcome);
        return;
      }
      usleep(1000);
    }
  }

  std::int64_t bars_;
  testing::ScratchFolder folder_;
  testing::Pipeline pipeline_;
};

void run(std::int64_t bars, int rounds) {
  Bench bench(bars);
  fmt::print(
      "| round | fresh bars/s | raw COPY rows/s | fresh / raw | the same again bars/s |\n"
      "|---|---|---|---|---|\n");
  for (int i = 1; i <= rounds; ++i) {
    const Round round = bench.round(i);
    fmt::print("| {} | {:.0f} | {:.0f} | {:.0f} % | {:.0f} |\n", i, round.fresh, round.raw,
               100 * round.fresh / round.raw, round.again);
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace mendel::bench

int main(int argc, char** argv) {
  const auto number = [&](int i, std::int64_t otherwise) {
    return argc > i ? std::atoll(argv[i]) : otherwise;
  };
  mendel::bench::run(number(1, 1'000'000), static_cast<int>(number(2, 3)));
  return 0;
}

#include "tests/faults/round.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <variant>

#include "shared/base/time.hpp"
#include "shared/durable_log/log.hpp"
#include "shared/store/store.hpp"
#include "shared/wire/codec.hpp"
#include "stages/results_writer/selection.hpp"

namespace mendel::faults {
namespace {

using testing::Background;
using testing::Environment;
using testing::eventually;
using testing::Said;
using testing::text_at;

// Room for the cluster (a hundred, with its log), the store's reserve, and the logs.
constexpr std::int64_t kDiskMegabytes = 500;
constexpr std::int64_t kPatienceNs = 180 * kNsPerSecond;
// Of the edges that carry what may not be lost.
constexpr const char* kLinkedEdges[] = {"BARS",   "RECEIPTS", "CANDIDATES", "CREDITS",
                                        "SCORES", "RECORDS",  "QUERIES",    "RECORDED"};
constexpr std::int64_t kDemoBars = 5105;
constexpr std::int64_t kDelayMs = 150;

std::string demo_file(const std::string& name) {
  return std::string(MENDEL_SOURCE_DIR) + "/topology/demo/" + name;
}

}  // namespace

std::vector<std::string> evolve_words(const Search& search) {
  return {"evolve",
          demo_file("experiment.toml"),
          "--json",
          "--population",
          std::to_string(search.population),
          "--generations",
          std::to_string(search.generations),
          "--set",
          search.kept ? "results.database=\"kept\"" : "results.database=\"all\""};
}

namespace {

void write_minute_bars(const std::string& path, std::int64_t bars) {
  std::ofstream file(path);
  file << "time,open,high,low,close,volume\n";
  for (std::int64_t i = 0; i < bars; ++i) {
    const std::int64_t price = 100 + i * 7 % 31;
    file << fmt::format("{},{},{},{},{},1\n", format_time(i * 60 * kNsPerSecond), price, price + 1,
                        price - 1, price);
  }
}

// Ends it when it takes too long: then the round has failed.
Said wait_for(Background& background, const char* what) {
  const std::int64_t until = read_clocks().monotonic_ns + kPatienceNs;
  while (background.running()) {
    if (read_clocks().monotonic_ns > until) {
      ADD_FAILURE() << what << " does not end";
      kill(background.pid(), SIGTERM);
      return background.wait();
    }
    usleep(20'000);
  }
  return background.wait();
}

// Processes by their command lines, words apart by NUL.
std::vector<pid_t> processes(const std::function<bool(const std::string& words)>& wanted) {
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "cmdline");
    const std::string words{std::istreambuf_iterator<char>(file), {}};
    if (wanted(words)) found.push_back(std::stoi(name));
  }
  return found;
}

std::string digest_of(const Said& said) {
  const auto document = config::parse_json(said.out, "evolve --json");
  return document ? text_at(*document, "digest") : said.err;
}

}  // namespace

std::vector<pid_t> processes_of(const std::string& state, const std::string& stage) {
  return processes([&](const std::string& words) {
    const std::string first = words.substr(0, words.find('\0'));
    return words.find(state) != std::string::npos && first.substr(first.rfind('/') + 1) == stage;
  });
}

bool bring_away(const std::string& state, bool away) {
  const std::string here = state + "/pg/run/.s.PGSQL.5432";
  const std::string there = state + "/pg/run/away";
  if (!away) return std::rename(there.c_str(), here.c_str()) == 0;
  if (std::rename(here.c_str(), there.c_str()) != 0) return false;
  const auto postmaster = config::read_text_file(state + "/pg/data/postmaster.pid");
  if (!postmaster) return false;
  for (const pid_t backend : processes([&](const std::string& words) {
         return words.starts_with("postgres: ") && words.find("[local]") != std::string::npos;
       })) {
    std::ifstream file(fmt::format("/proc/{}/stat", backend));
    std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::string behind = text.substr(std::min(text.size(), text.rfind(')') + 4));
    if (std::atoi(behind.c_str()) == std::atoi(postmaster->c_str())) kill(backend, SIGTERM);
  }
  return true;
}

std::string undisturbed_digest(const Search& search) {
  testing::Pipeline pipeline(1);
  if (!pipeline.ready()) return "";
  pipeline.ingest(demo_file("sp500_1d.csv"), "SP500", "vega-datasets");
  return digest_of(pipeline.mendel(evolve_words(search)));
}

Round::Round(const Search& search)
    : search_(search), disk_(kDiskMegabytes), ports_(free_ports(2 * std::size(kLinkedEdges))) {
  Environment environment;
  std::vector<FaultyLinks::Link> links;
  for (std::size_t i = 0; i < std::size(kLinkedEdges); ++i) {
    links.push_back({ports_[2 * i], ports_[2 * i + 1]});
    const std::string edge = fmt::format("MENDEL_{}_", kLinkedEdges[i]);
    environment.emplace_back(edge + "ENDPOINT", fmt::format("tcp://127.0.0.1:{}", links[i].from));
    environment.emplace_back(edge + "LISTEN", fmt::format("tcp://127.0.0.1:{}", links[i].to));
  }
  environment.emplace_back("MENDEL_EVALUATOR_THREADS", "1");
  links_.emplace(links);
  ::setenv("TMPDIR", disk_.path().c_str(), 1);
  pipeline_.emplace(2, environment);
  ::unsetenv("TMPDIR");
  begin();
}

void Round::begin() {
  if (!pipeline_->ready()) return;
  pipeline_->ingest(demo_file("sp500_1d.csv"), "SP500", "vega-datasets");
  const std::string csv = folder_.file("minutes.csv");
  write_minute_bars(csv, search_.bars);
  ingest_.emplace(pipeline_->with_state(
      {"ingest", csv, "--symbol", "M", "--timeframe", "1m", "--source", "faults"}));
  run_.emplace(pipeline_->with_state(evolve_words(search_)));
}

void Round::play(const Schedule& schedule) {
  if (!run_) return;
  for (const Fault& fault : schedule.faults) {
    usleep(static_cast<useconds_t>(fault.wait_ms * 1000));
    apply(fault);
  }
}

void Round::apply(const Fault& fault) {
  const auto last = [&] { usleep(static_cast<useconds_t>(fault.for_ms * 1000)); };
  switch (fault.kind) {
    case FaultKind::kill:
      return signal(fault.stage, SIGKILL);
    case FaultKind::stop:
      signal(fault.stage, SIGSTOP);
      last();
      return signal(fault.stage, SIGCONT);
    case FaultKind::terminate_backends:
      pipeline_->mendel({"sql",
                         "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                         "application_name LIKE 'mendel %'"});
      return;
    case FaultKind::restart_database:
      return crash_database();
    case FaultKind::cut_links:
      return links_->cut();
    case FaultKind::hold_links:
      links_->hold(true);
      last();
      return links_->hold(false);
    case FaultKind::delay_links:
      links_->delay(kDelayMs);
      last();
      return links_->delay(0);
    case FaultKind::fill_disk:
      disk_.fill();
      last();
      return disk_.free_again();
  }
}

void Round::signal(const std::string& stage, int number) const {
  for (const pid_t pid : processes_of(pipeline_->state(), stage)) {
    kill(pid, number);
    if (number == SIGKILL) return;  // one of several evaluators
  }
}

void Round::crash_database() const {
  const auto pid = config::read_text_file(pipeline_->state() + "/pg/data/postmaster.pid");
  if (pid && std::atoi(pid->c_str()) > 0) kill(std::atoi(pid->c_str()), SIGQUIT);
}

bool Round::database_takes(const std::string& sql) const {
  return pipeline_->mendel({"sql", sql}).code == 0;
}

void Round::judge(const std::string& digest) {
  if (!run_) return;
  const Said ingested = wait_for(*ingest_, "the ingest");
  EXPECT_EQ(ingested.code, 0) << ingested.out << ingested.err;
  const Said said = wait_for(*run_, "the search");
  EXPECT_EQ(said.code, 0) << said.err;
  if (said.code != 0) pipeline_->ready();  // tells why it is not, or how it ended
  const auto document = config::parse_json(said.out, "evolve --json");
  ASSERT_TRUE(document) << said.out << said.err;
  EXPECT_EQ(text_at(*document, "digest"), digest);
  EXPECT_TRUE(eventually([&] { return database_takes("SELECT 1"); }));
  expect_bars_once();
  expect_scores_once(text_at(*document, "run"));
  EXPECT_TRUE(pipeline_->ready());
  EXPECT_EQ(pipeline_->stop(), 0);
}

void Round::expect_bars_once() const {
  for (const auto& [symbol, count] :
       std::map<std::string, std::int64_t>{{"SP500", kDemoBars}, {"M", search_.bars}}) {
    EXPECT_EQ(pipeline_->sql(fmt::format("SELECT count(*) || ' ' || count(DISTINCT \"timestamp\") "
                                         "FROM mendel.market_data WHERE symbol = '{}'",
                                         symbol)),
              fmt::format("{0} {0}", count));
  }
}

void Round::expect_scores_once(const std::string& run) const {
  // What is in the log comes to the database when that is back; `verify` compares row by row.
  Said verified;
  EXPECT_TRUE(eventually([&] {
    verified = pipeline_->mendel({"verify", run});
    return verified.code == 0;
  })) << verified.out
      << verified.err;
  const auto store = store::Store::open_to_read(pipeline_->topology().store());
  ASSERT_TRUE(store);
  auto reader = durable_log::Reader::open(store->log_path("scores"), store->id(), {});
  ASSERT_TRUE(reader);
  std::map<std::string, int> times;
  for (auto entry = reader->next(); entry && *entry; entry = reader->next()) {
    const auto message = wire::decode((*entry)->record.payload);
    const auto* batch = message ? std::get_if<wire::ScoreBatch>(&*message) : nullptr;
    if (batch == nullptr) continue;
    for (const wire::Score& score : batch->scores) ++times[score.key.hex()];
  }
  std::size_t doubled = 0;
  for (const auto& [key, count] : times) doubled += count > 1 ? 1 : 0;
  EXPECT_EQ(doubled, 0U) << "of " << times.size() << " keys in the log";
  EXPECT_EQ(reader->report().corrupt_records, 0U);
  EXPECT_EQ(pipeline_->sql("SELECT count(*) FROM (SELECT 1 FROM mendel.strategy_metrics GROUP BY "
                           "strategy_id, window_name, symbol HAVING count(*) > 1) t"),
            "0");
  const std::int64_t all = search_.population * search_.generations;
  const std::int64_t candidates = std::atoll(
      pipeline_->sql(fmt::format("SELECT count(*) FROM mendel.candidates WHERE run = '{}'", run))
          .c_str());
  if (search_.kept) {
    EXPECT_GE(candidates,
              std::min(search_.population, results_writer::kKeptBest) * search_.generations);
    EXPECT_LT(candidates, all) << "nothing was held back";
  } else {
    EXPECT_EQ(candidates, all);
  }
  EXPECT_EQ(
      pipeline_->sql(fmt::format(
          "SELECT count(*) FROM mendel.candidates c WHERE run = '{}' {} AND NOT EXISTS (SELECT "
          "1 FROM mendel.strategy_metrics m WHERE m.strategy_id = c.strategy_id)",
          run, search_.kept ? "AND invalid IS NULL" : "")),
      "0");
}

}  // namespace mendel::faults

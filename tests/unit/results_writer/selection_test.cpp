#include "stages/results_writer/selection.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/wire/codec.hpp"
#include "stages/results_writer/rows.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/unit/results_writer/scores.hpp"

namespace mendel::results_writer {
namespace {

using ::testing::IsEmpty;

const std::string kStore = "01HF7YAT00ABCDEFGHJKMNPQRS";

struct SelectionTest : ::testing::Test {
  testing::ScratchFolder scratch;
  std::string folder = scratch.file("scores");
  durable_log::Writer log = *durable_log::Writer::create(folder, kStore, 1, 0);
  std::unique_ptr<durable_log::Source> source = durable_log::folder_source(folder, kStore);
  std::unique_ptr<durable_log::Cursor> cursor = *source->open({});
  Selection selection;

  void append(const wire::Message& message) {
    const auto kind = std::visit([](const auto& value) { return value.kKind; }, message);
    const durable_log::Record record{static_cast<std::uint8_t>(kind), wire::encode(message)};
    ASSERT_TRUE(log.append(std::span(&record, 1)));
  }
  void append_run(const std::string& experiment) {
    wire::RunRecord record = run_record("running");
    record.experiment = experiment;
    append(record);
  }
  void append_scores(int from, int to) {
    for (int i = from; i < to; ++i) append(batch({score(i, 1.0 + i)}));
  }
  // Slot i has key i and the worse a rank the greater i.
  wire::GenerationRecord generation(int slots) {
    wire::GenerationRecord record;
    record.run = "RUN";
    record.genes = {"a"};
    for (int i = 0; i < slots; ++i) record.slots.push_back({{1.0 * i}, key(i), i, ""});
    return record;
  }
  // What was appended since, at most `most` records of it.
  std::vector<durable_log::Entry> next(std::size_t most = 1 << 20) {
    std::vector<durable_log::Entry> batch;
    while (batch.size() < most) {
      auto entry = cursor->next(nullptr);
      if (!entry || !*entry) break;
      batch.push_back(std::move(**entry));
    }
    return batch;
  }
  // The numbers of the scores in it, as far as there are 1000.
  static std::vector<int> scores_in(const std::vector<durable_log::Entry>& entries) {
    std::vector<int> numbers;
    for (const MetricRow& row : collect(entries).metrics) {
      for (int i = 0; i < 1000; ++i) {
        if (row.strategy_id == key(i).hex()) numbers.push_back(i);
      }
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  }
  std::vector<int> choose() { return scores_in(*selection.choose(next(), *source)); }
};

// The first `best` of `count`, and those of the sample.
std::vector<int> kept_of(int count, int best) {
  std::vector<int> kept;
  for (int i = 0; i < count; ++i) {
    if (i < best || is_sampled(key(i))) kept.push_back(i);
  }
  return kept;
}

const std::string kKept = "[results]\ndatabase = \"kept\"\n";

TEST_F(SelectionTest, ARunWithoutTheRuleStoresEverything) {
  append_run("[search]\npopulation = 10\n");
  append_scores(0, 100);
  append(generation(100));
  EXPECT_EQ(choose(), kept_of(100, 100));
}

TEST_F(SelectionTest, TheBestAndTheSampleAreStoredWhenTheirGenerationIsRecorded) {
  append_run(kKept);
  append_scores(0, 300);
  EXPECT_THAT(choose(), IsEmpty());
  append(generation(300));
  const std::vector<int> kept = kept_of(300, kKeptBest);
  EXPECT_GT(kept.size(), 64u);
  EXPECT_LT(kept.size(), 80u);
  EXPECT_EQ(choose(), kept);
}

TEST_F(SelectionTest, OfTheCandidatesTheSameAreStoredAndTheReasonsOfTheInvalid) {
  append_run(kKept);
  append_scores(0, 300);
  wire::GenerationRecord record = generation(300);
  record.slots[299].invalid = "sharpe_ratio is undefined";
  append(record);
  const auto rows = collect(*selection.choose(next(), *source));
  std::vector<int> slots;
  for (const CandidateRow& row : rows.candidates) slots.push_back(static_cast<int>(row.slot));
  std::vector<int> kept = kept_of(300, kKeptBest);
  if (kept.back() != 299) kept.push_back(299);
  EXPECT_EQ(slots, kept);
  EXPECT_EQ(rows.candidates.back().invalid, "sharpe_ratio is undefined");
  EXPECT_EQ(rows.generations.size(), 1u);
}

TEST_F(SelectionTest, MoreElitesThanTheBestAreStored) {
  append_run("[search]\nelites = 100\n" + kKept);
  append_scores(0, 300);
  append(generation(300));
  EXPECT_EQ(choose(), kept_of(300, 100));
}

TEST_F(SelectionTest, TheFrontIsStoredBeyondTheBest) {
  append_run("[search]\nobjectives = [\"sharpe_ratio max\", \"max_drawdown min\"]\n" + kKept);
  for (int i = 0; i < 200; ++i) {
    wire::Score one = score(i, 1.0 * i);
    // Until 150 the more return the more risk: none dominates another.
    one.rows[0].metrics.set(market::Metric::max_drawdown, i < 150 ? 1.0 * i : 1e6);
    one.rows[0].metrics.set(market::Metric::sharpe_ratio, i < 150 ? 1.0 * i : -1.0);
    append(batch({one}));
  }
  append(generation(200));
  EXPECT_EQ(choose(), kept_of(200, 150));
}

TEST_F(SelectionTest, WhatTheVerdictNamesIsStored) {
  append_run(kKept);
  append_scores(0, 300);
  choose();
  wire::Verdict verdict;
  verdict.run = "RUN";
  verdict.reported = {{0, "{}", key(200), key(201)}};
  verdict.report = "{\"buy_and_hold\": {\"strategy_id\": \"" + key(202).hex() + "\"}}";
  append(verdict);
  EXPECT_EQ(choose(), (std::vector<int>{200, 201, 202}));
}

TEST_F(SelectionTest, FinalEvaluationsAreStoredAtOnce) {
  append_run(kKept);
  wire::Score final = score(1);
  final.rows[0].window = market::Window::out_of_sample;
  append(batch({final}));
  EXPECT_EQ(choose(), (std::vector<int>{1}));
}

TEST_F(SelectionTest, ALaterRunStoresWhatAnEarlierOneHeldBack) {
  append_run(kKept);
  append_scores(0, 300);
  append(generation(300));
  choose();
  wire::GenerationRecord later = generation(300);
  later.run = "LATER";
  append(later);
  EXPECT_EQ(choose(), kept_of(300, 300));
}

TEST_F(SelectionTest, WhatStandsInFrontOfTheRunsRecordIsTakenByWhoeverKnowsIt) {
  append_scores(0, 100);
  append(generation(100));
  append_run(kKept);
  const std::vector<durable_log::Entry> all = next();
  selection.note(all.back());  // a life that has read the log before
  const auto rows = collect(*selection.choose(all, *source));
  EXPECT_EQ(rows.metrics.size(), 100u);
  EXPECT_EQ(rows.candidates.size(), 100u);
}

TEST_F(SelectionTest, WhatWasEvaluatedAgainIsStoredAsItsOwnRunRecordedIt) {
  const auto runs_of = [&](const std::vector<durable_log::Entry>& entries) {
    std::vector<std::string> runs;
    for (const MetricRow& row : collect(entries).metrics) runs.push_back(row.run);
    return runs;
  };
  append_run(kKept);
  append_scores(0, 1);
  append(generation(1));
  // The first run is in the archive meanwhile: its keys are known no more.
  wire::RunRecord record = run_record("running");
  record.run = "LATER";
  record.experiment = kKept;
  append(record);
  wire::Score again = score(0);
  again.run = "LATER";
  again.born_at_ns = 1'000'000;
  append(batch({again}));
  wire::GenerationRecord later = generation(1);
  later.run = "LATER";
  append(later);
  EXPECT_EQ(runs_of(*selection.choose(next(), *source)),
            (std::vector<std::string>{"RUN", "LATER"}));
}

TEST_F(SelectionTest, WhereverADrainBeginsAgainItStoresTheSame) {
  append_run(kKept);
  append_scores(0, 150);
  append(generation(150));
  append_scores(150, 300);
  wire::GenerationRecord second = generation(300);
  append(second);
  const std::vector<durable_log::Entry> all = next();
  for (const std::size_t cut : {0u, 1u, 77u, 151u, 152u, 200u, 302u}) {
    std::vector<durable_log::Entry> stored;
    for (const std::size_t end : {cut, all.size()}) {
      Selection after;  // another life: it notes what the one before has stored
      const std::size_t begin = end == cut ? 0 : cut;
      for (std::size_t i = 0; i < begin; ++i) after.note(all[i]);
      const auto chosen = after.choose({all.begin() + static_cast<std::ptrdiff_t>(begin),
                                        all.begin() + static_cast<std::ptrdiff_t>(end)},
                                       *source);
      ASSERT_TRUE(chosen);
      stored.insert(stored.end(), chosen->begin(), chosen->end());
    }
    EXPECT_EQ(scores_in(stored), kept_of(300, kKeptBest)) << "cut at " << cut;
  }
}

}  // namespace
}  // namespace mendel::results_writer

#include "topology/mendel/agreement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;

RunRow generation(const std::string& key, const std::string& digest) {
  return {ResultTable::generations, key, {"1000", digest}};
}

struct AgreementTest : ::testing::Test {
  Agreement agreement;
  std::vector<RunRow> logged;

  void expect(RunRow row) {
    agreement.expect(row);
    logged.push_back(std::move(row));
  }
  // The only difference that is told.
  RowDifference difference() {
    agreement.finish();
    for (const RunRow& row : logged) agreement.name(row);
    EXPECT_EQ(agreement.named().size(), 1);
    EXPECT_EQ(agreement.differences(), 1);
    EXPECT_FALSE(agreement.wants_names());
    return agreement.named().empty() ? RowDifference() : agreement.named().front();
  }
};

TEST_F(AgreementTest, EqualRowsAgreeInAnyOrder) {
  expect(generation("one", "a"));
  expect(generation("two", "b"));
  agreement.meet(generation("two", "b"));
  agreement.meet(generation("one", "a"));
  agreement.finish();
  EXPECT_EQ(agreement.differences(), 0);
  EXPECT_EQ(agreement.count(ResultTable::generations).logged, 2);
  EXPECT_EQ(agreement.count(ResultTable::generations).stored, 2);
}

TEST_F(AgreementTest, OfARowThatIsTwiceInTheLogTheFirstCounts) {
  expect(generation("one", "a"));
  expect(generation("one", "b"));
  agreement.meet(generation("one", "a"));
  agreement.finish();
  EXPECT_EQ(agreement.differences(), 0);
}

TEST_F(AgreementTest, ARowThatTheDatabaseLacksIsMissing) {
  expect(generation("one", "a"));
  EXPECT_EQ(difference().kind, RowDifference::Kind::missing);
}

TEST_F(AgreementTest, ARowThatTheLogLacksIsExtra) {
  agreement.meet(generation("one", "a"));
  EXPECT_EQ(difference().kind, RowDifference::Kind::extra);
}

TEST_F(AgreementTest, ARowThatIsTwiceInTheDatabaseIsToldApart) {
  expect(generation("one", "a"));
  agreement.meet(generation("one", "a"));
  agreement.meet(generation("one", "a"));
  EXPECT_EQ(difference().kind, RowDifference::Kind::twice);
}

TEST_F(AgreementTest, AnotherValueIsToldWithItsColumnAndBothSides) {
  expect(generation("one", "a"));
  agreement.meet(generation("one", "b"));
  const RowDifference one = difference();
  EXPECT_EQ(one.kind, RowDifference::Kind::differs);
  EXPECT_EQ(one.key, "one");
  EXPECT_EQ(one.detail, "digest: log a, database b");
}

TEST_F(AgreementTest, ANullIsNoEmptyText) {
  expect({ResultTable::candidates, "slot", {"id", "{}", "0", database::Field()}});
  agreement.meet({ResultTable::candidates, "slot", {"id", "{}", "0", ""}});
  EXPECT_THAT(difference().detail, HasSubstr("invalid: log NULL"));
}

wire::RunRecord record(const std::string& state, const std::string& detail) {
  wire::RunRecord record;
  record.run = "RUN";
  record.name = "a name";
  record.state = state;
  record.at_ns = 5'000;
  record.detail = detail;
  return record;
}

// The row that the run's records make.
RunRow run_row(const std::vector<wire::RunRecord>& records) {
  LoggedRows rows("RUN");
  results_writer::ResultRows all;
  all.runs = records;
  RunRow made;
  const RowSink sink = [&](RunRow row) { made = std::move(row); };
  rows.add(all, sink);
  rows.finish(sink);
  return made;
}

TEST(LoggedRows, ARunThatHasEndedStaysEnded) {
  const RunRow row = run_row({record("finished", "{\"b\": 1, \"a\": 2.0}"), record("running", "")});
  EXPECT_EQ(row.values[0], "a name");
  EXPECT_EQ(row.values[1], "finished");
  EXPECT_EQ(row.values[8], "5");
  EXPECT_EQ(row.values[9], "5");
  EXPECT_EQ(row.values[10], "{\"a\":2,\"b\":1,}");
}

TEST(LoggedRows, OtherRunsAreNotItsRows) {
  wire::RunRecord other = record("running", "");
  other.run = "OTHER";
  EXPECT_TRUE(run_row({other}).key.empty());
}

}  // namespace
}  // namespace mendel::cli

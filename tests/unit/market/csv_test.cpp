#include "shared/market/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mendel::market {
namespace {

using Fields = std::vector<std::string>;
using testing::ElementsAre;

// Every record as text; a malformed one as {"!", reason}.
std::vector<Fields> read(std::string_view text, char delimiter = ',') {
  CsvReader reader(text, delimiter);
  CsvRecord record;
  std::vector<Fields> all;
  while (reader.next(record)) {
    Fields fields(record.fields.begin(), record.fields.end());
    if (!record.malformed.empty()) fields = {"!", std::string(record.malformed)};
    all.push_back(fields);
  }
  return all;
}

TEST(Csv, ReadsLinesWithAnyEnding) {
  EXPECT_THAT(read("a,b\r\n1,2\n3,4"),
              ElementsAre(Fields{"a", "b"}, Fields{"1", "2"}, Fields{"3", "4"}));
}

TEST(Csv, CarriageReturnsAloneEndLinesWhereThereIsNoOther) {
  EXPECT_THAT(read("a,b\r1,2\r3,4\r"),
              ElementsAre(Fields{"a", "b"}, Fields{"1", "2"}, Fields{"3", "4"}));
  EXPECT_THAT(read("a\rb,2\n3,4"), ElementsAre(Fields{"a\rb", "2"}, Fields{"3", "4"}));
}

TEST(Csv, SkipsAByteOrderMarkBlankLinesAndComments) {
  EXPECT_THAT(read("\xEF\xBB\xBF# made by hand\n\n  \r\na,b\n\n"), ElementsAre(Fields{"a", "b"}));
}

TEST(Csv, CountsEveryLineOfTheFile) {
  CsvReader reader("# one\n\na\n");
  CsvRecord record;
  ASSERT_TRUE(reader.next(record));
  EXPECT_EQ(record.line, 3);
}

TEST(Csv, TakesQuotesOff) {
  EXPECT_THAT(read(R"("a,b", "say ""hi""",c)"), ElementsAre(Fields{"a,b", "say \"hi\"", "c"}));
  EXPECT_THAT(read(R"("",x)"), ElementsAre(Fields{"", "x"}));
}

TEST(Csv, KeepsEmptyFields) {
  EXPECT_THAT(read("a,,\n,"), ElementsAre(Fields{"a", "", ""}, Fields{"", ""}));
}

TEST(Csv, TrimsBlanks) { EXPECT_THAT(read(" a ,\tb"), ElementsAre(Fields{"a", "b"})); }

TEST(Csv, SplitsByOtherDelimiters) {
  EXPECT_THAT(read("a;b", ';'), ElementsAre(Fields{"a", "b"}));
  EXPECT_THAT(read("a\t\t\"b\"", '\t'), ElementsAre(Fields{"a", "", "b"}));
}

TEST(Csv, AQuoteInALineChangesNoOtherField) {
  const Fields fields{"a", "b c", "", "d", ""};
  EXPECT_THAT(read("a,\tb c ,,d,"), ElementsAre(fields));
  EXPECT_THAT(read("\"a\",\tb c ,,d,"), ElementsAre(fields));
}

TEST(Csv, AnOpenQuoteSpoilsItsOwnLineOnly) {
  EXPECT_THAT(read("\"a,b\n1,2\n"), ElementsAre(Fields{"!", "malformed quotes"}, Fields{"1", "2"}));
  EXPECT_THAT(read("\"a\"x,b\na\"b"),
              ElementsAre(Fields{"!", "malformed quotes"}, Fields{"!", "malformed quotes"}));
}

TEST(Csv, BoundsLinesAndFields) {
  EXPECT_THAT(read(std::string(kCsvLineBytesMax + 1, 'x') + "\na"),
              ElementsAre(Fields{"!", "the line is too long"}, Fields{"a"}));
  EXPECT_THAT(read(std::string(kCsvFieldsMax, ',')), ElementsAre(Fields{"!", "too many fields"}));
}

TEST(Csv, AnEmptyTextHasNoRecords) { EXPECT_TRUE(read("").empty()); }

}  // namespace
}  // namespace mendel::market

#include "topology/mendel/progress_view.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace mendel::cli {
namespace {

wire::Progress running(std::int64_t generation) {
  wire::Progress progress;
  progress.state = "running";
  progress.generation = generation;
  progress.generations = 50;
  progress.digest = sha256("closed");
  progress.best = 1.2345;
  progress.mean = -0.5;
  progress.evaluations_per_second = 8412.4;
  progress.eta_seconds = 75;
  return progress;
}

// What a view writes.
class Written {
 public:
  Written() : file_(open_memstream(&text_, &size_)) {}
  ~Written() {
    std::fclose(file_);
    std::free(text_);
  }
  std::FILE* file() { return file_; }
  std::string text() {
    std::fflush(file_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* file_;
};

TEST(Progress, ALineHasNoControlCharacters) {
  wire::Progress progress = running(3);
  progress.detail = "\x1b[31mred";
  EXPECT_NE(progress_text(progress).find("(?[31mred)"), std::string::npos);
  progress.state = "waiting";
  EXPECT_EQ(progress_text(progress), "?[31mred");
}

TEST(Progress, ALineIsCutToTheTerminalWhichCouldNotRewriteItElse) {
  EXPECT_EQ(fitted("generation 12/50", 16), "generation 12/50");
  EXPECT_EQ(fitted("generation 12/50", 15), "generation 12/…");
  EXPECT_EQ(fitted("ää–bb", 5), "ää–bb");
  EXPECT_EQ(fitted("ää–bb", 4), "ää–…");
  EXPECT_EQ(fitted("generation 12/50", 0), "generation 12/50") << "width not known";
}

TEST(ProgressView, NamesGenerationBestMeanRateAndTimeLeft) {
  EXPECT_EQ(progress_text(running(12)),
            "generation 13/50  best 1.234  mean -0.500  8,412 evaluations/s  ETA 1 min 15 s");
}

TEST(ProgressView, SaysWhatIsNotKnownYet) {
  wire::Progress progress = running(0);
  progress.digest = {};
  progress.best = std::nan("");
  progress.eta_seconds = std::nan("");
  EXPECT_NE(progress_text(progress).find("generation 0/50"), std::string::npos);
  EXPECT_NE(progress_text(progress).find("best none yet"), std::string::npos);
  EXPECT_NE(progress_text(progress).find("ETA ?"), std::string::npos);
}

TEST(ProgressView, SaysWhatARunWaitsFor) {
  wire::Progress progress;
  progress.state = "waiting";
  progress.detail = "waiting for its dataset";
  EXPECT_EQ(progress_text(progress), "waiting for its dataset");
  progress.detail = "";
  EXPECT_EQ(progress_text(progress), "waiting");
}

TEST(ProgressView, TellsWhatIsInTheWayOfARunningSearch) {
  wire::Progress progress = running(3);
  progress.detail = "waiting for an evaluator";
  EXPECT_NE(progress_text(progress).find("(waiting for an evaluator)"), std::string::npos);
}

wire::Progress judging(const std::string& detail) {
  wire::Progress progress = running(49);
  progress.state = "reporting";
  progress.detail = detail;
  return progress;
}

TEST(ProgressView, BeginsWithHowFarTheJudgingIs) {
  EXPECT_EQ(progress_text(judging("judging: 412 of 1050 samples")),
            "judging: 412 of 1050 samples  generation 50/50  best 1.234  mean -0.500  "
            "8,412 evaluations/s");
}

TEST(ProgressView, PrintsPlainLinesOfTheJudgingToo) {
  Written out;
  ProgressView view(out.file(), false);
  const std::int64_t since = ProgressView::kPlainEveryNs;
  view.show(judging("judging: 0 of 9 samples"), since);
  view.show(judging("judging: 1 of 9 samples"), since + ProgressView::kJudgingEveryNs - 1);
  view.show(judging("judging: 2 of 9 samples"), since + ProgressView::kJudgingEveryNs);
  view.finish();
  EXPECT_EQ(out.text(), progress_text(judging("judging: 0 of 9 samples")) + "\n" +
                            progress_text(judging("judging: 2 of 9 samples")) + "\n");
}

TEST(ProgressView, FillsTheBarInProportion) {
  EXPECT_EQ(progress_bar(0, 50, 4), "[....]");
  EXPECT_EQ(progress_bar(25, 50, 4), "[##..]");
  EXPECT_EQ(progress_bar(51, 50, 4), "[####]");
  EXPECT_EQ(progress_bar(1, 0, 4), "[....]");
}

TEST(ProgressView, GroupsDigits) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(1234567), "1,234,567");
}

TEST(ProgressView, RewritesOneLineOnATerminal) {
  Written out;
  ProgressView view(out.file(), true);
  view.show(running(1), 0);
  view.show(running(12), 1);
  view.finish();
  const std::string text = out.text();
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  EXPECT_NE(text.find("\r\033[K[#"), std::string::npos);
}

TEST(ProgressView, PrintsPlainLinesElsewhereAndNeverLosesTheLast) {
  Written out;
  ProgressView view(out.file(), false);
  view.show(running(1), ProgressView::kPlainEveryNs);
  view.show(running(2), ProgressView::kPlainEveryNs + 1);
  view.show(running(3), ProgressView::kPlainEveryNs + 2);
  view.finish();
  EXPECT_EQ(out.text(), progress_text(running(1)) + "\n" + progress_text(running(3)) + "\n");
}

}  // namespace
}  // namespace mendel::cli

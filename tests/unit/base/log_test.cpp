#include "shared/base/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mendel {
namespace {

using testing::MatchesRegex;

std::string written(log::Level level) {
  log::open("evaluator", log::Level::debug);
  testing::internal::CaptureStderr();
  log::write(level, "it goes on");
  std::string line = testing::internal::GetCapturedStderr();
  log::open("mendel", log::Level::info);
  return line;
}

TEST(Log, LevelsAreWrittenAsTheHeaderNamesThem) {
  const std::string time = "....-..-..T..:..:......Z ";
  EXPECT_THAT(written(log::Level::debug), MatchesRegex(time + "DEBUG evaluator: it goes on\n"));
  EXPECT_THAT(written(log::Level::info), MatchesRegex(time + "INFO  evaluator: it goes on\n"));
  EXPECT_THAT(written(log::Level::warn), MatchesRegex(time + "WARN  evaluator: it goes on\n"));
  EXPECT_THAT(written(log::Level::error), MatchesRegex(time + "ERROR evaluator: it goes on\n"));
}

}  // namespace
}  // namespace mendel

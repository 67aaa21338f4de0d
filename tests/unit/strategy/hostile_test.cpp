// Bytes that no one means: reading them ends with an experiment or an error, never otherwise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/unit/strategy/samples.hpp"

namespace mendel::strategy {
namespace {

// The generator of glibc's old rand(): the same bytes on every machine.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : state_(seed) {}
  std::size_t below(std::size_t end) {
    state_ = (1103515245u * state_ + 12345u) & 0x7fffffffu;
    return (state_ >> 8) % end;
  }

 private:
  std::uint32_t state_;
};

const std::string kVictim = R"toml(name = "x"
[data]
source = "s"
symbols = ["A", "B"]
timeframe = "1h"
in_sample = [2020-01-01, 2021-01-01]
out_of_sample = [2021-01-01T00:00:00Z, 2022-01-01]
[strategy]
direction = "both"
let.f = "ema(close, fast)[1] - min(1, 2)"
entry_long = "crossover(f, sma(close, 9)) and not (rsi(close, 14) < 30.5e0 or k == 'a')"
entry_short = "close[2] >= high"
constraints = ["fast < 7"]
[genes]
fast = { int = [5, 50], step = 3 }
k = { choice = ["a", "b"] }
stop = { real = [0.01, 0.1], step = 0.01 }
[risk]
size = { percent_of_equity = 50 }
stop_loss = "stop * 2"
[search]
islands = { count = 2, migration_every = 5 }
objectives = ["sharpe_ratio max"]
limits = ["trade_count >= 30"]
)toml";

std::string mutated(Dice& dice) {
  std::string text = kVictim;
  for (std::size_t edits = 1 + dice.below(3); edits > 0 && !text.empty(); --edits) {
    const std::size_t at = dice.below(text.size());
    const std::size_t length = std::min(dice.below(30), text.size() - at);
    switch (dice.below(5)) {
      case 0:
        text[at] = static_cast<char>(dice.below(256));
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(dice.below(text.size()), length));
        break;
      case 3:
        text.insert(at, std::string(1 + dice.below(300), "([{-'\"9.,=<#"[dice.below(12)]));
        break;
      default:
        text.replace(at, 1, "\"\\u0000\n[x");
        break;
    }
  }
  return text;
}

TEST(Hostile, MutatedExperimentsNeverCrash) {
  Dice dice(20240607);
  int readable = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = mutated(dice);
    const Result<Experiment> experiment = read_experiment(text, "mutated.toml");
    if (!experiment) {
      const std::string& message = experiment.error().message;
      const auto breaks = std::count(message.begin(), message.end(), '\n');
      EXPECT_TRUE(breaks == 0 || (breaks == 2 && message.back() == '^')) << message;
      continue;
    }
    ++readable;
    const Result<Experiment> again = read_experiment(experiment->canonical_text, "again.toml");
    ASSERT_TRUE(again) << again.error().message << "\n" << experiment->canonical_text;
    ASSERT_EQ(again->canonical_text, experiment->canonical_text) << text;
  }
  EXPECT_GT(readable, 100) << "the mutations reach beyond the syntax";
}

TEST(Hostile, HugeFilesAreRefused) {
  EXPECT_THAT(error_of(std::string((1 << 20) + 1, '#')),
              testing::HasSubstr("at most 1048576 bytes"));
}

TEST(Hostile, DeepTablesAreRefused) {
  EXPECT_NE(error_of("x = " + std::string(10'000, '[')), "(no error)");
  EXPECT_NE(error_of(kSample, {{"a." + std::string(10'000, 'b'), "1"}}), "(no error)");
  EXPECT_NE(error_of(kSample, {{"search.seed", std::string(10'000, '[')}}), "(no error)");
}

TEST(Hostile, ManyLetsAndGenesAreRefused) {
  std::string lets;
  std::string genes;
  for (int i = 0; i < 300; ++i) {
    lets += "let.l" + std::to_string(i) + " = \"l" + std::to_string(i + 1) + "\"\n";
    genes += "g" + std::to_string(i) + " = { int = [1, 2] }\n";
  }
  EXPECT_THAT(error_of(with(kSample, "entry_long", lets + "entry_long")),
              testing::HasSubstr("more than 256 let names"));
  EXPECT_THAT(error_of(kSample + genes), testing::HasSubstr("more than 256 genes"));
}

TEST(Hostile, LineBreaksInNamesStayInTheMessagesLine) {
  const std::string error = whole_error_of("\"a\\nb\" = 1\n" + kSample);
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 2) << error;
  EXPECT_THAT(error, testing::HasSubstr("unknown key 'a?b'"));
  EXPECT_THAT(error, testing::HasSubstr("\n  \"a\\nb\" = 1\n  "));
}

}  // namespace
}  // namespace mendel::strategy

#include "shared/strategy/genes.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "shared/strategy/constraints.hpp"
#include "tests/unit/strategy/samples.hpp"

namespace mendel::strategy {
namespace {

Gene gene_of(const std::string& definition) {
  const Experiment experiment =
      read(with(kSample, "fast = { int = [2, 20] }", "fast = " + definition));
  return experiment.genes.empty() ? Gene{} : experiment.genes.front();
}

TEST(Gene, SnapsToItsStepsTiesDownward) {
  const Gene gene = gene_of("{ int = [10, 30], step = 5 }");
  EXPECT_EQ(gene.levels(), 5u);
  EXPECT_EQ(gene.snap(12.4), 10);
  EXPECT_EQ(gene.snap(12.5), 10);
  EXPECT_EQ(gene.snap(12.6), 15);
  EXPECT_EQ(gene.snap(-1e300), 10);
  EXPECT_EQ(gene.snap(1e300), 30);
  EXPECT_EQ(gene.snap(std::nan("")), 10);
}

TEST(Gene, DecimalStepsAreTheDecimalsThemselves) {
  const Gene gene = gene_of("{ real = [0.01, 0.10], step = 0.01 }");
  EXPECT_EQ(gene.levels(), 10u);
  EXPECT_EQ(gene.snap(0.031), 0.03);
  EXPECT_EQ(gene.snap(0.07), 0.07);
  for (int i = 0; i <= 1000; ++i) {
    const double value = gene.snap(i / 10000.0);
    EXPECT_EQ(gene.snap(value), value);
  }
}

TEST(Gene, EndsAtTheLastValueThatItsStepsReach) {
  EXPECT_EQ(gene_of("{ int = [1, 10], step = 4 }").most, 9);
  EXPECT_EQ(gene_of("{ real = [0, 0.3], step = 0.1 }").most, 0.3);
}

TEST(Gene, ContinuousOnesAreOnlyClamped) {
  const Gene gene = gene_of("{ real = [-1, 1] }");
  EXPECT_EQ(gene.levels(), 0u);
  EXPECT_EQ(gene.snap(0.123456789), 0.123456789);
  EXPECT_EQ(gene.snap(7), 1);
  EXPECT_FALSE(std::signbit(gene.snap(-0.0)));
}

TEST(Gene, ChoicesAreIndexesThatMeanTheirEntries) {
  const Gene gene = gene_of("{ choice = [24, 7.5, 168.0] }");
  EXPECT_EQ(gene.levels(), 3u);
  EXPECT_EQ(gene.snap(1.2), 1);
  EXPECT_EQ(config::to_json(to_value({gene}, {2})), "{\"fast\":168}");
  EXPECT_EQ(config::to_json(to_value({gene}, {1})), "{\"fast\":7.5}");
}

TEST(Genome, BytesAreLittleEndianDoubles) {
  EXPECT_EQ(canonical_bytes({1}), std::string("\0\0\0\0\0\0\xf0\x3f", 8));
  EXPECT_EQ(canonical_bytes({1, 2}).size(), 16u);
}

const std::string kMixed = with(with_entry("sma(close, slow) > stop and kind == 'a'"), "[genes]",
                                "[genes]\nslow = { int = [10, 100], step = 10 }\n"
                                "stop = { real = [0.01, 0.1], step = 0.01 }\n"
                                "kind = { choice = [\"a\", \"b\"] }");

std::string words_error(const std::vector<std::string>& words) {
  const Result<Genome> genome = genome_from_words(read(kMixed), words);
  if (genome) return "(no error)";
  EXPECT_EQ(genome.error().kind, ErrorKind::configuration);
  return genome.error().message;
}

TEST(Genome, IsReadFromWordsInAnyOrder) {
  const auto genome = genome_from_words(read(kMixed), {"stop=0.03", "kind=b", "slow=40", "fast=7"});
  ASSERT_TRUE(genome) << genome.error().message;
  EXPECT_EQ(*genome, (Genome{7, 1, 40, 0.03}));
}

TEST(Genome, WordsThatDoNotFitNameGeneRangeAndStep) {
  EXPECT_EQ(words_error({"fast=1"}),
            "gene 'fast' cannot be '1'; it must be a whole number from 2 to 20");
  EXPECT_EQ(words_error({"slow=45"}),
            "gene 'slow' cannot be '45'; it must be a whole number from 10 to 100, step 10");
  EXPECT_EQ(words_error({"stop=0.015"}),
            "gene 'stop' cannot be '0.015'; it must be a number from 0.01 to 0.1, step 0.01");
  EXPECT_EQ(words_error({"kind=c"}), "gene 'kind' cannot be 'c'; it must be one of a, b");
  EXPECT_EQ(words_error({"fast=x"}),
            "gene 'fast' cannot be 'x'; it must be a whole number from 2 to 20");
  EXPECT_EQ(words_error({"fest=3"}), "unknown gene 'fest'; did you mean 'fast'?");
  EXPECT_EQ(words_error({"fast"}), "'fast' is no gene setting; write name=value");
  EXPECT_EQ(words_error({"fast=3", "fast=4"}), "gene 'fast' is set twice");
  EXPECT_EQ(words_error({"fast=3", "kind=a", "stop=0.02"}),
            "no value for gene 'slow' (a whole number from 10 to 100, step 10); add, for example, "
            "--set slow=50");
  EXPECT_EQ(words_error({"stop=0.02", "fast=3"}),
            "no value for gene 'kind' (one of a, b), 'slow' (a whole number from 10 to 100, step "
            "10); add, for example, --set kind=a --set slow=50");
  EXPECT_EQ(words_error({"fats=3"}), "unknown gene 'fats'; did you mean 'fast'?");
}

TEST(Genome, AGeneWithOneValueSaysThatValue) {
  const Experiment one = read(with(kSample, "[2, 20]", "[9, 9]"));
  const auto wrong = genome_from_words(one, {"fast=5"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message, "gene 'fast' cannot be '5'; it must be 9");
}

TEST(Genome, AGenesOwnValueStandsInForAWordAndChangesNoDigest) {
  const std::string text = with(with(with(kMixed, "step = 10 }", "step = 10, value = 40 }"),
                                     "step = 0.01 }", "step = 0.01, value = 0.03 }"),
                                "[\"a\", \"b\"] }", "[\"a\", \"b\"], value = \"b\" }");
  const Experiment experiment = read(text);
  EXPECT_EQ(experiment.digest, read(kMixed).digest);
  const auto genome = genome_from_words(experiment, {"fast=7"});
  ASSERT_TRUE(genome) << genome.error().message;
  EXPECT_EQ(*genome, (Genome{7, 1, 40, 0.03}));
  EXPECT_EQ(genome_from_words(experiment, {"fast=7", "kind=a"})->at(1), 0);
  const auto off_grid =
      read_experiment(with(kMixed, "step = 10 }", "step = 10, value = 45 }"), "x.toml");
  ASSERT_FALSE(off_grid);
  EXPECT_NE(off_grid.error().message.find("gene 'slow': value is none"), std::string::npos);
}

TEST(Genome, BelongsOnlyWithOneAllowedValuePerGene) {
  const Experiment experiment = read(kMixed);
  EXPECT_TRUE(belongs(experiment, {7, 1, 40, 0.03}));
  EXPECT_FALSE(belongs(experiment, {7, 1, 40}));
  EXPECT_FALSE(belongs(experiment, {7.5, 1, 40, 0.03}));
  EXPECT_FALSE(belongs(experiment, {7, 2, 40, 0.03}));
  EXPECT_FALSE(belongs(experiment, {7, 1, 45, 0.03}));
  EXPECT_FALSE(belongs(experiment, {std::nan(""), 1, 40, 0.03}));
  EXPECT_FALSE(belongs(experiment, {7, -0.0, 40, 0.03}));
}

TEST(Genome, ConstraintsHoldOrNot) {
  const Experiment experiment =
      read(with(kMixed, "exit_long",
                "constraints = [\"fast * 5 <= slow\", \"kind == 'a' or stop > 0.05\"]\nexit_long"));
  EXPECT_TRUE(satisfies_constraints(experiment, {8, 0, 40, 0.03}));
  EXPECT_FALSE(satisfies_constraints(experiment, {9, 0, 40, 0.03}));
  EXPECT_FALSE(satisfies_constraints(experiment, {8, 1, 40, 0.03}));
  EXPECT_TRUE(satisfies_constraints(experiment, {8, 1, 40, 0.06}));
  EXPECT_EQ(broken_constraint(experiment, {8, 0, 40, 0.03}), "");
  EXPECT_EQ(broken_constraint(experiment, {9, 1, 40, 0.03}), "constraint 'fast * 5 <= slow'");
  EXPECT_EQ(broken_constraint(experiment, {8, 1, 40, 0.03}),
            "constraint 'kind == 'a' or stop > 0.05'");
}

TEST(Genome, ALongConstraintIsShownInPart) {
  std::string sum = "fast";
  for (int i = 0; i < 50; ++i) sum += " + fast";
  const Experiment experiment =
      read(with(kMixed, "exit_long", "constraints = [\"" + sum + " < slow\"]\nexit_long"));
  const std::string shown = broken_constraint(experiment, {8, 0, 40, 0.03});
  EXPECT_LT(shown.size(), 250U);
  EXPECT_TRUE(shown.ends_with(" …'")) << shown;
}

}  // namespace
}  // namespace mendel::strategy

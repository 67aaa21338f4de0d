// Experiment: one TOML file, read, checked and resolved (docs/language.md has every key).
// Threads: immutable after reading; share by const reference.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/base/result.hpp"
#include "shared/config/value.hpp"
#include "shared/market/metrics.hpp"
#include "shared/market/timeframe.hpp"
#include "shared/strategy/genes.hpp"
#include "shared/strategy/search_settings.hpp"

namespace mendel::strategy {

struct Expression;  // a parsed, typed expression (expression.hpp)
using ExpressionPtr = std::shared_ptr<const Expression>;

struct TimeRange {  // half-open, UTC
  std::int64_t from_ns = 0;
  std::int64_t to_ns = 0;
};

struct DataSettings {
  std::string source;
  std::vector<std::string> symbols;
  market::Timeframe timeframe;
  TimeRange in_sample;
  std::optional<TimeRange> out_of_sample;
  std::optional<double> periods_per_year;
  double min_coverage = 0.95;
  // 0 = the bars as they are; else the number of a null dataset, whose bars are shuffled.
  std::int64_t shuffle = 0;
};

enum class Direction { long_only, short_only, both };

// Where a signal of a close fills. At that close itself it trades on a price that was needed to
// know of the trade: optimistic, and outside the promise that nothing looks ahead.
enum class Fill { next_open, close };

// Signals are null when the direction does not use them.
struct StrategySettings {
  Direction direction = Direction::long_only;
  Fill fill = Fill::next_open;
  ExpressionPtr entry_long, exit_long, entry_short, exit_short;
  std::vector<ExpressionPtr> constraints;  // over genes only
};

// Limits of every position; formulas: docs/metrics.md, "Sizes".
struct AccountLimits {
  double max_leverage = 1;  // times the sleeve's equity, the entry fee included
  double lot_step = 0;      // quantities are multiples of it, rounded down; 0 = fractional
  double min_notional = 0;  // a smaller entry (quantity times fill) is not made
};

// How an entry is sized; the value is percent, money, percent, percent a year.
enum class Size : std::uint8_t { percent_of_equity, money, risk_percent, volatility_target };
inline constexpr std::string_view kSizeNames[] = {"percent_of_equity", "money", "risk_percent",
                                                  "volatility_target"};

// Constant expressions over genes; null = off. Levels are fractions of a price, or multiples of the
// ATR of the bar that signalled the entry.
struct RiskSettings {
  Size size = Size::percent_of_equity;
  ExpressionPtr size_value;       // null = 100 percent
  ExpressionPtr volatility_days;  // volatility_target: daily returns looked at; else null
  ExpressionPtr stop_loss;        // of the fill; 0 = off
  ExpressionPtr take_profit;      // of the fill; 0 = off
  ExpressionPtr trailing_stop;    // of the best price since the fill; 0 = off
  ExpressionPtr stop_loss_atr;    // multiples, 0 = off
  ExpressionPtr take_profit_atr;
  ExpressionPtr trailing_stop_atr;
  ExpressionPtr atr_period;        // null without a level that is a multiple
  ExpressionPtr max_holding_bars;  // 0 = off
  ExpressionPtr cool_down_bars;    // 0 = off
  std::int64_t max_gap_bars = 0;   // 0 = off

  // Every expression above, null ones too.
  std::vector<ExpressionPtr> terms() const;
};

struct CostSettings {
  double fee_bps = 0;
  double slippage_bps = 0;
  double borrow_bps_per_day = 0;
  double funding_bps_per_8h = 0;
};

// What of a run's results the database takes; the log always has everything (docs/operating.md).
enum class Stored : std::uint8_t { all, kept };
inline constexpr std::string_view kStoredNames[] = {"all", "kept"};
// Candidates up to which a run stores all unless it says otherwise.
inline constexpr std::int64_t kAllStoredMax = 1'000'000;

struct ResultSettings {
  Stored database = Stored::all;
};

// Population times islands times generations: what a run tries at most.
std::int64_t candidates_of(const SearchSettings& search);
Stored default_storage(const SearchSettings& search);

struct Experiment {
  std::string name;
  DataSettings data;
  double equity = 10000;
  AccountLimits limits;
  StrategySettings strategy;
  std::vector<Gene> genes;  // sorted by name
  RiskSettings risk;
  CostSettings costs;
  SearchSettings search;
  ResultSettings results;

  // W of semantics.md: bars of warm-up that any genome may need.
  std::int64_t look_back = 0;

  // The resolved experiment as TOML, every setting spelled out in one order: reading it again gives
  // the same text. This is what is published to the store.
  std::string canonical_text;
  Digest digest;            // SHA-256 of canonical_text: guards resume
  Digest semantics_digest;  // of what a score depends on: strategy, risk, costs, account,
                            // periods_per_year, windows, warm-up
  Digest nameless_digest;   // of canonical_text without name and [results]: starts digest_0

  // 1 << Window bits of the windows that exist.
  std::uint8_t windows() const;
  const TimeRange& range(market::Window window) const;  // requires that the window exists
};

// Replaces or adds the setting `key` ("search.population") by TOML value text ("64"), before
// anything is checked. What it replaces in [data] must be well-formed nevertheless.
struct Override {
  std::string key;
  std::string value;
  std::string said = {};  // what errors call it, as "--population"; "" = by its key
};
using Overrides = std::vector<Override>;

// What [search] allows.
inline constexpr std::int64_t kPopulationMin = 2;
inline constexpr std::int64_t kShuffleMax = 1'000'000;  // data.shuffle
inline constexpr std::int64_t kPopulationMax = 1'000'000;
inline constexpr std::int64_t kGenerationsMax = 100'000;

// Errors: `file:line:column: what; did you mean …`, or the override's name; configuration.
Result<Experiment> read_experiment(std::string_view text, std::string_view file,
                                   const Overrides& overrides = {});

// A genome from "name=value" words; every gene without a value of its own must be named, none
// twice; refuses values outside and lists the genes that have none.
Result<Genome> genome_from_words(const Experiment& experiment,
                                 const std::vector<std::string>& words);

// Whether the genome has one value per gene, each exactly one that its gene allows. Ask before
// using a genome that came from outside.
bool belongs(const Experiment& experiment, const Genome& genome);

// Whether the genome satisfies the experiment's constraints.
bool satisfies_constraints(const Experiment& experiment, const Genome& genome);

// SHA-256(dataset id, semantics digest, canonical genome, windows, engine version). An empty genome
// is buy-and-hold.
Digest evaluation_key(const Digest& dataset_id, const Experiment& experiment, const Genome& genome,
                      std::uint8_t windows);
// The same for many genomes: what they have in common is hashed once.
class EvaluationKeys {
 public:
  EvaluationKeys(const Digest& dataset_id, const Experiment& experiment, std::uint8_t windows);
  Digest of(const Genome& genome);

 private:
  Sha256 common_;
  std::uint8_t windows_;
  std::string rest_;  // of the last: its memory is used again
};

}  // namespace mendel::strategy

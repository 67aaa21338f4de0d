#include "shared/kernel/kernel.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "shared/backtest/simulation.hpp"
#include "shared/backtest/windows.hpp"
#include "shared/kernel/columns.hpp"
#include "shared/kernel/edges.hpp"
#include "shared/kernel/graph.hpp"
#include "shared/kernel/measures.hpp"
#include "shared/kernel/tables.hpp"
#include "shared/kernel/tally.hpp"
#include "shared/kernel/timeline.hpp"
#include "shared/kernel/words.hpp"
#include "shared/market/holes.hpp"

namespace mendel::kernel {
namespace {

using backtest::Engine;
using backtest::Outcome;
using backtest::Rules;
using strategy::Genome;

// A genome of a batch, on its way.
struct Candidate {
  std::size_t index = 0;               // in the batch
  std::vector<StrategyNodes> symbols;  // one per symbol
  Rules rules;
  Trading trading = Trading::plain;
  std::vector<EntryColumns> entry_columns;  // likewise
  std::vector<std::size_t> twins;           // others of the batch that trade alike
  Genome genome;
};

// A candidate's way through the blocks.
struct FastTrading {
  Candidate* candidate;
  Edges edges;
  Tally tally;
};

// What is computed once of a window.
struct WindowTables {
  std::vector<std::unique_ptr<Tables>> symbols;
  std::unique_ptr<Timeline> timeline;  // of several symbols
};

}  // namespace

// The graph and the columns of every symbol.
class Kernel::Workspace {
 public:
  struct Symbol {
    Graph graph;
    Columns columns;
    Measures measures;
    std::size_t counted = 0;  // nodes
    std::size_t bytes = 0;    // that they need

    Symbol(const Columns::Source& source, bool keeps_all)
        : graph(source.experiment, source.sums.exact()),
          columns(source, graph, keeps_all),
          measures(source.market[source.symbol], source.experiment.data.timeframe.length_ns) {}
  };

  std::vector<std::unique_ptr<Symbol>> symbols;
  std::size_t kept_bytes_max = 0;
  // Room to trade in.
  std::vector<FastTrading> trading;
  Stretches stretches;
  Moves moves;
  std::vector<Trace> traces;
  Timeline::Room room;

  // Whether what is kept, and what the graph's new nodes will need, is too much.
  bool is_full() {
    std::size_t sum = 0;
    for (const auto& symbol : symbols) {
      const std::vector<Node>& nodes = symbol->graph.nodes();
      for (; symbol->counted < nodes.size(); ++symbol->counted) {
        symbol->bytes += sizeof(Node) + symbol->columns.bytes_of(nodes[symbol->counted]);
      }
      sum += symbol->bytes + symbol->measures.bytes();
    }
    return sum > kept_bytes_max;
  }
  void clear() {
    for (const auto& symbol : symbols) {
      symbol->graph.clear();
      symbol->columns.clear();
      symbol->measures.clear();
      symbol->counted = 0;
      symbol->bytes = 0;
    }
  }
};

struct Kernel::Impl {
  const Engine& engine;
  std::vector<TickSums> sums;  // by symbol
  std::vector<WindowTables> windows;

  explicit Impl(const Engine& prepared) : engine(prepared) {}
};

namespace {

// The bars behind which a hole closes positions.
std::vector<std::size_t> closing_holes(const market::SeriesView& series, const Rules& rules,
                                       const backtest::Span& span) {
  std::vector<std::size_t> holes;
  if (rules.max_gap_bars <= 0) return holes;
  for (std::size_t bar = span.begin; bar + 1 < span.end; ++bar) {
    const std::int64_t missing =
        market::missing_bars(series.time_ns[bar], series.time_ns[bar + 1], rules.bar_length_ns);
    if (missing > rules.max_gap_bars) holes.push_back(bar);
  }
  return holes;
}

}  // namespace

Kernel::Kernel(const Engine& engine) : impl_(std::make_unique<Impl>(engine)) {
  const std::vector<market::SeriesView>& series = engine.series();
  for (const market::SeriesView& symbol : series) impl_->sums.emplace_back(symbol);
  const Rules rules = engine.rules({});
  for (const backtest::WindowPlan& window : engine.windows()) {
    WindowTables& tables = impl_->windows.emplace_back();
    for (std::size_t i = 0; i < series.size(); ++i) {
      const backtest::Span& span = window.spans[i];
      tables.symbols.push_back(
          std::make_unique<Tables>(series[i], span, closing_holes(series[i], rules, span)));
    }
    if (series.size() > 1) tables.timeline = std::make_unique<Timeline>(series, window.spans);
  }
}

Kernel::~Kernel() = default;
Kernel::Kernel(Kernel&&) noexcept = default;
Kernel& Kernel::operator=(Kernel&&) noexcept = default;

std::shared_ptr<Kernel::Workspace> Kernel::make_workspace(Limits limits) const {
  auto workspace = std::make_shared<Workspace>();
  workspace->kept_bytes_max = limits.kept_bytes_max;
  const Engine& engine = impl_->engine;
  for (std::size_t i = 0; i < engine.series().size(); ++i) {
    const Columns::Source source{engine.experiment(), engine.series(), i, impl_->sums[i]};
    workspace->symbols.push_back(std::make_unique<Workspace::Symbol>(
        source, engine.series()[i].size() <= limits.kept_bars_max));
  }
  return workspace;
}

void Kernel::forget(Workspace& workspace) { workspace.clear(); }

bool Kernel::trades_fast(const Genome& genome) const {
  if (genome.empty()) return false;
  const strategy::Direction direction = impl_->engine.experiment().strategy.direction;
  return trading_by(impl_->engine.rules(genome), direction) != Trading::plain;
}

namespace {

constexpr std::array<std::uint64_t, kBlockWords> kNoSignals{};

// Conditions of all bars, in whole blocks.
using SignalWords = std::unordered_map<NodeId, std::vector<std::uint64_t>>;

// The part of a batch whose columns fit together.
class Batch {
 public:
  Batch(const Engine& engine, const std::vector<WindowTables>& tables, Kernel::Workspace& workspace,
        std::uint8_t windows)
      : engine_(engine), tables_(tables), workspace_(workspace), windows_(windows) {}

  void add(std::size_t index, const Genome& genome) {
    Candidate candidate;
    candidate.index = index;
    candidate.genome = genome;
    candidate.rules = engine_.rules(genome);
    candidate.trading = trading_by(candidate.rules, engine_.experiment().strategy.direction);
    const strategy::RiskValues& risk = candidate.rules.risk;
    for (const auto& symbol : workspace_.symbols) {
      candidate.symbols.push_back(symbol->graph.add(genome));
      EntryColumns& columns = candidate.entry_columns.emplace_back();
      if (risk.uses_atr()) columns.atr = symbol->measures.atr(risk.atr_period);
      if (risk.volatility_days > 0) {
        columns.daily_volatility = symbol->measures.daily_volatility(risk.volatility_days);
      }
    }
    candidates_.push_back(std::move(candidate));
  }

  bool empty() const { return candidates_.empty(); }
  void compute(std::vector<Outcome>& outcomes);

 private:
  bool wants(std::size_t window) const {
    return (windows_ >> static_cast<int>(engine_.windows()[window].window) & 1) != 0;
  }
  void drop_twins();
  void prepare();
  void trade_fast(std::size_t window, std::vector<Outcome>& outcomes);
  void trade_one_by_one(std::vector<Outcome>& outcomes);
  std::optional<Outcome> trade_together(const Candidate& candidate,
                                        const std::vector<SignalWords>& words);
  std::optional<backtest::WindowOutcome> trade_together(const Candidate& candidate,
                                                        const std::vector<SignalWords>& words,
                                                        std::size_t window);

  const Engine& engine_;
  const std::vector<WindowTables>& tables_;
  Kernel::Workspace& workspace_;
  std::uint8_t windows_;
  std::vector<Candidate> candidates_;
};

std::uint64_t hash_of(const Candidate& candidate) {
  std::uint64_t hash = 0;
  for (const StrategyNodes& nodes : candidate.symbols) {
    for (NodeId id : nodes.signals) hash = (hash ^ id) * 0x9E3779B97F4A7C15ULL;
  }
  return hash;
}

// Equal strategies are computed once: the rest of the batch is told the first one's outcome.
void Batch::drop_twins() {
  std::unordered_multimap<std::uint64_t, std::size_t> seen;
  std::vector<Candidate> kept;
  for (Candidate& candidate : candidates_) {
    const std::uint64_t hash = hash_of(candidate);
    const auto [begin, end] = seen.equal_range(hash);
    const auto twin = std::find_if(begin, end, [&](const auto& entry) {
      const Candidate& other = kept[entry.second];
      return other.symbols == candidate.symbols && other.rules.risk == candidate.rules.risk;
    });
    if (twin != end) {
      kept[twin->second].twins.push_back(candidate.index);
      continue;
    }
    seen.emplace(hash, kept.size());
    kept.push_back(std::move(candidate));
  }
  candidates_ = std::move(kept);
}

void Batch::prepare() {
  for (std::size_t i = 0; i < workspace_.symbols.size(); ++i) {
    std::vector<NodeId> conditions;
    for (const Candidate& candidate : candidates_) {
      for (NodeId id : candidate.symbols[i].signals) {
        if (id != kNoNode) conditions.push_back(id);
      }
    }
    workspace_.symbols[i]->columns.prepare(conditions);
  }
}

void Batch::compute(std::vector<Outcome>& outcomes) {
  drop_twins();
  prepare();
  const auto& windows = engine_.windows();
  for (std::size_t i = 0; i < windows.size(); ++i) {
    if (wants(i) && engine_.series().size() == 1) trade_fast(i, outcomes);
  }
  trade_one_by_one(outcomes);
  for (const Candidate& candidate : candidates_) {
    for (std::size_t twin : candidate.twins) outcomes[twin] = outcomes[candidate.index];
  }
  candidates_.clear();
}

void Batch::trade_fast(std::size_t window, std::vector<Outcome>& outcomes) {
  const Tables& tables = *tables_[window].symbols.front();
  std::vector<FastTrading>& sleeves = workspace_.trading;
  sleeves.clear();
  for (Candidate& candidate : candidates_) {
    if (candidate.trading == Trading::plain) continue;
    const strategy::Direction direction = engine_.experiment().strategy.direction;
    const double equity = engine_.experiment().equity;
    sleeves.push_back({&candidate,
                       Edges(tables, candidate.rules, direction, candidate.entry_columns.front()),
                       Tally(tables, candidate.rules, candidate.trading, equity)});
  }
  Columns& columns = workspace_.symbols.front()->columns;
  const backtest::Span& span = tables.span();
  // A crossing reads the bar before, maybe in the block before.
  const std::size_t first = span.begin == 0 ? 0 : (span.begin - 1) / kBlockBars;
  for (std::size_t block = first; block <= (span.end - 1) / kBlockBars; ++block) {
    columns.prepare_block(block);
    if (block < span.begin / kBlockBars) continue;
    for (auto& [candidate, edges, tally] : sleeves) {
      const auto words = [&](NodeId id) {
        return id == kNoNode ? kNoSignals.data() : columns.words(id).yes;
      };
      const auto& nodes = candidate->symbols.front().signals;
      edges.follow({words(nodes[0]), words(nodes[1]), words(nodes[2]), words(nodes[3])}, block,
                   workspace_.stretches);
      tally.add(workspace_.stretches, block, workspace_.moves);
    }
  }
  const std::string symbol(tables.series().symbol);
  for (auto& [candidate, edges, tally] : sleeves) {
    const std::optional<market::Metrics> metrics = tally.metrics(engine_.periods_per_year());
    if (!metrics) {
      candidate->trading = Trading::plain;  // computes all of its windows
      continue;
    }
    backtest::WindowOutcome outcome;
    outcome.window = engine_.windows()[window].window;
    outcome.rows.reserve(2);
    outcome.rows.push_back({"portfolio", *metrics});
    outcome.rows.push_back({symbol, *metrics});
    outcome.days = tally.days();
    outcomes[candidate->index].windows.push_back(std::move(outcome));
  }
}

// The signals of all bars, a byte each, for the plain loop.
std::vector<std::uint8_t> bytes_of(const std::vector<std::uint64_t>& words, std::size_t bars) {
  std::vector<std::uint8_t> bytes(bars);
  for (std::size_t i = 0; i < bars; ++i) bytes[i] = words[i / kWordBars] >> (i % kWordBars) & 1;
  return bytes;
}

SignalWords all_words(Columns& columns, const std::vector<NodeId>& conditions, std::size_t bars) {
  SignalWords words;
  const std::size_t blocks = (bars + kBlockBars - 1) / kBlockBars;
  const std::size_t count = (bars + kWordBars - 1) / kWordBars;
  for (NodeId id : conditions) words[id].resize(blocks * kBlockWords);
  for (std::size_t block = 0; block < blocks; ++block) {
    columns.prepare_block(block);
    const std::size_t first = block * kBlockWords;
    for (auto& [id, all] : words) {
      const std::uint64_t* yes = columns.words(id).yes;
      std::copy(yes, yes + std::min(kBlockWords, count - first), all.data() + first);
    }
  }
  return words;
}

// A candidate's sleeves, then the account that they make up. nullopt: the plain loop must do it.
std::optional<backtest::WindowOutcome> Batch::trade_together(const Candidate& candidate,
                                                             const std::vector<SignalWords>& words,
                                                             std::size_t window) {
  const auto count = static_cast<double>(words.size());
  const double equity = engine_.experiment().equity / count;
  const strategy::Direction direction = engine_.experiment().strategy.direction;
  backtest::WindowOutcome outcome;
  outcome.window = engine_.windows()[window].window;
  outcome.rows.resize(1);
  workspace_.traces.resize(words.size());
  backtest::Totals totals;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Tables& tables = *tables_[window].symbols[i];
    Trace& trace = workspace_.traces[i];
    trace.pieces.clear();
    trace.closings.clear();
    Edges edges(tables, candidate.rules, direction, candidate.entry_columns[i]);
    Tally tally(tables, candidate.rules, candidate.trading, equity);
    for (std::size_t block = tables.span().begin / kBlockBars;
         block <= (tables.span().end - 1) / kBlockBars; ++block) {
      const auto at = [&](NodeId id) {
        return id == kNoNode ? kNoSignals.data() : words[i].at(id).data() + block * kBlockWords;
      };
      const auto& nodes = candidate.symbols[i].signals;
      edges.follow({at(nodes[0]), at(nodes[1]), at(nodes[2]), at(nodes[3])}, block,
                   workspace_.stretches);
      tally.add(workspace_.stretches, block, workspace_.moves, &trace);
    }
    const std::optional<market::Metrics> metrics = tally.metrics(engine_.periods_per_year());
    if (!metrics) return std::nullopt;
    outcome.rows.push_back({std::string(tables.series().symbol), *metrics});
    totals.add_trades(tally.totals());
    totals.starting_equity += equity;
  }
  outcome.rows.front() = {
      "portfolio", tables_[window].timeline->metrics(workspace_.traces, equity, totals,
                                                     engine_.periods_per_year(), workspace_.room)};
  outcome.days = static_cast<std::int64_t>(workspace_.room.returns.size());
  return outcome;
}

std::optional<Outcome> Batch::trade_together(const Candidate& candidate,
                                             const std::vector<SignalWords>& words) {
  if (candidate.trading == Trading::plain) return std::nullopt;
  Outcome outcome;
  for (std::size_t i = 0; i < engine_.windows().size(); ++i) {
    if (!wants(i)) continue;
    auto window = trade_together(candidate, words, i);
    if (!window) return std::nullopt;
    outcome.windows.push_back(std::move(*window));
  }
  return outcome;
}

// What was not traded by blocks: several symbols, and the plain loop's.
void Batch::trade_one_by_one(std::vector<Outcome>& outcomes) {
  const bool several = engine_.series().size() > 1;
  std::vector<SignalWords> words(workspace_.symbols.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::vector<NodeId> conditions;
    for (const Candidate& candidate : candidates_) {
      if (!several && candidate.trading != Trading::plain) continue;
      for (NodeId id : candidate.symbols[i].signals) {
        if (id != kNoNode) conditions.push_back(id);
      }
    }
    if (conditions.empty()) return;
    words[i] = all_words(workspace_.symbols[i]->columns, conditions, engine_.series()[i].size());
  }
  for (const Candidate& candidate : candidates_) {
    if (!several && candidate.trading != Trading::plain) continue;
    if (auto outcome = several ? trade_together(candidate, words) : std::nullopt) {
      outcomes[candidate.index] = std::move(*outcome);
      continue;
    }
    std::vector<strategy::Signals> signals(words.size());
    for (std::size_t i = 0; i < words.size(); ++i) {
      std::vector<std::uint8_t>* each[] = {&signals[i].entry_long, &signals[i].exit_long,
                                           &signals[i].entry_short, &signals[i].exit_short};
      for (std::size_t k = 0; k < 4; ++k) {
        const NodeId id = candidate.symbols[i].signals[k];
        if (id != kNoNode) *each[k] = bytes_of(words[i][id], engine_.series()[i].size());
      }
    }
    outcomes[candidate.index] =
        engine_.evaluate_signals(candidate.genome, std::move(signals), windows_);
  }
}

}  // namespace

std::vector<Outcome> Kernel::evaluate(std::span<const Genome> genomes, std::uint8_t windows,
                                      Workspace& workspace) const {
  std::vector<Outcome> outcomes(genomes.size());
  Batch batch(impl_->engine, impl_->windows, workspace, windows);
  for (std::size_t i = 0; i < genomes.size(); ++i) {
    outcomes[i].invalid = impl_->engine.refusal(genomes[i], windows);
    if (!outcomes[i].invalid.empty()) continue;
    if (genomes[i].empty()) {
      outcomes[i] = impl_->engine.evaluate(genomes[i], windows, false);
      continue;
    }
    batch.add(i, genomes[i]);
    if (!workspace.is_full()) continue;
    batch.compute(outcomes);
    workspace.clear();
  }
  if (!batch.empty()) batch.compute(outcomes);
  return outcomes;
}

}  // namespace mendel::kernel

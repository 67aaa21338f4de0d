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
  EntryColumns entry_columns;
  std::vector<std::size_t> twins;  // others of the batch that trade alike
  Genome genome;
};

// A candidate's way through the blocks.
struct FastTrading {
  Candidate* candidate;
  Edges edges;
  Tally tally;
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
  std::vector<TickSums> sums;                   // by symbol
  std::vector<std::unique_ptr<Tables>> tables;  // by window, of the one symbol; else empty

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

bool may_trade_fast(const Engine& engine) { return engine.series().size() == 1; }

}  // namespace

Kernel::Kernel(const Engine& engine) : impl_(std::make_unique<Impl>(engine)) {
  for (const market::SeriesView& series : engine.series()) impl_->sums.emplace_back(series);
  if (!may_trade_fast(engine)) return;
  const Rules rules = engine.rules({});
  const market::SeriesView& series = engine.series().front();
  for (const backtest::WindowPlan& window : engine.windows()) {
    const backtest::Span& span = window.spans.front();
    impl_->tables.push_back(
        std::make_unique<Tables>(series, span, closing_holes(series, rules, span)));
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
  if (impl_->tables.empty() || genome.empty()) return false;
  const strategy::Direction direction = impl_->engine.experiment().strategy.direction;
  return trading_by(impl_->engine.rules(genome), direction) != Trading::plain;
}

namespace {

// The part of a batch whose columns fit together.
class Batch {
 public:
  Batch(const Engine& engine, const std::vector<std::unique_ptr<Tables>>& tables,
        Kernel::Workspace& workspace, std::uint8_t windows)
      : engine_(engine), tables_(tables), workspace_(workspace), windows_(windows) {}

  void add(std::size_t index, const Genome& genome) {
    Candidate candidate;
    candidate.index = index;
    candidate.genome = genome;
    candidate.rules = engine_.rules(genome);
    if (!tables_.empty()) {
      const strategy::RiskValues& risk = candidate.rules.risk;
      Measures& measures = workspace_.symbols.front()->measures;
      if (risk.uses_atr()) candidate.entry_columns.atr = measures.atr(risk.atr_period);
      if (risk.volatility_days > 0) {
        candidate.entry_columns.daily_volatility = measures.daily_volatility(risk.volatility_days);
      }
      candidate.trading = trading_by(candidate.rules, engine_.experiment().strategy.direction);
    }
    for (const auto& symbol : workspace_.symbols) {
      candidate.symbols.push_back(symbol->graph.add(genome));
    }
    candidates_.push_back(std::move(candidate));
  }

  bool empty() const { return candidates_.empty(); }
  void compute(std::vector<Outcome>& outcomes);

 private:
  void drop_twins();
  void prepare();
  void trade_fast(std::size_t window, std::vector<Outcome>& outcomes);
  void trade_plainly(std::vector<Outcome>& outcomes);

  const Engine& engine_;
  const std::vector<std::unique_ptr<Tables>>& tables_;
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
    if ((windows_ >> static_cast<int>(windows[i].window) & 1) != 0) trade_fast(i, outcomes);
  }
  trade_plainly(outcomes);
  for (const Candidate& candidate : candidates_) {
    for (std::size_t twin : candidate.twins) outcomes[twin] = outcomes[candidate.index];
  }
  candidates_.clear();
}

constexpr std::array<std::uint64_t, kBlockWords> kNoSignals{};

void Batch::trade_fast(std::size_t window, std::vector<Outcome>& outcomes) {
  if (tables_.empty()) return;
  const Tables& tables = *tables_[window];
  std::vector<FastTrading>& sleeves = workspace_.trading;
  sleeves.clear();
  for (Candidate& candidate : candidates_) {
    if (candidate.trading == Trading::plain) continue;
    const strategy::Direction direction = engine_.experiment().strategy.direction;
    const double equity = engine_.experiment().equity;
    sleeves.push_back({&candidate,
                       Edges(tables, candidate.rules, direction, candidate.entry_columns),
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

using SignalWords = std::unordered_map<NodeId, std::vector<std::uint64_t>>;

SignalWords all_words(Columns& columns, const std::vector<NodeId>& conditions, std::size_t bars) {
  SignalWords words;
  for (NodeId id : conditions) words[id].resize((bars + kWordBars - 1) / kWordBars);
  for (std::size_t block = 0; block * kBlockBars < bars; ++block) {
    columns.prepare_block(block);
    const std::size_t first = block * kBlockWords;
    for (auto& [id, all] : words) {
      const std::uint64_t* yes = columns.words(id).yes;
      std::copy(yes, yes + std::min(kBlockWords, all.size() - first), all.data() + first);
    }
  }
  return words;
}

void Batch::trade_plainly(std::vector<Outcome>& outcomes) {
  std::vector<SignalWords> words(workspace_.symbols.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::vector<NodeId> conditions;
    for (const Candidate& candidate : candidates_) {
      if (candidate.trading != Trading::plain) continue;
      for (NodeId id : candidate.symbols[i].signals) {
        if (id != kNoNode) conditions.push_back(id);
      }
    }
    if (conditions.empty()) return;
    words[i] = all_words(workspace_.symbols[i]->columns, conditions, engine_.series()[i].size());
  }
  for (const Candidate& candidate : candidates_) {
    if (candidate.trading != Trading::plain) continue;
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
  Batch batch(impl_->engine, impl_->tables, workspace, windows);
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

// Batch: the genomes of one call whose columns fit together, from conditions to outcomes; and the
// workspace that it works in.
// Threads: belong to one thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "shared/kernel/columns.hpp"
#include "shared/kernel/edges.hpp"
#include "shared/kernel/graph.hpp"
#include "shared/kernel/kernel.hpp"
#include "shared/kernel/measures.hpp"
#include "shared/kernel/tables.hpp"
#include "shared/kernel/tally.hpp"
#include "shared/kernel/timeline.hpp"

namespace mendel::kernel {

// What is computed once of a window.
struct WindowTables {
  std::vector<std::unique_ptr<Tables>> symbols;
  std::unique_ptr<Timeline> timeline;  // of several symbols

  bool is_tame() const {
    return std::all_of(symbols.begin(), symbols.end(),
                       [](const auto& tables) { return tables->is_tame(); });
  }
};

// A genome of a batch, on its way.
struct Candidate {
  std::size_t index = 0;               // in the batch
  std::vector<StrategyNodes> symbols;  // one per symbol
  backtest::Rules rules;
  Trading trading = Trading::plain;
  std::vector<EntryColumns> entry_columns;  // likewise
  std::vector<std::size_t> twins;           // others of the batch that trade alike
  strategy::Genome genome;
};

// A candidate's way through the blocks.
struct FastTrading {
  std::array<WordStream, 4> signals;  // as StrategyNodes has them
  Edges edges;
  Tally tally;
  Candidate* candidate;

  BlockSignals of_block(std::size_t block) const {
    return {signals[0].of_block(block), signals[1].of_block(block), signals[2].of_block(block),
            signals[3].of_block(block)};
  }
};

// The graph and the columns of every symbol, and room.
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
  std::size_t traded_plainly = 0;  // genomes, so far
  // Room to trade in.
  std::vector<FastTrading> trading;
  Stretches stretches;
  Tally::Room tally;
  std::vector<Trace> traces;
  Timeline::Room room;

  // Whether what is kept, what the graph's new nodes will need, and `more` is too much.
  bool is_full(std::size_t more) {
    std::size_t sum = more;
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

// Conditions of all bars, in whole blocks.
using SignalWords = std::unordered_map<NodeId, std::vector<std::uint64_t>>;

// What is wanted of every genome of a batch.
struct Asked {
  std::uint8_t windows = 0;
  bool daily_returns = false;  // the plain loop's: no other way has their bits
};

// The part of a batch whose columns fit together.
class Batch {
 public:
  Batch(const backtest::Engine& engine, const std::vector<WindowTables>& tables,
        Kernel::Workspace& workspace, Asked asked)
      : engine_(engine),
        tables_(tables),
        workspace_(workspace),
        asked_(asked),
        is_tame_(std::all_of(tables.begin(), tables.end(),
                             [](const WindowTables& window) { return window.is_tame(); })) {}

  void add(std::size_t index, const strategy::Genome& genome);
  bool empty() const { return candidates_.empty(); }
  // Of the conditions that are kept of all bars at once; at most.
  std::size_t bytes() const { return word_bytes_; }
  void compute(std::vector<backtest::Outcome>& outcomes);

 private:
  bool wants(std::size_t window) const {
    return (asked_.windows >> static_cast<int>(engine_.windows()[window].window) & 1) != 0;
  }
  // By blocks, the whole batch in each; else one by one, from conditions of all bars.
  bool trades_by_blocks(const Candidate& candidate) const {
    return engine_.series().size() == 1 && candidate.trading != Trading::plain;
  }
  // Of one symbol, of all candidates or those that are traded one by one.
  std::vector<NodeId> conditions(std::size_t symbol, bool all) const;
  void drop_twins();
  void prepare();
  void trade_fast(std::size_t window, std::vector<backtest::Outcome>& outcomes);
  std::vector<strategy::Signals> plain_signals(const Candidate& candidate,
                                               const std::vector<SignalWords>& words) const;
  void trade_one_by_one(std::vector<backtest::Outcome>& outcomes);
  std::optional<backtest::Outcome> trade_together(const Candidate& candidate,
                                                  const std::vector<SignalWords>& words);
  std::optional<backtest::WindowOutcome> trade_together(const Candidate& candidate,
                                                        const std::vector<SignalWords>& words,
                                                        std::size_t window);

  const backtest::Engine& engine_;
  const std::vector<WindowTables>& tables_;
  Kernel::Workspace& workspace_;
  Asked asked_;
  bool is_tame_;
  std::vector<Candidate> candidates_;
  std::size_t word_bytes_ = 0;
};

}  // namespace mendel::kernel

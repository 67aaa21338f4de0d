// Graph: the genomes of a population as one graph. A term with a genome's values in it is a node;
// equal nodes are one, whoever uses them, so what genomes share is computed once.
// Threads: a graph belongs to one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "shared/strategy/experiment.hpp"
#include "shared/strategy/expression.hpp"

namespace mendel::kernel {

using NodeId = std::uint32_t;
inline constexpr NodeId kNoNode = ~NodeId{0};

enum class Kind : std::uint8_t {
  // Numbers.
  constant,
  price,          // a column of the market
  tick_mean,      // sma of a price column with a tick
  compared_mean,  // the same, where only comparisons read it
  arithmetic,     // an operator or scalar function, bar by bar
  index,          // operand 0, `numbers[0]` bars ago
  call,           // any other function
  // Conditions.
  truth,    // one for all bars: `op` is the strategy::Truth
  greater,  // operand 0 > operand 1
  equal,
  cross,  // operand 0, a condition, is true and was false on the bar before
  logical_not,
  logical_and,
  logical_or,
  truth_index,
  truth_call,
  // Either, by the term's type: on other bars than this symbol's.
  elsewhere,
};

inline constexpr std::size_t kOperandsMax = 4;

// Equal fields are equal nodes.
struct Node {
  Kind kind = Kind::constant;
  std::uint8_t op = 0;  // arithmetic: strategy::Op; price and means: strategy::Column
  bool is_number = true;
  bool computable = true;  // a call: its periods are within what its function says
  std::uint8_t operand_count = 0;
  std::array<NodeId, kOperandsMax> operands{kNoNode, kNoNode, kNoNode, kNoNode};
  std::array<double, kOperandsMax> numbers{};    // a constant; periods; other constant arguments
  const strategy::Function* function = nullptr;  // of calls and scalar functions
  const strategy::Expression* term = nullptr;    // elsewhere: the term, with…
  strategy::Genome genome;                       // …the genes it reads, all others least

  bool operator==(const Node&) const = default;
};

// The signals of one genome; kNoNode = it never signals.
struct StrategyNodes {
  // Entry and exit of the long side, then of the short one.
  std::array<NodeId, 4> signals{kNoNode, kNoNode, kNoNode, kNoNode};

  bool operator==(const StrategyNodes&) const = default;
};

class Graph {
 public:
  // `ticks`: the prices have a common tick. The experiment must outlive the graph.
  Graph(const strategy::Experiment& experiment, bool ticks);

  // Requires that the genome belongs to the experiment.
  StrategyNodes add(const strategy::Genome& genome);

  const std::vector<Node>& nodes() const { return nodes_; }  // operands before their users
  void clear();

 private:
  NodeId resolve(const strategy::Expression& term, const strategy::Genome& genome);
  NodeId make(const strategy::Expression& term, const strategy::Genome& genome);
  NodeId constant(const strategy::Expression& term, const strategy::Genome& genome);
  NodeId binary(Kind kind, NodeId a, NodeId b);
  NodeId compared(NodeId a);
  NodeId negated(NodeId a);
  NodeId comparison(strategy::Op op, NodeId a, NodeId b);
  NodeId call(const strategy::Expression& term, const strategy::Genome& genome);
  NodeId elsewhere(const strategy::Expression& term, const strategy::Genome& genome);
  NodeId intern(Node node);
  NodeId append(Node node);

  // A node of two conditions or two compared numbers is found by these alone: most nodes are such.
  struct Pair {
    Kind kind = Kind::greater;
    NodeId a = kNoNode;
    NodeId b = kNoNode;
    NodeId node = kNoNode;  // kNoNode: an empty place

    std::uint64_t hash() const;
    bool is_of(const Pair& other) const {
      return kind == other.kind && a == other.a && b == other.b;
    }
  };
  // Any other by its hash and itself.
  struct Single {
    std::uint64_t key = 0;
    NodeId node = kNoNode;

    std::uint64_t hash() const { return key; }
  };

  // What a term that reads one gene, or none, came to, by the level of that gene.
  struct Memo {
    bool is_known = false;  // whether the rest was looked up
    bool reads_gene = false;
    std::size_t gene = 0;
    std::vector<NodeId> nodes;  // none: it reads more, or too many levels
  };
  Memo memo_for(const strategy::Expression& term) const;
  NodeId* remembered(const strategy::Expression& term, const strategy::Genome& genome);

  const strategy::Experiment& experiment_;
  bool ticks_;
  std::vector<Node> nodes_;
  // Open addressing, a power of two.
  template <class Entry>
  struct HashTable {
    std::vector<Entry> entries;
    std::size_t count = 0;

    void clear();
    // The place of the entry for which is_it() holds, or the empty one for it, behind that of its
    // hash.
    template <class Is>
    Entry& find(std::uint64_t hash, const Is& is_it);
    void make_room();
  };
  HashTable<Single> singles_;
  HashTable<Pair> pairs_;
  std::vector<NodeId> resolved_;  // by term id, for the genome being added
  std::vector<Memo> memos_;       // by term id
  std::vector<NodeId> compared_;  // by node: what comparisons read instead, once known
  std::vector<NodeId> negated_;   // by node: its negation, once known
};

}  // namespace mendel::kernel

#include "shared/kernel/graph.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "shared/strategy/evaluation.hpp"
#include "shared/strategy/functions.hpp"

namespace mendel::kernel {
namespace {

using strategy::Argument;
using strategy::Expression;
using strategy::Genome;
using strategy::Op;
using strategy::Type;

// Sums of products that do not wait for each other; the top bits, where all of them arrive, are
// folded down at the end.
std::uint64_t hash_of(const Node& node) {
  constexpr std::uint64_t kOdd[] = {0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9,
                                    0xD6E8FEB86659FD93, 0xA0761D6478BD642F, 0xE7037ED1A0B428DB,
                                    0x8EBC6AF09C88C6E3, 0x589965CC75374CC3, 0x1D8E4E27C47D124F,
                                    0xEB44ACCAB455D165, 0x2D358DCCAA6C78A5};
  std::uint64_t hash = (static_cast<std::uint64_t>(node.kind) | std::uint64_t{node.op} << 8 |
                        std::uint64_t{node.computable} << 16) *
                       kOdd[0];
  for (std::size_t i = 0; i < kOperandsMax; ++i) {
    hash += node.operands[i] * kOdd[1 + i];
    hash += std::bit_cast<std::uint64_t>(node.numbers[i]) * kOdd[5 + i];
  }
  hash += std::bit_cast<std::uintptr_t>(node.function) * kOdd[9];
  hash += std::bit_cast<std::uintptr_t>(node.term) * kOdd[10];
  for (double gene : node.genome) hash = hash * kOdd[0] + std::bit_cast<std::uint64_t>(gene);
  hash = (hash ^ hash >> 32) * kOdd[0];
  return hash ^ hash >> 32;
}

NodeId remember(std::vector<NodeId>& by_node, NodeId node, NodeId made) {
  if (node >= by_node.size()) by_node.resize(node + 1, kNoNode);
  by_node[node] = made;
  return made;
}

}  // namespace

std::uint64_t Graph::Pair::hash() const {
  std::uint64_t hash = (std::uint64_t{a} << 32 | b) * 0x9E3779B97F4A7C15;
  hash = ((hash ^ hash >> 32) + static_cast<std::uint64_t>(kind)) * 0xC2B2AE3D27D4EB4F;
  return hash ^ hash >> 32;
}

template <class Entry>
void Graph::HashTable<Entry>::clear() {
  entries.assign(1024, {});
  count = 0;
}

template <class Entry>
template <class Is>
Entry& Graph::HashTable<Entry>::find(std::uint64_t hash, const Is& is_it) {
  std::size_t place = hash & (entries.size() - 1);
  while (entries[place].node != kNoNode && !is_it(entries[place])) {
    place = (place + 1) & (entries.size() - 1);
  }
  return entries[place];
}

template <class Entry>
void Graph::HashTable<Entry>::make_room() {
  if (2 * (count + 1) <= entries.size()) return;
  const std::vector<Entry> before = std::exchange(entries, std::vector<Entry>(2 * entries.size()));
  for (const Entry& entry : before) {
    if (entry.node == kNoNode) continue;
    find(entry.hash(), [](const Entry&) { return false; }) = entry;
  }
}

Graph::Graph(const strategy::Experiment& experiment, bool ticks)
    : experiment_(experiment), ticks_(ticks) {
  clear();
}

void Graph::clear() {
  nodes_.clear();
  singles_.clear();
  pairs_.clear();
  compared_.clear();
  negated_.clear();
  for (Memo& memo : memos_) std::fill(memo.nodes.begin(), memo.nodes.end(), kNoNode);
}

StrategyNodes Graph::add(const Genome& genome) {
  const strategy::StrategySettings& strategy = experiment_.strategy;
  std::fill(resolved_.begin(), resolved_.end(), kNoNode);
  StrategyNodes nodes;
  const strategy::ExpressionPtr* signals[] = {&strategy.entry_long, &strategy.exit_long,
                                              &strategy.entry_short, &strategy.exit_short};
  for (std::size_t i = 0; i < nodes.signals.size(); ++i) {
    if (*signals[i]) nodes.signals[i] = resolve(**signals[i], genome);
  }
  return nodes;
}

NodeId Graph::resolve(const Expression& term, const Genome& genome) {
  if (term.id >= resolved_.size()) resolved_.resize(term.id + 1, kNoNode);
  if (resolved_[term.id] != kNoNode) return resolved_[term.id];
  NodeId* const memo = remembered(term, genome);
  const bool is_new = memo == nullptr || *memo == kNoNode;
  const NodeId node = is_new ? make(term, genome) : *memo;
  if (memo != nullptr) *memo = node;
  resolved_[term.id] = node;
  return node;
}

Graph::Memo Graph::memo_for(const Expression& term) const {
  constexpr std::uint64_t kLevelsMost = 4096;
  const std::vector<strategy::Gene>& genes = experiment_.genes;
  std::vector<bool> used(genes.size(), false);
  strategy::mark_genes(term, used);
  Memo memo;
  memo.is_known = true;
  const auto count = std::count(used.begin(), used.end(), true);
  if (count > 1) return memo;
  memo.reads_gene = count == 1;
  memo.gene = static_cast<std::size_t>(std::find(used.begin(), used.end(), true) - used.begin());
  const std::uint64_t levels = memo.reads_gene ? genes[memo.gene].levels() : 1;
  if (levels <= kLevelsMost) memo.nodes.assign(levels, kNoNode);
  return memo;
}

// Where the term's node is, or will be, for genomes with this one's genes; null = nowhere. Stays
// where it is while other terms are looked up.
NodeId* Graph::remembered(const Expression& term, const Genome& genome) {
  if (term.id >= memos_.size()) memos_.resize(term.id + 1);
  Memo& memo = memos_[term.id];
  if (!memo.is_known) memo = memo_for(term);
  if (memo.nodes.empty()) return nullptr;
  if (!memo.reads_gene) return memo.nodes.data();
  const strategy::Gene& gene = experiment_.genes[memo.gene];
  const double value = genome[memo.gene];
  const double level = std::nearbyint((value - gene.least) / gene.step);
  if (!(level >= 0) || level >= static_cast<double>(memo.nodes.size())) return nullptr;
  if (gene.least + level * gene.step != value) return nullptr;
  return &memo.nodes[static_cast<std::size_t>(level)];
}

NodeId Graph::make(const Expression& term, const Genome& genome) {
  if (term.constant) return constant(term, genome);
  const auto operand = [&](std::size_t i) { return resolve(*term.arguments[i], genome); };
  Node node;
  switch (term.op) {
    case Op::column:
      node.kind = Kind::price;
      node.op = static_cast<std::uint8_t>(term.column);
      return intern(std::move(node));
    case Op::index:
      node.kind = term.type == Type::number ? Kind::index : Kind::truth_index;
      node.is_number = term.type == Type::number;
      node.operand_count = 1;
      node.operands[0] = operand(0);
      node.numbers[0] = strategy::evaluate_number(*term.arguments[1], experiment_.genes, genome);
      return intern(std::move(node));
    case Op::call:
      return call(term, genome);
    case Op::at:
    case Op::of_symbol:
      return elsewhere(term, genome);
    case Op::negate:
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
      node.kind = Kind::arithmetic;
      node.op = static_cast<std::uint8_t>(term.op);
      node.operand_count = static_cast<std::uint8_t>(term.arguments.size());
      for (std::size_t i = 0; i < term.arguments.size(); ++i) node.operands[i] = operand(i);
      return intern(std::move(node));
    case Op::logical_not:
      return negated(operand(0));
    case Op::logical_and:
      return binary(Kind::logical_and, operand(0), operand(1));
    case Op::logical_or:
      return binary(Kind::logical_or, operand(0), operand(1));
    default:
      return comparison(term.op, operand(0), operand(1));
  }
}

NodeId Graph::constant(const Expression& term, const Genome& genome) {
  Node node;
  if (term.type == Type::number) {
    node.numbers[0] = strategy::evaluate_number(term, experiment_.genes, genome);
  } else {
    node.kind = Kind::truth;
    node.is_number = false;
    node.op = static_cast<std::uint8_t>(strategy::evaluate_truth(term, experiment_.genes, genome));
  }
  return intern(std::move(node));
}

NodeId Graph::binary(Kind kind, NodeId a, NodeId b) {
  pairs_.make_room();
  Pair pair{kind, a, b, kNoNode};
  Pair& place = pairs_.find(pair.hash(), [&](const Pair& other) { return other.is_of(pair); });
  if (place.node != kNoNode) return place.node;
  Node node;
  node.kind = kind;
  node.is_number = false;
  node.operand_count = 2;
  node.operands[0] = a;
  node.operands[1] = b;
  pair.node = append(std::move(node));
  ++pairs_.count;
  place = pair;
  return pair.node;
}

// What a comparison reads instead of `a`: of a mean it needs less than others do.
NodeId Graph::compared(NodeId a) {
  if (nodes_[a].kind != Kind::tick_mean) return a;
  if (a < compared_.size() && compared_[a] != kNoNode) return compared_[a];
  Node node = nodes_[a];
  node.kind = Kind::compared_mean;
  return remember(compared_, a, intern(std::move(node)));
}

NodeId Graph::negated(NodeId a) {
  if (a < negated_.size() && negated_[a] != kNoNode) return negated_[a];
  Node node;
  node.kind = Kind::logical_not;
  node.is_number = false;
  node.operand_count = 1;
  node.operands[0] = a;
  return remember(negated_, a, intern(std::move(node)));
}

// All six come down to two: in three-valued logic `a <= b` is exactly `not a > b`.
NodeId Graph::comparison(Op op, NodeId a, NodeId b) {
  a = compared(a);
  b = compared(b);
  switch (op) {
    case Op::greater:
      return binary(Kind::greater, a, b);
    case Op::less:
      return binary(Kind::greater, b, a);
    case Op::less_equal:
      return negated(binary(Kind::greater, a, b));
    case Op::greater_equal:
      return negated(binary(Kind::greater, b, a));
    case Op::equal:
      return binary(Kind::equal, a, b);
    default:
      return negated(binary(Kind::equal, a, b));
  }
}

NodeId Graph::call(const Expression& term, const Genome& genome) {
  const auto [function, terms] = strategy::chosen_call(term, experiment_.genes, genome);
  const auto argument = [&](std::size_t i) { return resolve(*terms[i], genome); };
  Node node;
  if (function->name == "crossover" || function->name == "crossunder") {
    const bool over = function->name == "crossover";
    const NodeId first = compared(argument(0));
    const NodeId second = compared(argument(1));
    node.kind = Kind::cross;
    node.is_number = false;
    node.operand_count = 1;
    node.operands[0] = binary(Kind::greater, over ? first : second, over ? second : first);
    return intern(std::move(node));
  }
  node.function = function;
  node.is_number = term.type == Type::number;
  node.kind = function->scalar ? Kind::arithmetic : node.is_number ? Kind::call : Kind::truth_call;
  node.op = static_cast<std::uint8_t>(Op::call);
  std::size_t numbers = 0;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const strategy::Parameter& parameter = function->parameters[i];
    if (parameter.kind == Argument::series || parameter.kind == Argument::condition) {
      node.operands[node.operand_count++] = argument(i);
      continue;
    }
    const double value = strategy::evaluate_number(*terms[i], experiment_.genes, genome);
    node.numbers[numbers++] = value;
    const bool within =
        value >= static_cast<double>(parameter.least) && value <= strategy::kPeriodMax;
    node.computable = node.computable && (parameter.kind == Argument::number || within);
  }
  if (ticks_ && node.computable && function->name == "sma" &&
      nodes_[node.operands[0]].kind == Kind::price &&
      nodes_[node.operands[0]].op != static_cast<std::uint8_t>(strategy::Column::volume)) {
    node.kind = Kind::tick_mean;
    node.op = nodes_[node.operands[0]].op;
  }
  return intern(std::move(node));
}

// Its values depend on the term and the genes it reads.
NodeId Graph::elsewhere(const Expression& term, const Genome& genome) {
  Node node;
  node.kind = Kind::elsewhere;
  node.is_number = term.type == Type::number;
  node.term = &term;
  node.genome = genome;
  std::vector<bool> used(genome.size(), false);
  strategy::mark_genes(term, used);
  for (std::size_t i = 0; i < genome.size(); ++i) {
    if (!used[i]) node.genome[i] = experiment_.genes[i].least;
  }
  return intern(std::move(node));
}

NodeId Graph::intern(Node node) {
  singles_.make_room();
  const std::uint64_t hash = hash_of(node);
  Single& place = singles_.find(
      hash, [&](const Single& other) { return other.key == hash && nodes_[other.node] == node; });
  if (place.node != kNoNode) return place.node;
  ++singles_.count;
  place = {hash, append(std::move(node))};
  return place.node;
}

NodeId Graph::append(Node node) {
  nodes_.push_back(std::move(node));
  return static_cast<NodeId>(nodes_.size() - 1);
}

}  // namespace mendel::kernel

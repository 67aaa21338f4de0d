// Columns: the values of a graph's nodes on one symbol. Numbers are columns of doubles, conditions
// two bitmaps (true, false; undefined is neither). Every value has the bits that the plain
// evaluation of strategy/program.hpp gives it.
// Threads: columns belong to one thread; the price sums they read are shared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include "shared/kernel/graph.hpp"
#include "shared/kernel/lanes.hpp"
#include "shared/kernel/recurrence.hpp"
#include "shared/kernel/tick_sums.hpp"
#include "shared/kernel/words.hpp"
#include "shared/market/bar.hpp"
#include "shared/strategy/functions.hpp"

namespace mendel::kernel {

// Where the words of a condition are while one block after the other is prepared.
struct WordStream {
  const std::uint64_t* yes = nullptr;
  std::size_t words_a_block = 0;  // 0: the last prepared block's replace those before

  const std::uint64_t* of_block(std::size_t block) const { return yes + block * words_a_block; }
};

// Memory that begins with a line of the caches: what is read 32 bytes at a time crosses none.
template <class T>
struct OnLines {
  using value_type = T;
  static constexpr std::align_val_t kLine{64};

  OnLines() = default;
  template <class U>
  explicit OnLines(const OnLines<U>&) {}
  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), kLine));
  }
  void deallocate(T* memory, std::size_t) { ::operator delete(memory, kLine); }
  bool operator==(const OnLines&) const { return true; }
};

class Columns {
 public:
  // Of market.series[symbol]. Market, sums and graph must outlive the columns; the graph may grow.
  // `keeps_all`: every column is kept whole, else only those that cannot be computed by block.
  struct Source {
    const strategy::Experiment& experiment;
    std::span<const market::SeriesView> market;
    std::size_t symbol = 0;
    const TickSums& sums;
  };
  Columns(const Source& source, const Graph& graph, bool keeps_all);

  // Computes what these conditions need and is kept whole. Then blocks are prepared in their
  // order, each after the one before.
  void prepare(std::span<const NodeId> conditions);
  void prepare_block(std::size_t block);

  // Words of a prepared condition from the first bar of the last prepared block on.
  TruthWords words(NodeId condition) const;
  // The same for all blocks until the next prepare().
  WordStream stream(NodeId condition) const;

  // About how much memory a node needs.
  std::size_t bytes_of(const Node& node) const;
  // Forgets everything; call it with Graph::clear().
  void clear();

 private:
  static constexpr std::size_t kNoBlock = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t kAllBlocks = kNoBlock - 1;
  // What there is of a node. Of a condition: where it is true, where it is false. Of a number:
  // its values, beside the rounded ones that comparisons read.
  using Parts = unsigned;
  static constexpr Parts kNothing = 0;
  static constexpr Parts kYes = 1;
  static constexpr Parts kNo = 2;
  static constexpr Parts kBoth = kYes | kNo;
  static constexpr Parts kValues = 4;
  // Means that comparisons read are kept whole from the second call on that needs them: to write a
  // block, compare it and write the next over it takes less time than memory.
  static constexpr std::uint8_t kNeededToKeep = 2;
  struct Storage {
    bool kept = false;  // whole; else the last prepared block, with the word before it in front
    std::uint8_t needed = 0;  // by so many calls of prepare(), as far as that is counted
    bool clean = false;       // numbers: nothing undefined from `first_defined` on
    std::size_t first_defined = 0;
    std::vector<double> values;
    std::vector<float, OnLines<float>> narrow;  // the same, rounded, of what comparisons read
    std::size_t narrow_block = kNoBlock;        // whose, or kAllBlocks…
    std::size_t narrow_end = 0;                 // …up to this bar
    std::vector<std::uint64_t, OnLines<std::uint64_t>> yes, no;
    Parts parts = kNothing;                  // which of these something reads
    std::unique_ptr<Recurrence> recurrence;  // of numbers: rounded only, but for some blocks
  };
  // Memory of whole columns that were forgotten, for those that are kept next.
  struct Spare {
    std::vector<std::vector<double>> values;
    std::vector<std::vector<float, OnLines<float>>> narrow;
    std::vector<std::vector<std::uint64_t, OnLines<std::uint64_t>>> words;
  };
  enum class Need : std::uint8_t { none, block, kept };
  struct Range {
    std::size_t begin = 0;  // a multiple of 64
    std::size_t end = 0;

    std::size_t size() const { return end - begin; }
    std::size_t words() const { return (size() + kWordBars - 1) / kWordBars; }
  };

  Parts parts_read(const Node& node, NodeId operand, Parts parts) const;
  std::vector<NodeId> missing(std::span<const NodeId> conditions, std::vector<NodeId>& by_block);
  void order(std::vector<NodeId>& kept);
  void keep(NodeId id);
  void keep_comparisons(std::span<const NodeId> ids);
  std::vector<NodeId> mirrors(std::span<const NodeId> comparisons) const;
  void round_operands(const Node& comparison, Range bars);
  void reserve_narrow(NodeId id);
  void fill_narrow(NodeId id, Range bars);
  void reserve_block(NodeId id);
  void fill(NodeId id, Range bars);
  void fill_numbers(const Node& node, Range bars, double* out) const;
  void fill_truths(const Node& node, Range bars, std::uint64_t* yes, std::uint64_t* no);
  template <class Compare>
  void decide(const Node& comparison, Range bars, const Compare& compare);
  void fill_greater(const Node& node, Range bars, std::uint64_t* yes, std::uint64_t* no,
                    std::uint64_t* ties = nullptr);
  TickMeans means_of(const Node& node) const;
  template <class Number, class Means>
  void fill_means(const Node& node, Range bars, Means means, Number* out) const;
  void fill_index(const Node& node, double* out) const;
  void fill_truth_index(const Node& node, std::uint64_t* yes, std::uint64_t* no) const;
  void call(const Node& node, std::span<double> out) const;
  void call_truths(const Node& node, std::uint64_t* yes, std::uint64_t* no) const;
  strategy::Numbers series_of(NodeId id) const;
  std::vector<strategy::Truth> truths_of(NodeId id) const;
  template <class Use>
  void with_arguments(const Node& node, const Use& use) const;
  void elsewhere(const Node& node, double* out) const;
  void elsewhere(const Node& node, std::uint64_t* yes, std::uint64_t* no) const;
  void make_exact(NodeId id, Range block);
  void keep_recurrences(NodeId first, std::span<const NodeId> missing);
  void learn(const Node& node, Storage& storage) const;
  Operand operand(NodeId id, std::size_t bar) const;
  bool is_clean(NodeId id, std::size_t& first_defined) const;
  TruthWords operand_words(NodeId id, std::size_t bar) const;

  Source source_;
  const market::SeriesView& series_;
  const TickSums& sums_;
  const Graph& graph_;
  bool keeps_all_;
  std::vector<Storage> storage_;  // by node
  Spare spare_;
  std::vector<std::uint32_t> stages_;  // by node: how often numbers and conditions took turns
  std::vector<Need> needs_;            // by node; none between calls
  std::vector<Parts> parts_;           // by node, likewise
  std::vector<NodeId> by_block_;       // of the last prepare(), operands first
  std::size_t block_ = 0;
};

}  // namespace mendel::kernel

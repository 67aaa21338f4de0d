#include "shared/kernel/columns.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <queue>
#include <utility>

#include "shared/base/check.hpp"
#include "shared/strategy/columns.hpp"
#include "shared/strategy/evaluation.hpp"
#include "shared/strategy/rolling.hpp"

namespace mendel::kernel {
namespace {

using strategy::Argument;
using strategy::Column;
using strategy::Numbers;
using strategy::Op;
using strategy::Truth;

std::span<const double> prices(const market::SeriesView& series, std::uint8_t column) {
  const std::span<const double> columns[] = {series.open, series.high, series.low, series.close,
                                             series.volume};
  return columns[column];
}

bool is_price(const Node& node) {
  return node.kind == Kind::price && node.op != static_cast<std::uint8_t>(Column::volume);
}

bool is_comparison(const Node& node) {
  return node.kind == Kind::greater || node.kind == Kind::equal;
}

bool is_mean(const Node& node) {
  return node.kind == Kind::tick_mean || node.kind == Kind::compared_mean;
}

// Only its rounded values are kept; where these cannot tell, it is computed again.
bool is_narrow_only(const Node& node) {
  return node.kind == Kind::compared_mean && lanes().narrow_means != nullptr;
}

// Null where nothing reads them.
template <class Words>
auto words_from(Words& words, std::size_t word) {
  return words.empty() ? nullptr : words.data() + word;
}

double element(const Node& node, double a, double b) {
  if (node.function != nullptr) return node.function->scalar(a, b);
  const auto op = static_cast<Op>(node.op);
  return op == Op::negate ? -a : strategy::arithmetic(op, a, b);
}

}  // namespace

Columns::Columns(const Source& source, const Graph& graph, bool keeps_all)
    : source_(source),
      series_(source.market[source.symbol]),
      sums_(source.sums),
      graph_(graph),
      keeps_all_(keeps_all) {}

namespace {

template <class Vector>
void put_away(Vector& vector, std::vector<Vector>& spare) {
  if (!vector.empty()) spare.push_back(std::move(vector));
}

template <class Vector>
void resize(Vector& vector, std::size_t size, std::vector<Vector>& spare) {
  if (vector.empty() && !spare.empty()) {
    vector = std::move(spare.back());
    spare.pop_back();
  }
  vector.resize(size);
}

}  // namespace

// The memory of whole columns stays: the next population needs as much, though for other nodes.
void Columns::clear() {
  for (Storage& storage : storage_) {
    put_away(storage.narrow, spare_.narrow);
    if (!storage.kept) continue;
    put_away(storage.values, spare_.values);
    put_away(storage.yes, spare_.words);
    put_away(storage.no, spare_.words);
  }
  storage_.clear();
  by_block_.clear();
  stages_.clear();
}

namespace {

// Whether the node can be computed for any bars alone, given its operands there.
bool any_range(const Node& node) {
  switch (node.kind) {
    case Kind::index:
    case Kind::call:
    case Kind::truth_index:
    case Kind::truth_call:
    case Kind::elsewhere:
      return false;
    default:
      return true;
  }
}

// Whether some parts of it can be computed without the others: of a condition where it is true,
// where it is false; of a number its rounded values.
bool has_parts(const Node& node) {
  return node.kind == Kind::logical_not || node.kind == Kind::logical_and ||
         node.kind == Kind::logical_or || is_comparison(node) || Recurrence::is(node);
}

// Whether nothing has to be computed for it: what it says is there, in its operand too.
bool is_given(const Node& node) {
  return node.kind == Kind::constant || node.kind == Kind::price || node.kind == Kind::logical_not;
}

}  // namespace

std::size_t Columns::bytes_of(const Node& node) const {
  const std::size_t bars = series_.size();
  if (!keeps_all_ && any_range(node)) return kBlockBars * sizeof(double);
  if (!node.is_number) return bars / 4;
  return bars * (is_narrow_only(node) ? sizeof(float) : sizeof(double) + sizeof(float));
}

// What a node reads of an operand.
Columns::Parts Columns::parts_read(const Node& node, NodeId operand, Parts parts) const {
  if (graph_.nodes()[operand].is_number) return is_comparison(node) ? kNothing : kValues;
  if (!has_parts(node)) return kBoth;
  if (node.kind != Kind::logical_not) return parts;
  return (parts & kYes ? kNo : kNothing) | (parts & kNo ? kYes : kNothing);
}

// What has to be kept and is not yet, operands first; what is left to be computed by block. Only
// what these conditions reach is looked at: a workspace knows many more nodes than a call needs.
std::vector<NodeId> Columns::missing(std::span<const NodeId> conditions,
                                     std::vector<NodeId>& by_block) {
  const std::vector<Node>& nodes = graph_.nodes();
  needs_.resize(nodes.size(), Need::none);
  parts_.resize(nodes.size(), kNothing);
  std::priority_queue<NodeId> reached;  // users come before their operands
  const auto reach = [&](NodeId id, Need need, Parts parts) {
    const Storage& storage = storage_[id];
    if (storage.kept && (parts & ~storage.parts) == 0) return;
    if (needs_[id] == Need::none) reached.push(id);
    needs_[id] = std::max(needs_[id], need);
    parts_[id] |= parts;
  };
  for (NodeId condition : conditions) reach(condition, Need::block, kYes);
  std::vector<NodeId> kept;
  for (; !reached.empty(); reached.pop()) {
    const NodeId id = reached.top();
    const Node& node = nodes[id];
    Storage& storage = storage_[id];
    if (keeps_all_ || storage.kept || !any_range(node)) needs_[id] = Need::kept;
    storage.kept = false;  // what lacks a part is computed again
    storage.needed = std::min<std::uint8_t>(storage.needed + 1, kNeededToKeep);
    storage.parts |= std::exchange(parts_[id], kNothing);
    if (!has_parts(node)) storage.parts = node.is_number ? kValues : kBoth;
    if (is_comparison(node)) storage.parts |= kYes;  // where it is false follows from it
    for (std::size_t i = 0; i < node.operand_count; ++i) {
      reach(node.operands[i], needs_[id], parts_read(node, node.operands[i], storage.parts));
    }
    const Need need = std::exchange(needs_[id], Need::none);
    if (!is_given(node)) (need == Need::kept ? kept : by_block).push_back(id);
  }
  std::reverse(kept.begin(), kept.end());
  std::reverse(by_block.begin(), by_block.end());
  return kept;
}

void Columns::prepare(std::span<const NodeId> conditions) {
  storage_.resize(graph_.nodes().size());
  by_block_.clear();
  block_ = kNoBlock;
  std::vector<NodeId> kept = missing(conditions, by_block_);
  order(kept);
  order(by_block_);
  for (NodeId id : kept) {
    const Node& node = graph_.nodes()[id];
    for (std::size_t k = 0; is_comparison(node) && k < 2; ++k) reserve_narrow(node.operands[k]);
  }
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const Node& node = graph_.nodes()[kept[i]];
    if (is_comparison(node)) {
      std::size_t end = i + 1;
      while (end < kept.size() && is_comparison(graph_.nodes()[kept[end]])) ++end;
      keep_comparisons(std::span(kept).subspan(i, end - i));
      i = end - 1;
    } else if (Recurrence::is(node) && !storage_[kept[i]].kept && !series_.loses_ticks() &&
               is_price(graph_.nodes()[node.operands[0]])) {
      keep_recurrences(kept[i], std::span(kept).subspan(i));
    } else {
      keep(kept[i]);
    }
  }
  block_ = kNoBlock;
  for (NodeId id : by_block_) reserve_block(id);
}

// Comparisons side by side, those of the same columns next to each other, and operands still before
// their users: first the numbers that need no condition, then what compares them, then what follows
// from that, and so on.
void Columns::order(std::vector<NodeId>& kept) {
  const std::vector<Node>& nodes = graph_.nodes();
  const auto group_of = [](const Node& node) {
    return node.is_number ? 0U : is_comparison(node) ? 1U : 2U;
  };
  for (auto id = static_cast<NodeId>(stages_.size()); id < nodes.size(); ++id) {
    std::uint32_t stage = 0;
    for (std::size_t i = 0; i < nodes[id].operand_count; ++i) {
      const NodeId operand = nodes[id].operands[i];
      const bool changes = group_of(nodes[id]) != group_of(nodes[operand]);
      stage = std::max(stage, stages_[operand] + (changes ? 1 : 0));
    }
    stages_.push_back(stage);
  }
  std::vector<NodeId> names[2];
  for (NodeId id : kept) {
    if (!is_comparison(nodes[id])) continue;
    for (std::size_t i = 0; i < 2; ++i) names[i].push_back(nodes[id].operands[i]);
  }
  for (std::vector<NodeId>& each : names) {
    std::stable_sort(each.begin(), each.end());
    each.erase(std::unique(each.begin(), each.end()), each.end());
  }
  // The columns of which there are more change last: the others stay in the caches meanwhile.
  const std::size_t outer = names[0].size() >= names[1].size() ? 0 : 1;
  struct Place {
    std::uint64_t group, columns;
    NodeId id;
    auto operator<=>(const Place&) const = default;
  };
  std::vector<Place> places;
  places.reserve(kept.size());
  for (NodeId id : kept) {
    const Node& node = nodes[id];
    const std::uint64_t group = std::uint64_t{stages_[id]} << 2 | group_of(node);
    const bool compares = is_comparison(node);
    const std::uint64_t major = compares ? node.operands[outer] : 0;
    places.push_back({group, compares ? major << 32 | node.operands[1 - outer] : 0, id});
  }
  std::stable_sort(places.begin(), places.end());
  for (std::size_t i = 0; i < places.size(); ++i) kept[i] = places[i].id;
}

// What follows from a comparison: from the first of a > b and b > a the second. That one's entry is
// itself; kNoNode where there is none.
std::vector<NodeId> Columns::mirrors(std::span<const NodeId> comparisons) const {
  struct Place {
    std::uint64_t operands;
    std::size_t index;
    auto operator<=>(const Place&) const = default;
  };
  std::vector<Place> places;
  std::vector<NodeId> mirrors(comparisons.size(), kNoNode);
  for (std::size_t i = 0; i < comparisons.size(); ++i) {
    const Node& node = graph_.nodes()[comparisons[i]];
    if (node.kind != Kind::greater) continue;
    const auto [low, high] = std::minmax(node.operands[0], node.operands[1]);
    places.push_back({std::uint64_t{low} << 32 | high, i});
  }
  std::sort(places.begin(), places.end());
  for (std::size_t i = 0; i + 1 < places.size(); ++i) {
    if (places[i].operands != places[i + 1].operands) continue;
    const std::size_t second = places[i + 1].index;
    mirrors[places[i].index] = comparisons[second];
    mirrors[second] = comparisons[second];
  }
  return mirrors;
}

// Block by block, so that the columns they share are read from the caches.
void Columns::keep_comparisons(std::span<const NodeId> ids) {
  const std::size_t bars = series_.size();
  for (NodeId id : ids) {
    Storage& storage = storage_[id];
    storage.kept = true;
    const std::size_t words = (bars + kWordBars - 1) / kWordBars;
    resize(storage.yes, words, spare_.words);
    if (storage.parts & kNo) resize(storage.no, words, spare_.words);
  }
  const std::vector<NodeId> mirrored = mirrors(ids);
  for (std::size_t begin = 0; begin < bars; begin += kBlockBars) {
    const Range block{begin, std::min(bars, begin + kBlockBars)};
    block_ = begin / kBlockBars;
    const std::size_t word = begin / kWordBars;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (mirrored[i] == ids[i]) continue;
      Storage& storage = storage_[ids[i]];
      std::uint64_t* const yes = storage.yes.data() + word;
      std::uint64_t* no = words_from(storage.no, word);
      const bool is_alone = mirrored[i] == kNoNode;
      std::array<std::uint64_t, kBlockWords> ties;
      std::array<std::uint64_t, kBlockWords> room;
      if (!is_alone && no == nullptr) no = room.data();
      for (std::size_t k = 0; k < 2; ++k) fill_narrow(graph_.nodes()[ids[i]].operands[k], block);
      fill_greater(graph_.nodes()[ids[i]], block, yes, no, is_alone ? nullptr : ties.data());
      if (is_alone) continue;
      Storage& mirror = storage_[mirrored[i]];
      for (std::size_t w = 0; w < block.words(); ++w) mirror.yes[word + w] = no[w] & ~ties[w];
      if (!(mirror.parts & kNo)) continue;
      for (std::size_t w = 0; w < block.words(); ++w) mirror.no[word + w] = yes[w] | ties[w];
    }
  }
}

// Room for a column that comparisons will read, unless it is there. It is filled when its values
// are computed; prices and what comparisons alone read, where they are compared.
void Columns::reserve_narrow(NodeId id) {
  Storage& storage = storage_[id];
  const Node& node = graph_.nodes()[id];
  const bool reads = lanes().narrow != nullptr && node.kind != Kind::constant;
  if (!reads || storage.narrow_block == kAllBlocks) return;
  const bool by_block = is_narrow_only(node) && storage.needed < kNeededToKeep;
  storage.narrow_block = by_block ? kNoBlock : kAllBlocks;
  resize(storage.narrow, by_block ? kBlockBars : series_.size(), spare_.narrow);
}

// The bars of such a column, unless they are there; the next that reads them finds them in the
// caches.
void Columns::fill_narrow(NodeId id, Range bars) {
  Storage& storage = storage_[id];
  const Node& node = graph_.nodes()[id];
  const bool is_by_block = is_narrow_only(node) && !storage.kept;
  if (is_by_block && storage.narrow_block != block_) return fill(id, bars);
  if (storage.narrow_block != kAllBlocks || storage.narrow_end >= bars.end) return;
  storage.narrow_end = bars.end;
  float* const out = storage.narrow.data() + bars.begin;
  if (is_narrow_only(node)) return fill_means(node, bars, lanes().narrow_means, out);
  const double* const values =
      node.kind == Kind::price ? prices(series_, node.op).data() : storage.values.data();
  lanes().narrow(values + bars.begin, bars.size(), out);
}

// What a comparison of the last block reads: of that block, or of all bars where they are there.
void Columns::round_operands(const Node& comparison, Range bars) {
  if (lanes().narrow == nullptr) return;
  for (std::size_t i = 0; i < 2; ++i) {
    const Node& node = graph_.nodes()[comparison.operands[i]];
    Storage& storage = storage_[comparison.operands[i]];
    const bool is_price = node.kind == Kind::price;
    const std::size_t block = is_price || storage.kept ? kAllBlocks : block_;
    if (storage.narrow_block == block || node.kind == Kind::constant) continue;
    if (is_narrow_only(node)) {
      fill(comparison.operands[i], bars);
      continue;
    }
    storage.narrow_block = block;
    storage.narrow_end = block == kAllBlocks ? series_.size() : 0;
    const std::span<const double> values =
        is_price ? prices(series_, node.op) : std::span<const double>(storage.values);
    if (block == kAllBlocks) {
      resize(storage.narrow, values.size(), spare_.narrow);
    } else {
      storage.narrow.resize(values.size());
    }
    lanes().narrow(values.data(), values.size(), storage.narrow.data());
  }
}

void Columns::keep(NodeId id) {
  Storage& storage = storage_[id];
  if (storage.kept) return;
  const Node& node = graph_.nodes()[id];
  const Range bars{0, series_.size()};
  storage.kept = !is_narrow_only(node) || storage.needed >= kNeededToKeep;
  storage.recurrence.reset();
  if (node.is_number) storage.parts = kValues;
  if (is_narrow_only(node)) return learn(node, storage);  // the comparisons that read it fill it
  if (node.is_number) {
    resize(storage.values, bars.size(), spare_.values);
  } else {
    if (storage.parts & kYes) resize(storage.yes, bars.words(), spare_.words);
    if (storage.parts & kNo) resize(storage.no, bars.words(), spare_.words);
  }
  if (!any_range(node)) {
    std::fill(storage.values.begin(), storage.values.end(), strategy::kUndefinedNumber);
    std::fill(storage.yes.begin(), storage.yes.end(), 0);
    std::fill(storage.no.begin(), storage.no.end(), 0);
  }
  fill(id, bars);
  if (node.is_number) fill_narrow(id, bars);
  learn(node, storage);
}

// A block of conditions has the last word of the block before in front.
void Columns::reserve_block(NodeId id) {
  Storage& storage = storage_[id];
  if (is_narrow_only(graph_.nodes()[id])) {
    storage.narrow.resize(kBlockBars);
  } else if (graph_.nodes()[id].is_number) {
    storage.values.resize(kBlockBars);
  } else {
    if (storage.parts & kYes) storage.yes.assign(kBlockWords + 1, 0);
    if (storage.parts & kNo) storage.no.assign(kBlockWords + 1, 0);
  }
  learn(graph_.nodes()[id], storage);
}

void Columns::prepare_block(std::size_t block) {
  const bool follows = block == block_ + 1;
  block_ = block;
  const Range bars{block * kBlockBars, std::min(series_.size(), (block + 1) * kBlockBars)};
  for (NodeId id : by_block_) {
    Storage& storage = storage_[id];
    if (!storage.yes.empty()) storage.yes.front() = follows ? storage.yes.back() : 0;
    if (!storage.no.empty()) storage.no.front() = follows ? storage.no.back() : 0;
    const Node& node = graph_.nodes()[id];
    if (is_narrow_only(node)) continue;  // the first comparison that reads it fills it
    if (is_comparison(node)) round_operands(node, bars);
    fill(id, bars);
  }
}

TruthWords Columns::words(NodeId condition) const {
  return operand_words(condition, block_ * kBlockBars);
}

WordStream Columns::stream(NodeId condition) const {
  const Node& node = graph_.nodes()[condition];
  const bool negates = node.kind == Kind::logical_not;
  const bool twice = negates && graph_.nodes()[node.operands[0]].kind == Kind::logical_not;
  if (twice) return stream(graph_.nodes()[node.operands[0]].operands[0]);
  const Storage& storage = storage_[negates ? node.operands[0] : condition];
  const std::uint64_t* const words = (negates ? storage.no : storage.yes).data();
  return {words + (storage.kept ? 0 : 1), storage.kept ? kBlockWords : 0};
}

TruthWords Columns::operand_words(NodeId id, std::size_t bar) const {
  if (const Node& node = graph_.nodes()[id]; node.kind == Kind::logical_not) {
    const TruthWords words = operand_words(node.operands[0], bar);
    return {words.no, words.yes};
  }
  const Storage& storage = storage_[id];
  const std::size_t word = storage.kept ? bar / kWordBars : 1;
  return {words_from(storage.yes, word), words_from(storage.no, word)};
}

Operand Columns::operand(NodeId id, std::size_t bar) const {
  const Node& node = graph_.nodes()[id];
  Operand operand;
  operand.constant = node.numbers[0];
  if (node.kind == Kind::constant) return operand;
  const Storage& storage = storage_[id];
  const bool is_price = node.kind == Kind::price;
  const bool is_whole = is_price || storage.kept;
  const std::size_t from = is_whole ? bar : 0;
  if (storage.narrow_block == (is_whole ? kAllBlocks : block_)) {
    operand.narrow = storage.narrow.data() + from;
  }
  if (is_narrow_only(node)) {
    operand.means = means_of(node);
    operand.bar = bar;
  } else if (is_price || !storage.recurrence || storage.recurrence->has_values(bar / kBlockBars)) {
    operand.values = (is_price ? prices(series_, node.op).data() : storage.values.data()) + from;
  }
  return operand;
}

void Columns::fill(NodeId id, Range bars) {
  const Node& node = graph_.nodes()[id];
  Storage& storage = storage_[id];
  if (is_narrow_only(node)) {
    storage.narrow_block = block_;
    return fill_means(node, bars, lanes().narrow_means, storage.narrow.data());
  }
  if (node.is_number) return fill_numbers(node, bars, storage.values.data());
  const std::size_t front = storage.kept ? 0 : 1;
  fill_truths(node, bars, words_from(storage.yes, front), words_from(storage.no, front));
}

void Columns::fill_numbers(const Node& node, Range bars, double* out) const {
  if (is_mean(node)) return fill_means(node, bars, lanes().tick_means, out);
  if (node.kind == Kind::index) return fill_index(node, out);
  if (node.kind == Kind::call) return call(node, {out, bars.size()});
  if (node.kind == Kind::elsewhere) return elsewhere(node, out);
  const Operand a = operand(node.operands[0], bars.begin);
  const Operand b = node.operand_count > 1 ? operand(node.operands[1], bars.begin) : a;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    out[i] =
        element(node, a.values ? a.values[i] : a.constant, b.values ? b.values[i] : b.constant);
  }
}

TickMeans Columns::means_of(const Node& node) const {
  return {sums_.of(static_cast<Column>(node.op)).data(), static_cast<std::size_t>(node.numbers[0]),
          node.numbers[0] * series_.price_scale};
}

template <class Number, class Means>
void Columns::fill_means(const Node& node, Range bars, Means means, Number* out) const {
  const TickMeans of = means_of(node);
  const std::size_t first = std::clamp(of.period - 1, bars.begin, bars.end);
  std::fill(out, out + (first - bars.begin), std::numeric_limits<Number>::quiet_NaN());
  if (first < bars.end) means(of, first, bars.end - first, out + (first - bars.begin));
}

void Columns::fill_index(const Node& node, double* out) const {
  const std::size_t size = series_.size();
  const bool readable = node.numbers[0] >= 0 && node.numbers[0] <= strategy::kPeriodMax;
  const std::size_t back =
      readable ? std::min(size, static_cast<std::size_t>(node.numbers[0])) : size;
  const Operand x = operand(node.operands[0], 0);
  std::fill(out, out + back, strategy::kUndefinedNumber);
  for (std::size_t i = back; i < size; ++i) out[i] = x.values ? x.values[i - back] : x.constant;
}

void Columns::fill_truth_index(const Node& node, std::uint64_t* yes, std::uint64_t* no) const {
  const std::size_t size = series_.size();
  const bool readable = node.numbers[0] >= 0 && node.numbers[0] <= strategy::kPeriodMax;
  const std::size_t back =
      readable ? std::min(size, static_cast<std::size_t>(node.numbers[0])) : size;
  const TruthWords x = operand_words(node.operands[0], 0);
  for (std::size_t i = back; i < size; ++i) {
    const std::size_t from = i - back;
    yes[i / 64] |= (x.yes[from / 64] >> (from % 64) & 1) << (i % 64);
    no[i / 64] |= (x.no[from / 64] >> (from % 64) & 1) << (i % 64);
  }
}

void Columns::fill_truths(const Node& node, Range bars, std::uint64_t* yes, std::uint64_t* no) {
  const std::size_t words = bars.words();
  const auto truths = [&](std::size_t i) { return operand_words(node.operands[i], bars.begin); };
  switch (node.kind) {
    case Kind::truth:
      std::fill(yes, yes + words, node.op == static_cast<std::uint8_t>(Truth::yes) ? ~0ULL : 0);
      std::fill(no, no + words, node.op == static_cast<std::uint8_t>(Truth::no) ? ~0ULL : 0);
      return;
    case Kind::greater:
    case Kind::equal:
      return fill_greater(node, bars, yes, no);
    case Kind::truth_index:
      return fill_truth_index(node, yes, no);
    case Kind::truth_call:
      return call_truths(node, yes, no);
    case Kind::elsewhere:
      return elsewhere(node, yes, no);
    case Kind::cross: {
      const TruthWords a = truths(0);
      std::uint64_t yes_before = bars.begin == 0 ? 0 : a.yes[-1];
      std::uint64_t no_before = bars.begin == 0 ? 0 : a.no[-1];
      for (std::size_t w = 0; w < words; ++w) {
        yes[w] = a.yes[w] & (a.no[w] << 1 | no_before >> 63);
        no[w] = a.no[w] | (a.yes[w] << 1 | yes_before >> 63);
        yes_before = a.yes[w];
        no_before = a.no[w];
      }
      return;
    }
    default:
      return lanes().combine(
          node.kind == Kind::logical_and ? Combination::both : Combination::either, truths(0),
          truths(1), words, yes, no);
  }
}

bool Columns::is_clean(NodeId id, std::size_t& first_defined) const {
  const Node& node = graph_.nodes()[id];
  if (node.kind == Kind::constant) return !std::isnan(node.numbers[0]);
  if (node.kind == Kind::price) return true;
  first_defined = std::max(first_defined, storage_[id].first_defined);
  return storage_[id].clean;
}

// compare(a, b): false where rounded operands do not tell; then it gets the values.
template <class Compare>
void Columns::decide(const Node& comparison, Range bars, const Compare& compare) {
  const NodeId a = comparison.operands[0];
  const NodeId b = comparison.operands[1];
  if (compare(operand(a, bars.begin), operand(b, bars.begin))) return;
  make_exact(a, bars);
  make_exact(b, bars);
  check(compare(operand(a, bars.begin), operand(b, bars.begin)), "values always tell");
}

// Where neither side is undefined, what is not true is false. `no`: null where nothing reads it.
// `ties`: of a > b only.
void Columns::fill_greater(const Node& node, Range bars, std::uint64_t* yes, std::uint64_t* no,
                           std::uint64_t* ties) {
  const bool equal = node.kind == Kind::equal;
  const auto compare_as = [&](Comparison comparison, std::uint64_t* out) {
    decide(node, bars, [&](const Operand& a, const Operand& b) {
      return lanes().compare(comparison, a, b, bars.size(), out);
    });
  };
  if (ties != nullptr) {
    decide(node, bars, [&](const Operand& a, const Operand& b) {
      return lanes().greater(a, b, bars.size(), yes, ties);
    });
  } else {
    compare_as(equal ? Comparison::equal : Comparison::greater, yes);
  }
  if (no == nullptr) return;
  std::size_t first = 0;
  if (!is_clean(node.operands[0], first) || !is_clean(node.operands[1], first)) {
    return compare_as(equal ? Comparison::not_equal : Comparison::less_equal, no);
  }
  const std::size_t words = bars.words();
  for (std::size_t w = 0; w < words; ++w) no[w] = ~yes[w];
  if (bars.size() % kWordBars != 0) no[words - 1] &= (1ULL << (bars.size() % kWordBars)) - 1;
  if (first <= bars.begin) return;
  const std::size_t undefined = std::min(first, bars.end) - bars.begin;
  std::fill(no, no + undefined / kWordBars, 0);
  if (undefined % kWordBars != 0) no[undefined / kWordBars] &= ~0ULL << (undefined % kWordBars);
}

// Columns that are made of whole ticks say so, as the plain evaluation has it.
Numbers Columns::series_of(NodeId id) const {
  const Node& node = graph_.nodes()[id];
  if (node.kind == Kind::constant) return {{node.numbers.data(), 1}, true, 0};
  if (node.kind == Kind::price) {
    return {prices(series_, node.op), false, is_price(node) ? series_.price_scale : 0};
  }
  const bool has_ticks = node.kind == Kind::call && node.function->tick_parts > 0;
  const double parts = has_ticks ? static_cast<double>(node.function->tick_parts) : 0;
  return {storage_[id].values, false, series_.price_scale * parts};
}

std::vector<Truth> Columns::truths_of(NodeId id) const {
  const TruthWords words = operand_words(id, 0);
  std::vector<Truth> truths(series_.size(), Truth::undefined);
  for (std::size_t i = 0; i < truths.size(); ++i) {
    if ((words.yes[i / kWordBars] >> (i % kWordBars) & 1) != 0) truths[i] = Truth::yes;
    if ((words.no[i / kWordBars] >> (i % kWordBars) & 1) != 0) truths[i] = Truth::no;
  }
  return truths;
}

// Puts the arguments of a call together and hands them to `use`.
template <class Use>
void Columns::with_arguments(const Node& node, const Use& use) const {
  if (!node.computable) return;
  std::vector<Numbers> series;
  std::vector<std::vector<Truth>> truths;
  std::vector<strategy::Truths> conditions;
  strategy::Call call;
  std::size_t operand = 0;
  std::size_t number = 0;
  std::size_t periods = 0;
  for (const strategy::Parameter& parameter : node.function->parameters) {
    if (parameter.kind == Argument::series) {
      series.push_back(series_of(node.operands[operand++]));
    } else if (parameter.kind == Argument::condition) {
      truths.push_back(truths_of(node.operands[operand++]));
    } else if (parameter.kind == Argument::number) {
      call.number = node.numbers[number++];
    } else {
      call.periods[periods++] = static_cast<std::int64_t>(node.numbers[number++]);
    }
  }
  conditions.reserve(truths.size());
  for (const std::vector<Truth>& one : truths) conditions.push_back({one, false});
  call.series = series;
  call.conditions = conditions;
  call.bars = &series_;
  use(call);
}

void Columns::call(const Node& node, std::span<double> out) const {
  with_arguments(
      node, [&](const strategy::Call& call) { strategy::fill_column(*node.function, call, out); });
}

namespace {

template <class Truths>
void set_words(const Truths& truths, std::size_t bars, std::uint64_t* yes, std::uint64_t* no) {
  for (std::size_t i = 0; i < bars; ++i) {
    yes[i / kWordBars] |= std::uint64_t{truths[i] == Truth::yes} << (i % kWordBars);
    no[i / kWordBars] |= std::uint64_t{truths[i] == Truth::no} << (i % kWordBars);
  }
}

}  // namespace

void Columns::call_truths(const Node& node, std::uint64_t* yes, std::uint64_t* no) const {
  with_arguments(node, [&](const strategy::Call& call) {
    std::vector<Truth> truths(series_.size(), Truth::undefined);
    node.function->truths(call, truths);
    set_words(truths, truths.size(), yes, no);
  });
}

// On other bars the plain evaluation computes.
void Columns::elsewhere(const Node& node, double* out) const {
  strategy::Columns plain(source_.experiment.genes, node.genome,
                          {source_.market, source_.experiment.data.timeframe.length_ns},
                          source_.symbol);
  const Numbers values = plain.of(*node.term).numbers;
  for (std::size_t i = 0; i < series_.size(); ++i) out[i] = values[i];
}

void Columns::elsewhere(const Node& node, std::uint64_t* yes, std::uint64_t* no) const {
  strategy::Columns plain(source_.experiment.genes, node.genome,
                          {source_.market, source_.experiment.data.timeframe.length_ns},
                          source_.symbol);
  set_words(plain.of(*node.term).truths, series_.size(), yes, no);
}

void Columns::learn(const Node& node, Storage& storage) const {
  if (!node.is_number) return;
  if (is_mean(node)) {
    storage.clean = true;
    storage.first_defined = static_cast<std::size_t>(node.numbers[0]) - 1;
  }
  if (!storage.kept || storage.clean) return;
  const auto look = [&](const auto& values) {
    const auto defined = [](auto value) { return !std::isnan(value); };
    const auto first = std::find_if(values.begin(), values.end(), defined);
    storage.first_defined = static_cast<std::size_t>(first - values.begin());
    // Nearly always to the end: without a way out the loop is done many at once.
    std::uint32_t undefined = 0;
    for (auto each = first; each != values.end(); ++each) undefined |= std::isnan(*each) ? 1U : 0U;
    storage.clean = undefined == 0;
  };
  if (storage.recurrence) return look(storage.narrow);
  look(storage.values);
}

// Those of one kind over one price column, kLanes side by side. Of what comparisons alone read only
// rounded values are kept.
void Columns::keep_recurrences(NodeId first, std::span<const NodeId> missing) {
  const Node& kind = graph_.nodes()[first];
  const std::span<const double> x = prices(series_, graph_.nodes()[kind.operands[0]].op);
  std::vector<NodeId> together;
  std::vector<Recurrence> all;
  std::size_t begun = 0;
  for (NodeId id : missing) {
    const Node& node = graph_.nodes()[id];
    const bool is_like = node.function == kind.function && node.operands == kind.operands;
    if (!is_like || storage_[id].kept || node.numbers[0] < 1) continue;
    const Recurrence one(node, x, series_.price_scale);
    if (one.bars_to_begin() > x.size()) continue;
    together.push_back(id);
    all.push_back(one);
    begun = std::max(begun, one.bars_to_begin());
    if (together.size() == kLanes) break;
  }
  if (together.size() < 2) return keep(first);
  std::vector<double> head(begun);
  RecurrenceLanes of;
  for (std::size_t lane = 0; lane < together.size(); ++lane) {
    Storage& storage = storage_[together[lane]];
    storage.kept = true;
    all[lane].begin(head, lane, of);
    const bool is_rounded = storage.narrow_block == kAllBlocks;
    if (is_rounded) {
      lanes().narrow(head.data(), begun, storage.narrow.data());
      of.narrow[lane] = storage.narrow.data() + begun;
      storage.narrow_end = x.size();
    }
    storage.recurrence.reset();
    if (is_rounded && storage.parts == kNothing) {
      storage.recurrence = std::make_unique<Recurrence>(all[lane]);
      continue;
    }
    storage.parts = kValues;
    resize(storage.values, x.size(), spare_.values);
    std::copy(head.begin(), head.end(), storage.values.begin());
    of.outs[lane] = storage.values.data() + begun;
  }
  for (std::size_t bar = begun; bar < x.size();) {
    const std::size_t block = bar / kBlockBars;
    const std::size_t end = std::min(x.size(), (block + 1) * kBlockBars);
    for (std::size_t lane = 0; lane < together.size(); ++lane) {
      const auto& recurrence = storage_[together[lane]].recurrence;
      if (recurrence) recurrence->remember(block, lane, of);
    }
    all.front().go_on(bar, end, of);
    for (double*& out : of.outs) out += out == nullptr ? 0 : end - bar;
    for (float*& out : of.narrow) out += out == nullptr ? 0 : end - bar;
    bar = end;
  }
  for (NodeId id : together) learn(graph_.nodes()[id], storage_[id]);
}

// Of what is rounded only, the values of one block.
void Columns::make_exact(NodeId id, Range block) {
  Storage& storage = storage_[id];
  const std::size_t index = block.begin / kBlockBars;
  if (!storage.recurrence || storage.recurrence->has_values(index)) return;
  resize(storage.values, series_.size(), spare_.values);
  storage.recurrence->make_values(index, storage.values);
}

}  // namespace mendel::kernel

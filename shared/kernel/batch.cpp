#include "shared/kernel/batch.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <memory>
#include <string>

#include "shared/kernel/words.hpp"

namespace mendel::kernel {
namespace {

using backtest::Outcome;
using strategy::Genome;

constexpr std::array<std::uint64_t, kBlockWords> kNoSignals{};

// words(id): those of a condition from the block's first bar on.
template <class Words>
BlockSignals signals_of(const StrategyNodes& nodes, const Words& words) {
  const auto at = [&](std::size_t i) {
    return nodes.signals[i] == kNoNode ? kNoSignals.data() : words(nodes.signals[i]);
  };
  return {at(0), at(1), at(2), at(3)};
}

}  // namespace

void Batch::add(std::size_t index, const Genome& genome) {
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
  if (!is_tame_ || asked_.daily_returns) candidate.trading = Trading::plain;
  if (!trades_by_blocks(candidate)) {
    for (std::size_t i = 0; i < candidate.symbols.size(); ++i) {
      const auto& nodes = candidate.symbols[i].signals;
      const auto signals =
          std::count_if(nodes.begin(), nodes.end(), [](NodeId id) { return id != kNoNode; });
      word_bytes_ += static_cast<std::size_t>(signals) * engine_.series()[i].size() / 8;
    }
  }
  candidates_.push_back(std::move(candidate));
}

namespace {

std::uint64_t hash_of(const Candidate& candidate) {
  std::uint64_t hash = 0;
  const auto add = [&hash](std::uint64_t value) { hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL; };
  for (const StrategyNodes& nodes : candidate.symbols) {
    for (NodeId id : nodes.signals) add(id);
  }
  // What most often tells apart those with equal signals.
  const strategy::RiskValues& risk = candidate.rules.risk;
  for (double value : {risk.size, risk.stop_loss, risk.take_profit, risk.trailing_stop,
                       risk.stop_loss_atr, risk.take_profit_atr, risk.trailing_stop_atr}) {
    add(std::bit_cast<std::uint64_t>(value));
  }
  for (std::int64_t value : {risk.atr_period, risk.max_holding_bars, risk.cool_down_bars}) {
    add(static_cast<std::uint64_t>(value));
  }
  return hash;
}

}  // namespace

// Equal strategies are computed once: the rest of the batch is told the first one's outcome.
void Batch::drop_twins() {
  std::vector<std::pair<std::uint64_t, std::size_t>> places;
  places.reserve(candidates_.size());
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    places.emplace_back(hash_of(candidates_[i]), i);
  }
  std::sort(places.begin(), places.end());
  std::vector<bool> is_twin(candidates_.size(), false);
  for (auto group = places.begin(); group != places.end();) {
    const auto behind = std::find_if(
        group, places.end(), [&](const auto& place) { return place.first != group->first; });
    for (auto later = group + 1; later < behind; ++later) {
      const Candidate& candidate = candidates_[later->second];
      const auto first = std::find_if(group, later, [&](const auto& place) {
        const Candidate& other = candidates_[place.second];
        return !is_twin[place.second] && other.symbols == candidate.symbols &&
               other.rules.risk == candidate.rules.risk;
      });
      if (first == later) continue;
      is_twin[later->second] = true;
      candidates_[first->second].twins.push_back(candidate.index);
    }
    group = behind;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    if (is_twin[i]) continue;
    if (kept != i) candidates_[kept] = std::move(candidates_[i]);
    ++kept;
  }
  candidates_.erase(candidates_.begin() + static_cast<std::ptrdiff_t>(kept), candidates_.end());
}

std::vector<NodeId> Batch::conditions(std::size_t symbol, bool all) const {
  std::vector<NodeId> conditions;
  for (const Candidate& candidate : candidates_) {
    if (!all && trades_by_blocks(candidate)) continue;
    for (NodeId id : candidate.symbols[symbol].signals) {
      if (id != kNoNode) conditions.push_back(id);
    }
  }
  return conditions;
}

void Batch::prepare() {
  for (std::size_t i = 0; i < workspace_.symbols.size(); ++i) {
    workspace_.symbols[i]->columns.prepare(conditions(i, true));
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
  word_bytes_ = 0;
}

namespace {

// Asks for what trading a block will touch, before it does: of a large population it is far away.
void fetch(const FastTrading& sleeve, std::size_t block) {
#if defined(__GNUC__)
  constexpr std::size_t kLine = 64;
  const auto* const bytes = reinterpret_cast<const char*>(&sleeve);
  for (std::size_t i = 0; i < sizeof(sleeve); i += kLine) __builtin_prefetch(bytes + i, 1);
  for (const WordStream& signal : sleeve.signals) {
    const std::uint64_t* const words = signal.of_block(block);
    for (std::size_t i = 0; i < kBlockWords; i += kLine / sizeof(*words)) {
      __builtin_prefetch(words + i);
    }
  }
#endif
}

// Below this many strategies with the same levels, each looks for the touches of its own positions.
constexpr std::size_t kSharersLeast = 16;

// The touches of the candidates with the same levels, where there are enough of them.
class SharedTouches {
 public:
  void count(const strategy::RiskValues& risk) {
    if (has_levels(risk)) ++all_[key(risk)].sharers;
  }
  // Null where each looks for its own.
  Touches* of(const Tables& tables, const backtest::Rules& rules, const double* atr) {
    if (all_.empty() || !has_levels(rules.risk)) return nullptr;
    Shared& shared = all_.at(key(rules.risk));
    if (shared.sharers < kSharersLeast) return nullptr;
    if (!shared.touches) shared.touches = std::make_unique<Touches>(tables, rules, atr);
    return shared.touches.get();
  }

 private:
  using Key = std::array<double, 7>;
  struct Shared {
    std::size_t sharers = 0;
    std::unique_ptr<Touches> touches;
  };

  static Key key(const strategy::RiskValues& risk) {
    return {risk.stop_loss,
            risk.take_profit,
            risk.trailing_stop,
            risk.stop_loss_atr,
            risk.take_profit_atr,
            risk.trailing_stop_atr,
            static_cast<double>(risk.atr_period)};
  }

  std::map<Key, Shared> all_;
};

}  // namespace

void Batch::trade_fast(std::size_t window, std::vector<Outcome>& outcomes) {
  if (std::none_of(candidates_.begin(), candidates_.end(),
                   [this](const Candidate& one) { return trades_by_blocks(one); })) {
    return;
  }
  const Tables& tables = *tables_[window].symbols.front();
  Columns& columns = workspace_.symbols.front()->columns;
  std::vector<FastTrading>& sleeves = workspace_.trading;
  sleeves.clear();
  SharedTouches touches;
  for (const Candidate& candidate : candidates_) {
    if (trades_by_blocks(candidate)) touches.count(candidate.rules.risk);
  }
  for (Candidate& candidate : candidates_) {
    if (!trades_by_blocks(candidate)) continue;
    EntryColumns entry_columns = candidate.entry_columns.front();
    entry_columns.touches = touches.of(tables, candidate.rules, entry_columns.atr);
    const strategy::Direction direction = engine_.experiment().strategy.direction;
    const double equity = engine_.experiment().equity;
    FastTrading& sleeve =
        sleeves.emplace_back(FastTrading{{},
                                         Edges(tables, candidate.rules, direction, entry_columns),
                                         Tally(tables, candidate.rules, candidate.trading, equity),
                                         &candidate});
    const auto& signals = candidate.symbols.front().signals;
    for (std::size_t i = 0; i < signals.size(); ++i) {
      sleeve.signals[i].yes = kNoSignals.data();
      if (signals[i] != kNoNode) sleeve.signals[i] = columns.stream(signals[i]);
    }
  }
  const backtest::Span& span = tables.span();
  // A crossing reads the bar before, maybe in the block before.
  const std::size_t first = span.begin == 0 ? 0 : (span.begin - 1) / kBlockBars;
  for (std::size_t block = first; block <= (span.end - 1) / kBlockBars; ++block) {
    columns.prepare_block(block);
    if (block < span.begin / kBlockBars) continue;
    for (std::size_t i = 0; i < sleeves.size(); ++i) {
      if (i + 1 < sleeves.size()) fetch(sleeves[i + 1], block);
      FastTrading& sleeve = sleeves[i];
      sleeve.edges.follow(sleeve.of_block(block), block, workspace_.stretches);
      sleeve.tally.add(workspace_.stretches, block, workspace_.tally);
    }
  }
  const std::string symbol(tables.series().symbol);
  for (auto& [signals, edges, tally, candidate] : sleeves) {
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

namespace {

constexpr std::size_t kByteBits = 8;
using ByteBits = std::array<std::uint8_t, kByteBits>;

// The bits of every byte, the lowest first.
constexpr std::array<ByteBits, 256> kBitsOfBytes = [] {
  std::array<ByteBits, 256> all{};
  for (std::size_t byte = 0; byte < all.size(); ++byte) {
    for (std::size_t bit = 0; bit < kByteBits; ++bit) all[byte][bit] = byte >> bit & 1;
  }
  return all;
}();

// The signals of all bars, a byte each, for the plain loop. The words are those of whole blocks.
std::vector<std::uint8_t> bytes_of(const std::vector<std::uint64_t>& words, std::size_t bars) {
  std::vector<std::uint8_t> bytes(bars + kByteBits - 1);
  for (std::size_t i = 0; i < bars; i += kByteBits) {
    const auto byte = static_cast<std::uint8_t>(words[i / kWordBars] >> i % kWordBars);
    std::copy_n(kBitsOfBytes[byte].data(), kByteBits, bytes.data() + i);
  }
  bytes.resize(bars);
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

}  // namespace

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
      const auto at = [&](NodeId id) { return words[i].at(id).data() + block * kBlockWords; };
      edges.follow(signals_of(candidate.symbols[i], at), block, workspace_.stretches);
      tally.add(workspace_.stretches, block, workspace_.tally, &trace);
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

// For the plain loop: of every symbol.
std::vector<strategy::Signals> Batch::plain_signals(const Candidate& candidate,
                                                    const std::vector<SignalWords>& words) const {
  std::vector<strategy::Signals> signals(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::size_t bars = engine_.series()[i].size();
    std::vector<std::uint8_t>* each[] = {&signals[i].entry_long, &signals[i].exit_long,
                                         &signals[i].entry_short, &signals[i].exit_short};
    for (std::size_t k = 0; k < 4; ++k) {
      const NodeId id = candidate.symbols[i].signals[k];
      if (id != kNoNode) *each[k] = bytes_of(words[i].at(id), bars);
    }
    const double* atr = candidate.entry_columns[i].atr;
    const double* volatility = candidate.entry_columns[i].daily_volatility;
    if (atr != nullptr) signals[i].atr.assign(atr, atr + bars);
    if (volatility != nullptr) signals[i].daily_volatility.assign(volatility, volatility + bars);
  }
  return signals;
}

// What was not traded by blocks: several symbols, and the plain loop's.
void Batch::trade_one_by_one(std::vector<Outcome>& outcomes) {
  const bool several = engine_.series().size() > 1;
  std::vector<SignalWords> words(workspace_.symbols.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::vector<NodeId> needed = conditions(i, false);
    if (needed.empty()) return;
    words[i] = all_words(workspace_.symbols[i]->columns, needed, engine_.series()[i].size());
  }
  for (const Candidate& candidate : candidates_) {
    if (trades_by_blocks(candidate)) continue;
    if (auto outcome = several ? trade_together(candidate, words) : std::nullopt) {
      outcomes[candidate.index] = std::move(*outcome);
      continue;
    }
    ++workspace_.traded_plainly;
    outcomes[candidate.index] = engine_.evaluate_signals(
        candidate.genome, plain_signals(candidate, words), asked_.windows, asked_.daily_returns);
  }
}

}  // namespace mendel::kernel

#include "shared/kernel/timeline.hpp"

#include <algorithm>
#include <iterator>

#include "shared/base/time.hpp"
#include "shared/kernel/falls.hpp"

namespace mendel::kernel {

Timeline::Timeline(std::span<const market::SeriesView> series,
                   std::span<const backtest::Span> spans)
    : series_(series), spans_(spans.begin(), spans.end()) {
  std::int64_t first_tradable_ns = series[0].time_ns[spans[0].first_tradable];
  for (std::size_t i = 0; i < series.size(); ++i) {
    const auto bars = series[i].time_ns.subspan(spans[i].begin, spans[i].end - spans[i].begin);
    std::vector<std::int64_t> merged;
    merged.reserve(time_ns_.size() + bars.size());
    std::set_union(time_ns_.begin(), time_ns_.end(), bars.begin(), bars.end(),
                   std::back_inserter(merged));
    time_ns_ = std::move(merged);
    first_tradable_ns = std::min(first_tradable_ns, series[i].time_ns[spans[i].first_tradable]);
  }
  for (std::size_t i = 0; i < series.size(); ++i) {
    std::vector<std::uint32_t>& places = places_.emplace_back();
    if (spans[i].end - spans[i].begin == time_ns_.size()) continue;
    std::uint32_t place = 0;
    for (std::size_t bar = spans[i].begin; bar < spans[i].end; ++bar) {
      while (time_ns_[place] < series[i].time_ns[bar]) ++place;
      places.push_back(place);
    }
    places.push_back(static_cast<std::uint32_t>(time_ns_.size()));
  }
  for (std::size_t i = 0; i < time_ns_.size(); ++i) {
    const bool last = i + 1 == time_ns_.size() || day_of(time_ns_[i + 1]) != day_of(time_ns_[i]);
    if (last) day_ends_.push_back(static_cast<std::uint32_t>(i));
  }
  const auto first = std::lower_bound(time_ns_.begin(), time_ns_.end(), first_tradable_ns);
  first_tradable_ = static_cast<std::size_t>(first - time_ns_.begin());
}

// A symbol without a bar has what it had at its last one, or what it started with.
void Timeline::add_up(const Trace& sleeve, std::size_t symbol, double sleeve_equity,
                      Room& room) const {
  const std::size_t begin = spans_[symbol].begin;
  const std::span<const double> close = series_[symbol].close;
  const std::vector<std::uint32_t>& places = places_[symbol];
  const bool has_all = places.empty();
  if (!has_all) {
    for (std::size_t i = 0; i < places[0]; ++i) room.equity[i] += sleeve_equity;
  }
  for (const Piece& piece : sleeve.pieces) {
    const std::uint8_t held = piece.quantity != 0 ? 1 : 0;
    if (has_all) {
      double* const equity = room.equity.data();
      std::uint8_t* const is_held = room.held.data();
      for (std::size_t i = piece.begin - begin; i < piece.end - begin; ++i) {
        equity[i] += piece.cash + piece.quantity * close[begin + i];
        is_held[i] |= held;
      }
      continue;
    }
    for (std::size_t bar = piece.begin; bar < piece.end; ++bar) {
      const double equity = piece.cash + piece.quantity * close[bar];
      for (std::size_t i = places[bar - begin]; i < places[bar - begin + 1]; ++i) {
        room.equity[i] += equity;
        room.held[i] |= held;
      }
    }
  }
  for (std::size_t bar : sleeve.closings) {
    room.held[has_all ? bar - begin : places[bar - begin]] = 1;
  }
}

void Timeline::count(const Room& room, backtest::Totals& totals) const {
  double peak = totals.starting_equity;
  double shallow = shallow_from(peak, 0);
  std::size_t below = 0;  // places [below, now) are below the peak
  std::size_t longest = 0;
  for (std::size_t i = 0; i < room.equity.size(); ++i) {
    const double equity = room.equity[i];
    if (equity >= peak) {
      longest = std::max(longest, i - below);
      below = i + 1;
      peak = equity;
      shallow = shallow_from(peak, totals.deepest);
    } else if (equity < shallow) {
      totals.deepest = std::max(totals.deepest, (peak - equity) / peak);
      shallow = shallow_from(peak, totals.deepest);
    }
  }
  totals.longest = static_cast<std::int64_t>(std::max(longest, room.equity.size() - below));
  for (std::size_t i = first_tradable_; i < room.equity.size(); ++i) {
    totals.equity_sum += room.equity[i];
    totals.held_bars += room.held[i];
  }
  totals.bars = static_cast<std::int64_t>(room.equity.size() - first_tradable_);
  totals.final_equity = room.equity.back();
  totals.calendar_days = backtest::calendar_days(time_ns_[first_tradable_], time_ns_.back());
}

market::Metrics Timeline::metrics(std::span<const Trace> sleeves, double sleeve_equity,
                                  backtest::Totals totals, double periods_per_year,
                                  Room& room) const {
  room.equity.assign(time_ns_.size(), 0);
  room.held.assign(time_ns_.size(), 0);
  for (std::size_t i = 0; i < sleeves.size(); ++i) add_up(sleeves[i], i, sleeve_equity, room);
  count(room, totals);
  room.returns.clear();
  double before = totals.starting_equity;
  for (std::uint32_t place : day_ends_) {
    room.returns.push_back(before > 0 ? room.equity[place] / before - 1 : 0.0);
    before = room.equity[place];
  }
  market::Metrics out;
  backtest::set_returns(room.returns, periods_per_year, out);
  backtest::set_totals(totals, out);
  return out;
}

}  // namespace mendel::kernel

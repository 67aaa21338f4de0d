#include "stages/data_loader/shuffle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "shared/base/rng.hpp"
#include "shared/base/time.hpp"

namespace mendel::data_loader {
namespace {

// For every day, in order, the day whose bars it gets.
using DayOrder = std::map<std::int64_t, std::int64_t>;

std::vector<std::int64_t> whole_days(const std::vector<market::Series>& series,
                                     const Shuffle& shuffle) {
  std::set<std::int64_t> days;
  for (const market::Series& one : series) {
    for (const std::int64_t time_ns : one.time_ns) {
      const std::int64_t day = day_of(time_ns);
      if (day * kNsPerDay >= shuffle.from_ns && (day + 1) * kNsPerDay <= shuffle.to_ns)
        days.insert(days.end(), day);
    }
  }
  return {days.begin(), days.end()};
}

DayOrder order_of(const std::vector<std::int64_t>& days, const Shuffle& shuffle) {
  std::vector<std::size_t> blocks((days.size() + kShuffleDays - 1) / kShuffleDays);
  std::iota(blocks.begin(), blocks.end(), std::size_t{0});
  Draws draws(shuffle.seed, 0, shuffle.number, 0, Purpose::shuffle);
  for (std::size_t left = blocks.size(); left > 1; --left)
    std::swap(blocks[left - 1], blocks[draws.below(left)]);
  DayOrder order;
  auto day = days.begin();
  for (const std::size_t block : blocks) {
    const std::size_t end = std::min(days.size(), (block + 1) * kShuffleDays);
    for (std::size_t i = block * kShuffleDays; i < end; ++i) order.emplace(*day++, days[i]);
  }
  return order;
}

// The bars of one symbol in the new order, as indices and times.
struct Place {
  std::size_t bar = 0;
  std::int64_t time_ns = 0;
};

std::vector<Place> places_of(const market::Series& series, const DayOrder& order) {
  std::map<std::int64_t, std::pair<std::size_t, std::size_t>> bars;  // [first, last) of a day
  for (std::size_t i = 0; i < series.time_ns.size(); ++i)
    bars.try_emplace(day_of(series.time_ns[i]), i, i).first->second.second = i + 1;
  std::vector<Place> places;
  places.reserve(series.time_ns.size());
  const auto add = [&](std::int64_t day, std::int64_t of) {
    const auto found = bars.find(of);
    if (found == bars.end()) return;
    for (std::size_t i = found->second.first; i < found->second.second; ++i)
      places.push_back({i, series.time_ns[i] + (day - of) * kNsPerDay});
  };
  auto moved = order.begin();
  for (const auto& [day, range] : bars) {
    for (; moved != order.end() && moved->first <= day; ++moved) add(moved->first, moved->second);
    if (order.count(day) == 0) add(day, day);
  }
  for (; moved != order.end(); ++moved) add(moved->first, moved->second);
  return places;
}

double to_tick(double price, double scale) {
  if (scale == 0) return price;
  return std::max(1.0, std::floor(price * scale + 0.5)) / scale;
}

market::Series rebuild(const market::Series& series, const std::vector<Place>& places) {
  market::Series result;
  result.symbol = series.symbol;
  const double scale = series.view().loses_ticks() ? 0 : series.price_scale;
  double close = series.open.empty() ? 0 : series.open.front();
  bool same = true;  // so far nothing has moved: the bars are as they were
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Place& place = places[i];
    market::Bar bar = series.bar(place.bar);
    same = same && place.bar == i;
    const double before = place.bar == 0 ? bar.open : series.close[place.bar - 1];
    const auto moved = [&](double price) { return close * (price / before); };
    const double next = same ? bar.close : moved(bar.close);
    bar.time_ns = place.time_ns;
    if (!same) {
      for (double* price : {&bar.open, &bar.high, &bar.low, &bar.close})
        *price = to_tick(moved(*price), scale);
    }
    close = next;
    result.push(bar);
  }
  market::find_ticks(result);
  return result;
}

Status check_prices(const market::Series& series) {
  const double most = std::numeric_limits<double>::max();
  for (std::size_t i = 0; i < series.low.size(); ++i) {
    if (series.low[i] > 0 && series.high[i] <= most) continue;
    return configuration_error(fmt::format("{}: a price of {} at {} has no moves to shuffle",
                                           series.symbol, series.low[i],
                                           format_time(series.time_ns[i])));
  }
  return {};
}

}  // namespace

Status shuffle_days(std::vector<market::Series>& series, const Shuffle& shuffle) {
  const std::vector<std::int64_t> days = whole_days(series, shuffle);
  if (days.size() < kShuffleBlocksMin * kShuffleDays)
    return configuration_error(
        fmt::format("{} days are too few to shuffle in blocks of {}; at least {} are needed",
                    days.size(), kShuffleDays, kShuffleBlocksMin * kShuffleDays));
  for (const market::Series& one : series)
    if (Status positive = check_prices(one); !positive) return positive;
  const DayOrder order = order_of(days, shuffle);
  for (market::Series& one : series) {
    one = rebuild(one, places_of(one, order));
    if (Status positive = check_prices(one); !positive) return positive;
  }
  return {};
}

}  // namespace mendel::data_loader

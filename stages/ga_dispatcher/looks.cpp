#include "stages/ga_dispatcher/looks.hpp"

#include <algorithm>

namespace mendel::ga_dispatcher {
namespace {

bool overlap(const strategy::TimeRange& a, const strategy::TimeRange& b) {
  return a.from_ns < b.to_ns && b.from_ns < a.to_ns;
}

bool same_market(const strategy::DataSettings& a, const strategy::DataSettings& b) {
  const bool symbol = std::any_of(a.symbols.begin(), a.symbols.end(), [&](const auto& name) {
    return std::find(b.symbols.begin(), b.symbols.end(), name) != b.symbols.end();
  });
  return symbol && a.source == b.source && a.timeframe == b.timeframe && a.shuffle == b.shuffle;
}

bool same_range(const strategy::DataSettings& a, const strategy::DataSettings& b) {
  return a.out_of_sample && b.out_of_sample && overlap(*a.out_of_sample, *b.out_of_sample) &&
         same_market(a, b);
}

}  // namespace

bool same_in_sample(const strategy::DataSettings& a, const strategy::DataSettings& b) {
  return overlap(a.in_sample, b.in_sample) && same_market(a, b);
}

std::int64_t Looks::count(const strategy::DataSettings& data) const {
  return std::count_if(seen_.begin(), seen_.end(),
                       [&](const auto& other) { return same_range(data, other); });
}

void Looks::add(const strategy::DataSettings& data) {
  if (data.out_of_sample) seen_.push_back(data);
}

}  // namespace mendel::ga_dispatcher

#include "stages/ga_dispatcher/looks.hpp"

#include <algorithm>

namespace mendel::ga_dispatcher {
namespace {

bool same_range(const strategy::DataSettings& a, const strategy::DataSettings& b) {
  if (!a.out_of_sample || !b.out_of_sample) return false;
  const bool overlap = a.out_of_sample->from_ns < b.out_of_sample->to_ns &&
                       b.out_of_sample->from_ns < a.out_of_sample->to_ns;
  const bool symbol = std::any_of(a.symbols.begin(), a.symbols.end(), [&](const auto& name) {
    return std::find(b.symbols.begin(), b.symbols.end(), name) != b.symbols.end();
  });
  return overlap && symbol && a.source == b.source && a.timeframe == b.timeframe;
}

}  // namespace

std::int64_t Looks::count(const strategy::DataSettings& data) const {
  return std::count_if(seen_.begin(), seen_.end(),
                       [&](const auto& other) { return same_range(data, other); });
}

void Looks::add(const strategy::DataSettings& data) {
  if (data.out_of_sample) seen_.push_back(data);
}

}  // namespace mendel::ga_dispatcher

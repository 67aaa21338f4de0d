#include "stages/results_writer/census.hpp"

#include <algorithm>

namespace mendel::results_writer {

static_assert(durable_log::kSegmentBytesMax < (std::uint64_t{1} << 31));

void Census::add(const durable_log::Position& end) {
  if (segments_.empty() || segments_.back().first != end.segment) {
    segments_.emplace_back(end.segment, std::vector<std::uint32_t>());
  }
  segments_.back().second.push_back(static_cast<std::uint32_t>(end.offset));
}

std::uint64_t Census::through(const durable_log::Position& position) const {
  std::uint64_t count = 0;
  for (const auto& [segment, ends] : segments_) {
    if (segment < position.segment) {
      count += ends.size();
    } else if (segment == position.segment) {
      const auto behind = std::upper_bound(ends.begin(), ends.end(), position.offset);
      count += static_cast<std::uint64_t>(behind - ends.begin());
    }
  }
  return count;
}

durable_log::Position Census::end() const {
  if (segments_.empty()) return {};
  return {segments_.back().first, segments_.back().second.back()};
}

}  // namespace mendel::results_writer

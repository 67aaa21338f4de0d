#include "topology/simulation/disk.hpp"

#include "shared/base/check.hpp"

namespace mendel::simulation {

void MemoryLog::begin(std::uint64_t epoch) {
  check(unsynced() == 0, "a log is begun after the crash of its writer");
  segment_ = durable_log::segment_name(epoch, 1);
  end_ = durable_log::kHeaderBytes;
  sequence_ = 0;
}

durable_log::Position MemoryLog::write(std::span<const durable_log::Record> records) {
  for (const auto& record : records) {
    const durable_log::Position begin{segment_, end_};
    end_ += durable_log::kRecordHeaderBytes + record.payload.size();
    places_[begin] = entries_.size();
    entries_.push_back({record, ++sequence_, begin, {segment_, end_}});
  }
  return {segment_, end_};
}

void MemoryLog::crash(double kept) {
  const auto survive = static_cast<std::size_t>(kept * static_cast<double>(unsynced()));
  while (unsynced() > survive) {
    places_.erase(entries_.back().begin);
    entries_.pop_back();
  }
  sync();
}

const durable_log::Record* MemoryLog::read_at(const durable_log::Position& begin) const {
  const auto place = places_.find(begin);
  if (place == places_.end() || place->second >= durable_) return nullptr;
  return &entries_[place->second].record;
}

}  // namespace mendel::simulation

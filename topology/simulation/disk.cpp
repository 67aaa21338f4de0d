#include "topology/simulation/disk.hpp"

#include <algorithm>

#include "shared/base/check.hpp"

namespace mendel::simulation {
namespace {

class MemoryCursor : public durable_log::Cursor {
 public:
  MemoryCursor(const MemoryLog& log, durable_log::Position from)
      : log_(log), from_(std::move(from)) {}

  Result<std::optional<durable_log::Entry>> next(const durable_log::Position* limit) override {
    const auto entries = log_.durable();
    const auto entry = std::partition_point(entries.begin(), entries.end(),
                                            [&](const auto& one) { return one.end <= from_; });
    if (entry == entries.end() || (limit != nullptr && *limit < entry->end))
      return std::optional<durable_log::Entry>();
    from_ = entry->end;
    ++report_.records;
    return std::optional(*entry);
  }
  const durable_log::ScanReport& report() const override { return report_; }

 private:
  const MemoryLog& log_;
  durable_log::Position from_;
  durable_log::ScanReport report_;
};

class MemorySource : public durable_log::Source {
 public:
  MemorySource(const MemoryLog& log, std::string place) : log_(log), place_(std::move(place)) {}

  Result<std::unique_ptr<durable_log::Cursor>> open(
      const durable_log::Position& from) const override {
    return std::unique_ptr<durable_log::Cursor>(std::make_unique<MemoryCursor>(log_, from));
  }
  const std::string& place() const override { return place_; }

 private:
  const MemoryLog& log_;
  std::string place_;
};

}  // namespace

// ---- Epochs ----------------------------------------------------------------------------------

std::optional<std::uint64_t> Epochs::take(const std::string& role, Now now) {
  Role& held = roles_[role];
  if (!held.gone && now.monotonic_ns - held.beaten_ns < kSilentNs) return std::nullopt;
  takeovers_ += held.gone ? 0 : 1;
  held = {held.epoch + 1, now.monotonic_ns, false};
  return held.epoch;
}

bool Epochs::beat(const std::string& role, std::uint64_t epoch, Now now) {
  Role& held = roles_[role];
  if (held.epoch != epoch) return false;
  held.beaten_ns = now.monotonic_ns;
  return true;
}

void Epochs::gone(const std::string& role, std::uint64_t epoch) {
  Role& held = roles_[role];
  if (held.epoch == epoch) held.gone = true;
}

// ---- Disk --------------------------------------------------------------------------------------

bool Disk::takes_file() {
  if (no_inodes) {  // a released reserve is bytes
    ++refused_files;
    return false;
  }
  if (!full) {
    reserve_left_ = reserve_files;  // taken again where there is room
    return true;
  }
  if (reserve_left_ > 0) {
    --reserve_left_;
    return true;
  }
  ++refused_files;
  return false;
}

// ---- MemoryLog -------------------------------------------------------------------------------

void MemoryLog::begin(std::uint64_t epoch, double seen) {
  crash(epoch_, seen);
  epoch_ = epoch;
  segment_ = durable_log::segment_name(epoch, 1);
  end_ = durable_log::kHeaderBytes;
  sequence_ = 0;
}

durable_log::Position MemoryLog::write(std::uint64_t epoch,
                                       std::span<const durable_log::Record> records) {
  if (epoch != epoch_) {
    late_writes_ += records.size();
    return {durable_log::segment_name(epoch, 1), durable_log::kHeaderBytes};
  }
  for (const auto& record : records) {
    const durable_log::Position begin{segment_, end_};
    end_ += durable_log::kRecordHeaderBytes + record.payload.size();
    places_[begin] = entries_.size();
    entries_.push_back({record, ++sequence_, begin, {segment_, end_}});
  }
  return {segment_, end_};
}

void MemoryLog::sync(std::uint64_t epoch) {
  if (epoch == epoch_) durable_ = entries_.size();
}

void MemoryLog::crash(std::uint64_t epoch, double kept) {
  if (epoch != epoch_) return;
  const auto unsynced = entries_.size() - durable_;
  const auto survive = static_cast<std::size_t>(kept * static_cast<double>(unsynced));
  while (entries_.size() > durable_ + survive) {
    places_.erase(entries_.back().begin);
    entries_.pop_back();
  }
  durable_ = entries_.size();
}

const durable_log::Record* MemoryLog::read_at(const durable_log::Position& begin) const {
  const auto place = places_.find(begin);
  if (place == places_.end() || place->second >= durable_) return nullptr;
  return &entries_[place->second].record;
}

durable_log::Position MemoryLog::durable_end() const {
  return durable_ == 0 ? durable_log::Position{} : entries_[durable_ - 1].end;
}

std::unique_ptr<durable_log::Source> MemoryLog::source() const {
  return std::make_unique<MemorySource>(*this, place_);
}

}  // namespace mendel::simulation

#include "stages/data_loader/intake.hpp"

#include <fmt/format.h>

#include "shared/base/time.hpp"
#include "shared/market/bar_report.hpp"
#include "shared/market/timeframe.hpp"
#include "shared/wire/codec.hpp"

namespace mendel::data_loader {
namespace {

constexpr std::int64_t kNsPerMicrosecond = 1000;  // what a timestamptz can tell apart

bool is_name(const std::string& text) { return !text.empty() && text.size() <= kNameBytesMax; }

std::string bar_fault(const market::Bar& bar) {
  if (const auto fault = market::find_fault(bar)) {
    return fmt::format("{}: {}", fault->field,
                       market::kBarRuleNames[static_cast<std::size_t>(fault->rule)]);
  }
  if (bar.time_ns % kNsPerMicrosecond != 0) return "the time is finer than a microsecond";
  return "";
}

}  // namespace

std::string batch_fault(const wire::BarBatch& batch) {
  if (!is_name(batch.source) || !is_name(batch.symbol) || !is_name(batch.incarnation)) {
    return "source, symbol or incarnation is empty or too long";
  }
  const auto timeframe = market::parse_timeframe(batch.timeframe);
  if (!timeframe || timeframe->name != batch.timeframe) return "the timeframe is not canonical";
  if (batch.bars.size() > wire::kBarsPerBatchMax) return "too many bars";
  const market::Bar* before = nullptr;
  for (const market::Bar& bar : batch.bars) {
    if (before != nullptr && bar.time_ns <= before->time_ns) return "times do not ascend";
    const std::string fault = bar_fault(bar);
    if (!fault.empty()) return fmt::format("bar {}: {}", format_time(bar.time_ns), fault);
    before = &bar;
  }
  return "";
}

Intake::Decision Intake::receive(const wire::BarBatch& batch) {
  if (batch.sequence == 0 || !batch_fault(batch).empty()) return Decision::refused;
  Sender& from = sender(batch.incarnation, batch.source);
  if (batch.sequence <= from.accepted) return Decision::duplicate;
  if (batch.sequence != from.accepted + 1) return Decision::early;
  from.accepted = batch.sequence;
  writing_.insert(batch.incarnation);
  return Decision::log;
}

std::vector<wire::Receipt> Intake::durable() {
  std::vector<wire::Receipt> receipts;
  for (const std::string& incarnation : writing_) {
    Sender& sender = senders_.at(incarnation);
    sender.receipt.durable_through = sender.accepted;
    receipts.push_back(sender.receipt);
  }
  writing_.clear();
  return receipts;
}

void Intake::forget() {
  for (const std::string& incarnation : writing_) {
    Sender& sender = senders_.at(incarnation);
    sender.accepted = sender.receipt.durable_through;
  }
  writing_.clear();
}

std::vector<wire::Receipt> Intake::stored(const std::vector<StoredCounts>& counts) {
  std::vector<wire::Receipt> receipts;
  for (const StoredCounts& one : counts) {
    Sender& from = sender(one.incarnation, one.source);
    const bool told = from.receipt.stored_through == one.stored_through && one.stored_through > 0;
    from.receipt.stored_through = one.stored_through;
    // What is stored was durable, whether or not the log still holds it.
    from.receipt.durable_through = std::max(from.receipt.durable_through, one.stored_through);
    from.accepted = std::max(from.accepted, one.stored_through);
    from.receipt.inserted = one.inserted;
    from.receipt.equal = one.equal;
    from.receipt.replaced = one.replaced;
    from.receipt.conflicts = one.conflicts;
    if (!told) receipts.push_back(from.receipt);
  }
  return receipts;
}

void Intake::recover(const std::string& incarnation, const std::string& source,
                     std::uint64_t sequence) {
  Sender& from = sender(incarnation, source);
  from.accepted = std::max(from.accepted, sequence);
  from.receipt.durable_through = from.accepted;
}

std::optional<wire::Receipt> Intake::receipt(const std::string& incarnation) const {
  const auto found = senders_.find(incarnation);
  return found == senders_.end() ? std::nullopt : std::optional(found->second.receipt);
}

Intake::Sender& Intake::sender(const std::string& incarnation, const std::string& source) {
  if (!senders_.contains(incarnation)) make_room();
  Sender& sender = senders_[incarnation];
  sender.receipt.incarnation = incarnation;
  sender.receipt.source = source;
  sender.touched = ++calls_;
  return sender;
}

// Forgets the sender that was quiet longest, of those whose batches are all stored.
void Intake::make_room() {
  if (senders_.size() < kSendersMax) return;
  auto oldest = senders_.end();
  for (auto at = senders_.begin(); at != senders_.end(); ++at) {
    const bool done = at->second.accepted == at->second.receipt.stored_through;
    const bool older = oldest == senders_.end() || at->second.touched < oldest->second.touched;
    if (done && older) oldest = at;
  }
  if (oldest != senders_.end()) senders_.erase(oldest);
}

}  // namespace mendel::data_loader

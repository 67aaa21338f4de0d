#include "stages/ga_dispatcher/records.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "shared/base/check.hpp"
#include "shared/wire/codec.hpp"
#include "stages/ga_dispatcher/checkpoint.hpp"

namespace mendel::ga_dispatcher {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min() / 2;

// "" when the message is no record.
std::string id_of(const wire::Message& message) {
  if (const auto* run = std::get_if<wire::RunRecord>(&message)) return run->record_id;
  if (const auto* generation = std::get_if<wire::GenerationRecord>(&message))
    return generation->record_id;
  if (const auto* verdict = std::get_if<wire::Verdict>(&message)) return verdict->record_id;
  return "";
}

}  // namespace

void Records::add(wire::Message record) {
  std::string id = id_of(record);
  check(!id.empty(), "only records with an id are recorded");
  const bool known = std::any_of(waiting_.begin(), waiting_.end(),
                                 [&](const Waiting& waiting) { return waiting.record_id == id; });
  if (!known) waiting_.push_back({std::move(id), std::move(record), kNever});
}

void Records::acknowledge(std::string_view record_id) {
  const auto entry = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) {
    return waiting.record_id == record_id;
  });
  if (entry != waiting_.end()) waiting_.erase(entry);
}

void Records::missing(std::string_view record_id) {
  for (auto& waiting : waiting_)
    if (waiting.record_id == record_id) waiting.sent_ns = kNever;
}

void Records::send_due(Now now, Actions& out) {
  for (std::size_t i = 0; i < std::min(waiting_.size(), kRecordsInFlightMax); ++i) {
    Waiting& waiting = waiting_[i];
    if (now.monotonic_ns - waiting.sent_ns < kResendNs) continue;
    waiting.sent_ns = now.monotonic_ns;
    out.send(wiring::Edge::records, waiting.record);
  }
}

std::vector<std::string> Records::ids() const {
  std::vector<std::string> result;
  result.reserve(waiting_.size());
  for (const auto& waiting : waiting_) result.push_back(waiting.record_id);
  return result;
}

std::vector<std::string> Records::frames() const {
  std::vector<std::string> result;
  result.reserve(waiting_.size());
  for (const auto& waiting : waiting_) result.push_back(wire::encode(waiting.record));
  return result;
}

Status Records::restore(const std::vector<std::string>& frames) {
  for (const auto& frame : frames) {
    auto message = wire::decode(frame);
    if (!message || id_of(*message).empty())
      return unreadable_checkpoint("a record in it cannot be read" +
                                   (message ? std::string() : ": " + message.error().message));
    add(std::move(*message));
  }
  return {};
}

}  // namespace mendel::ga_dispatcher

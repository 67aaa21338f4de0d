#include "stages/results_writer/results_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "shared/base/bytes.hpp"

namespace mendel::results_writer {
namespace {

constexpr std::size_t kComplaintsMax = 100;  // between two emptyings
constexpr std::size_t kScoreBytes = 128;     // of a score in a message, beside its rows
constexpr std::size_t kRowBytes = 32 + market::kMetricCount * 9;

std::size_t size_of(const wire::Score& score) {
  std::size_t bytes =
      kScoreBytes + score.run.size() + score.invalid.size() + score.blocks.size() * sizeof(double);
  for (const wire::ScoreRow& row : score.rows) bytes += kRowBytes + row.symbol.size();
  return bytes;
}

std::uint8_t kind_number(wire::Kind kind) { return static_cast<std::uint8_t>(kind); }

// Appends the bytes of a list of numbers.
template <class List>
void append_numbers(std::string& out, const List& list) {
  out.append(reinterpret_cast<const char*>(list.data()), list.size() * sizeof *list.data());
}

std::string_view record_id_of(const wire::Message& message) {
  if (const auto* run = std::get_if<wire::RunRecord>(&message)) return run->record_id;
  if (const auto* generation = std::get_if<wire::GenerationRecord>(&message)) {
    return generation->record_id;
  }
  if (const auto* verdict = std::get_if<wire::Verdict>(&message)) return verdict->record_id;
  return {};
}

}  // namespace

std::uint64_t fingerprint(const wire::Score& score) {
  std::string bytes;
  bytes.reserve(size_of(score));
  append_text(bytes, score.invalid);
  append_number(bytes, static_cast<std::uint8_t>(score.ruined));
  for (const wire::ScoreRow& row : score.rows) {
    append_number(bytes, static_cast<std::uint8_t>(row.window));
    append_text(bytes, row.symbol);
    append_numbers(bytes, row.metrics.values);
    append_numbers(bytes, row.metrics.reasons);
  }
  append_numbers(bytes, score.blocks);
  return checksum(bytes);
}

// ---- what arrives ----------------------------------------------------------------------------

void ResultsWriter::restore(const durable_log::Entry& entry) {
  ++records_total_;
  Result<wire::Message> message = wire::decode(entry.record.payload);
  if (!message) {
    ++counters_.unreadable;
    complain(fmt::format("{} offset {}: {}", entry.begin.segment, entry.begin.offset,
                         message.error().message));
    return;
  }
  if (const auto* batch = std::get_if<wire::ScoreBatch>(&*message)) {
    for (const wire::Score& score : batch->scores) {
      const Known known{segment_index(entry.begin.segment),
                        static_cast<std::uint32_t>(entry.begin.offset), fingerprint(score)};
      scores_.try_emplace(score.key, known);
    }
  } else if (const std::string_view id = record_id_of(*message); !id.empty()) {
    records_.try_emplace(std::string(id), true);
  }
}

void ResultsWriter::receive(wire::Message message) {
  if (auto* batch = std::get_if<wire::ScoreBatch>(&message)) {
    receive_scores(std::move(*batch));
  } else if (auto* query = std::get_if<wire::Query>(&message)) {
    receive_query(std::move(*query));
  } else if (std::string id(record_id_of(message)); !id.empty()) {
    receive_record(std::move(id), std::move(message));
  }
}

void ResultsWriter::receive_query(wire::Query query) {
  const auto too_long = [](const std::string& id) { return id.size() > kIdBytesMax; };
  if (too_long(query.query_id) || std::ranges::any_of(query.record_ids, too_long)) {
    ++counters_.refused;
    return;
  }
  queries_.push_back(std::move(query));
}

void ResultsWriter::receive_scores(wire::ScoreBatch batch) {
  if (batch.evaluator.size() > kIdBytesMax) {
    counters_.refused += batch.scores.size();
    return;
  }
  wire::ScoreBatch alone{std::move(batch.evaluator), std::vector<wire::Score>(1)};
  for (wire::Score& score : batch.scores) receive_score(std::move(score), alone);
}

// `alone`: the batch that one score is logged in.
void ResultsWriter::receive_score(wire::Score score, wire::ScoreBatch& alone) {
  if (size_of(score) > kScoreBytesMax) {
    ++counters_.refused;
    return;
  }
  const Known fresh{kPending, 0, fingerprint(score)};
  const auto [place, is_new] = scores_.try_emplace(score.key, fresh);
  if (is_new) {
    alone.scores.front() = std::move(score);
    std::string frame = wire::encode(alone);
    add_pending({&place->second, std::move(alone.scores.front()), ""}, alone.kKind,
                std::move(frame));
    return;
  }
  const Known& known = place->second;
  ++counters_.duplicates;
  if (known.fingerprint != fresh.fingerprint) {
    ++counters_.mismatches;
    complain(fmt::format(
        "score {} came with other metrics from evaluator {}: the first stays; compare that "
        "evaluator's build and machine with the others",
        score.key.hex(), alone.evaluator));
  }
  // What is pending is answered when it is committed.
  if (known.segment == kPending || !resent_.insert(score.key).second) return;
  lookups_.push_back({score.key, {segments_[known.segment], known.offset}, ""});
}

void ResultsWriter::receive_record(std::string record_id, wire::Message message) {
  if (record_id.size() > kIdBytesMax) {
    ++counters_.refused;
    return;
  }
  const auto [place, is_new] = records_.try_emplace(record_id, false);
  if (is_new) {
    const auto kind = std::visit([](const auto& value) { return value.kKind; }, message);
    add_pending({nullptr, {}, std::move(record_id)}, kind, wire::encode(message));
    return;
  }
  ++counters_.duplicates;
  if (place->second) message_for("").record_ids.push_back(std::move(record_id));
}

void ResultsWriter::add_pending(Pending pending, wire::Kind kind, std::string frame) {
  pending_bytes_ += frame.size();
  pending_records_.push_back({kind_number(kind), std::move(frame)});
  pending_.push_back(std::move(pending));
}

// ---- the group commit ------------------------------------------------------------------------

std::size_t ResultsWriter::commit_size() const {
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (count < pending_records_.size() && count < kCommitRecordsMax) {
    bytes += pending_records_[count].payload.size();
    if (count > 0 && bytes > kCommitBytesMax) break;
    ++count;
  }
  return count;
}

std::span<const durable_log::Record> ResultsWriter::next_commit() const {
  return std::span(pending_records_).first(commit_size());
}

void ResultsWriter::committed(const durable_log::Position& end) {
  const std::size_t count = commit_size();
  std::uint64_t offset = end.offset;
  for (std::size_t i = 0; i < count; ++i) {
    offset -= durable_log::kRecordHeaderBytes + pending_records_[i].payload.size();
    pending_bytes_ -= pending_records_[i].payload.size();
  }
  const std::uint32_t segment = segment_index(end.segment);
  for (std::size_t i = 0; i < count; ++i) {
    Pending& pending = pending_[i];
    if (pending.known != nullptr) {
      pending.known->segment = segment;
      pending.known->offset = static_cast<std::uint32_t>(offset);
      ++counters_.scores;
      say("", std::move(pending.score));
    } else {
      records_.at(pending.record_id) = true;
      ++counters_.records;
      message_for("").record_ids.push_back(std::move(pending.record_id));
    }
    offset += durable_log::kRecordHeaderBytes + pending_records_[i].payload.size();
  }
  records_total_ += count;
  const auto taken = static_cast<std::ptrdiff_t>(count);
  pending_.erase(pending_.begin(), pending_.begin() + taken);
  pending_records_.erase(pending_records_.begin(), pending_records_.begin() + taken);
}

std::uint32_t ResultsWriter::segment_index(const std::string& segment) {
  if (segments_.empty() || segments_.back() != segment) segments_.push_back(segment);
  return static_cast<std::uint32_t>(segments_.size() - 1);
}

// ---- answers ---------------------------------------------------------------------------------

void ResultsWriter::answer(const wire::Query& query) {
  message_for(query.query_id);  // a query is answered even when it asks for nothing
  for (const Digest& key : query.keys) {
    const auto place = scores_.find(key);
    if (place != scores_.end() && place->second.segment != kPending) {
      const Known& known = place->second;
      lookups_.push_back({key, {segments_[known.segment], known.offset}, query.query_id});
    } else {
      message_for(query.query_id).missing_keys.push_back(key);
    }
  }
  for (const std::string& id : query.record_ids) {
    const auto place = records_.find(id);
    wire::Recorded& message = message_for(query.query_id);
    const bool durable = place != records_.end() && place->second;
    (durable ? message.record_ids : message.missing_record_ids).push_back(id);
  }
}

std::vector<Lookup> ResultsWriter::take_lookups(std::size_t most) {
  for (const wire::Query& query : std::exchange(queries_, {})) answer(query);
  const auto count = static_cast<std::ptrdiff_t>(std::min(most, lookups_.size()));
  std::vector<Lookup> taken(std::make_move_iterator(lookups_.begin()),
                            std::make_move_iterator(lookups_.begin() + count));
  lookups_.erase(lookups_.begin(), lookups_.begin() + count);
  for (const Lookup& lookup : taken) {
    if (lookup.query_id.empty()) resent_.erase(lookup.key);
  }
  return taken;
}

void ResultsWriter::found(const Lookup& lookup, wire::Score score) {
  say(lookup.query_id, std::move(score));
}

void ResultsWriter::say(const std::string& query_id, wire::Score score) {
  wire::Recorded& message = message_for(query_id);
  answer_bytes_[query_id] += size_of(score);
  message.scores.push_back(std::move(score));
}

void ResultsWriter::unreadable(const Lookup& lookup) {
  ++counters_.unreadable;
  forget(lookup);
}

void ResultsWriter::forget(const Lookup& lookup) {
  // A lookup of the same key that was taken earlier may have removed it, and it may be pending.
  const auto place = scores_.find(lookup.key);
  if (place != scores_.end() && place->second.segment != kPending &&
      segments_[place->second.segment] == lookup.place.segment &&
      place->second.offset == lookup.place.offset) {
    scores_.erase(place);
  }
  if (!lookup.query_id.empty()) message_for(lookup.query_id).missing_keys.push_back(lookup.key);
}

// The message that the next answer to this query (or the notice) goes into: a new one when the last
// is full.
wire::Recorded& ResultsWriter::message_for(const std::string& query_id) {
  std::vector<wire::Recorded>& messages = answers_[query_id];
  std::size_t& bytes = answer_bytes_[query_id];
  const bool full = messages.empty() || bytes >= kRecordedBytesMax ||
                    messages.back().scores.size() >= kRecordedScoresMax ||
                    messages.back().missing_keys.size() >= kRecordedKeysMax ||
                    messages.back().record_ids.size() + messages.back().missing_record_ids.size() >=
                        kRecordedKeysMax;
  if (full) {
    messages.emplace_back().query_id = query_id;
    bytes = 0;
  }
  return messages.back();
}

std::vector<wire::Recorded> ResultsWriter::flush(std::uint64_t stored_total, bool notice) {
  if (notice) message_for("");
  std::vector<wire::Recorded> out;
  for (auto& [query_id, messages] : answers_) {
    for (wire::Recorded& message : messages) {
      message.epoch = epoch_;
      message.sequence = ++sequence_;
      message.records_total = records_total_;
      message.stored_total = stored_total;
      out.push_back(std::move(message));
    }
  }
  answers_.clear();
  answer_bytes_.clear();
  return out;
}

void ResultsWriter::complain(std::string line) {
  if (complaints_.size() < kComplaintsMax) complaints_.push_back(std::move(line));
}

std::vector<std::string> ResultsWriter::take_complaints() { return std::exchange(complaints_, {}); }

}  // namespace mendel::results_writer

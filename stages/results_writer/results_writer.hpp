// ResultsWriter: the core of the stage. Takes scores, records and queries; keeps the first of each
// key; hands out what is new to be appended to the log, and says "recorded" only of what was
// appended. It reads and writes nothing: its owner (process.cpp) does, between the calls.
//
//   receive()*  ->  next_commit()  -> append + fsync ->  committed()
//               ->  take_lookups() -> read the log   ->  found() / unreadable()
//               ->  flush()        -> publish
//
// Threads: one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/durable_log/log.hpp"
#include "shared/wire/codec.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::results_writer {

// One group commit.
inline constexpr std::size_t kCommitRecordsMax = 8192;
inline constexpr std::size_t kCommitBytesMax = 16 << 20;
static_assert(kCommitBytesMax + durable_log::kRecordBytesMax +
                  kCommitRecordsMax * durable_log::kRecordHeaderBytes <=
              durable_log::kAppendBytesMax);
static_assert(wire::kFrameBytesMax <= durable_log::kRecordBytesMax);
// Above this the stage stops reading scores and records until the log takes them again.
inline constexpr std::size_t kPendingBytesMax = 64 << 20;
// One Recorded message.
inline constexpr std::size_t kRecordedScoresMax = 1024;
inline constexpr std::size_t kRecordedBytesMax = 4 << 20;
inline constexpr std::size_t kRecordedKeysMax = 8192;  // of each list of names
// What one message may bring: a score of 4096 symbols in two windows is 1.5 MB.
inline constexpr std::size_t kScoreBytesMax = 8 << 20;
inline constexpr std::size_t kIdBytesMax = 256;
// A message is full when it reaches one of the limits, so it may exceed each by one item.
static_assert(2 * (kRecordedBytesMax + kScoreBytesMax + kRecordedKeysMax * (kIdBytesMax + 64)) <=
              wire::kFrameBytesMax);

// A recorded score that must be read back to be published.
struct Lookup {
  Digest key;
  durable_log::Position place;
  std::string query_id;  // "" = it was sent again, the notice answers
};

struct Counters {
  std::uint64_t scores = 0;      // recorded in this life
  std::uint64_t records = 0;     // recorded in this life, other than scores
  std::uint64_t duplicates = 0;  // arrived again
  std::uint64_t mismatches = 0;  // arrived again with other metrics: the first stays
  std::uint64_t unreadable = 0;  // log records whose frame does not decode, or is gone
  std::uint64_t refused = 0;     // a score or name above its limit
};

class ResultsWriter {
 public:
  explicit ResultsWriter(std::uint64_t epoch) : epoch_(epoch) {}

  // A record that is in the log already, in the order of the log; at start only.
  void restore(const durable_log::Entry& entry);

  // A ScoreBatch, RunRecord, GenerationRecord, Verdict or Query; others are ignored.
  void receive(wire::Message message);

  // The oldest records not yet in the log, within the limits of one commit; stays the same until
  // committed() says that exactly these are durable and end at `end`.
  std::span<const durable_log::Record> next_commit() const;
  void committed(const durable_log::Position& end);
  std::size_t pending_bytes() const { return pending_bytes_; }

  // At most `most` places to read back; each is answered by found() or unreadable(). Call it when
  // nothing more can be committed now: what is still pending counts as missing.
  std::vector<Lookup> take_lookups(std::size_t most);
  void found(const Lookup& lookup, wire::Score score);
  // The record is damaged: it counts as never recorded, so that it can be recorded anew.
  void unreadable(const Lookup& lookup);
  // It is in the archive: known no more, so that it can be recorded anew.
  void forget(const Lookup& lookup);

  // What there is to say, as messages within the limits, numbered. `notice`: say something even if
  // there is nothing new (epoch and sequence for those who joined or missed one).
  std::vector<wire::Recorded> flush(std::uint64_t stored_total, bool notice);

  std::uint64_t records_total() const { return records_total_; }
  const Counters& counters() const { return counters_; }
  // Lines for the log that an operator must see (mismatches), emptied.
  std::vector<std::string> take_complaints();

 private:
  static constexpr std::uint32_t kPending = 0xffffffff;

  // Where a score is, and what it says: compact, there may be tens of millions.
  struct Known {
    std::uint32_t segment = kPending;  // index into segments_
    std::uint32_t offset = 0;
    std::uint64_t fingerprint = 0;
  };
  struct Pending {
    Known* known = nullptr;  // in scores_; null: a record
    wire::Score score;
    std::string record_id;
  };

  void receive_query(wire::Query query);
  void receive_scores(wire::ScoreBatch batch);
  void receive_score(wire::Score score, wire::ScoreBatch& alone);
  void receive_record(std::string record_id, wire::Message message);
  void add_pending(Pending pending, wire::Kind kind, std::string frame);
  void answer(const wire::Query& query);
  std::size_t commit_size() const;
  std::uint32_t segment_index(const std::string& segment);
  void say(const std::string& query_id, wire::Score score);
  wire::Recorded& message_for(const std::string& query_id);
  void complain(std::string line);

  std::uint64_t epoch_;
  std::uint64_t sequence_ = 0;
  std::uint64_t records_total_ = 0;
  Counters counters_;

  std::unordered_map<Digest, Known, DigestHash> scores_;
  std::unordered_map<std::string, bool> records_;  // record id -> durable
  std::vector<std::string> segments_;

  std::vector<Pending> pending_;
  std::vector<durable_log::Record> pending_records_;  // beside pending_: one commit is one span
  std::size_t pending_bytes_ = 0;

  std::vector<wire::Query> queries_;
  std::deque<Lookup> lookups_;
  std::unordered_set<Digest, DigestHash> resent_;               // with a lookup under way
  std::map<std::string, std::vector<wire::Recorded>> answers_;  // by query id, "" = notice
  std::map<std::string, std::size_t> answer_bytes_;             // of the last message of each
  std::vector<std::string> complaints_;
};

// What a score says, without for whom it was evaluated: equal scores have equal fingerprints.
std::uint64_t fingerprint(const wire::Score& score);

}  // namespace mendel::results_writer

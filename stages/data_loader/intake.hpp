// Intake: which bar batches belong into the log, and what each sender is told. A sender numbers its
// batches 1, 2, …; a batch is taken only in turn, so that "durable through n" is one number. What
// is out of turn is dropped: its sender resends what has no receipt.
// Threads: one thread; pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "shared/wire/messages.hpp"

namespace mendel::data_loader {

inline constexpr std::size_t kSendersMax = 10'000;  // remembered; idle and stored ones go first
inline constexpr std::size_t kNameBytesMax = 128;   // source, symbol, incarnation: part of keys

// What the database says of one sender: committed with the bars.
struct StoredCounts {
  std::string incarnation;
  std::string source;
  std::uint64_t stored_through = 0;
  std::uint64_t inserted = 0;
  std::uint64_t equal = 0;
  std::uint64_t replaced = 0;
  std::uint64_t conflicts = 0;
};

// "" when the batch may go into the log, else what is wrong with it.
std::string batch_fault(const wire::BarBatch& batch);

class Intake {
 public:
  enum class Decision {
    log,        // append it; durable() or forget() tells how that went
    duplicate,  // logged already: answer with receipt()
    early,      // one before it is missing: dropped
    refused,    // not a good batch (batch_fault)
  };
  Decision receive(const wire::BarBatch& batch);

  // What was decided `log` since the last call is fsynced: the receipts to publish.
  std::vector<wire::Receipt> durable();
  // … could not be written: it will come again.
  void forget();
  // The database committed these: the receipts to publish, of those that are news.
  std::vector<wire::Receipt> stored(const std::vector<StoredCounts>& counts);

  // A batch that an earlier life logged, in the order of the log.
  void recover(const std::string& incarnation, const std::string& source, std::uint64_t sequence);

  std::optional<wire::Receipt> receipt(const std::string& incarnation) const;

 private:
  struct Sender {
    wire::Receipt receipt;
    std::uint64_t accepted = 0;  // durable_through and what is being written
    std::uint64_t touched = 0;   // when, in calls
  };
  Sender& sender(const std::string& incarnation, const std::string& source);
  void make_room();

  std::map<std::string, Sender> senders_;
  std::set<std::string> writing_;  // senders with batches decided `log`
  std::uint64_t calls_ = 0;
};

}  // namespace mendel::data_loader

// What was promised to be safe against what is in the logs and in the database.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <utility>
#include <variant>

#include "shared/base/bytes.hpp"
#include "shared/wire/codec.hpp"
#include "stages/results_writer/selection.hpp"
#include "topology/simulation/oracle.hpp"

namespace mendel::simulation {
namespace {

std::string_view record_id(const wire::Message& message) {
  if (const auto* run = std::get_if<wire::RunRecord>(&message)) return run->record_id;
  if (const auto* one = std::get_if<wire::GenerationRecord>(&message)) return one->record_id;
  if (const auto* verdict = std::get_if<wire::Verdict>(&message)) return verdict->record_id;
  return {};
}

class Audit {
 public:
  Audit(const Disk& disk, const Database& database, const MarketRows& before)
      : disk_(disk), database_(database), before_(before) {}

  Conservation take() {
    bar_log();
    market();
    scores();
    results();
    if (disk_.bars.late_writes() + disk_.scores.late_writes() > 0)
      fail("an owner wrote after a later one had begun");
    return std::move(found_);
  }

 private:
  void fail(std::string what) { found_.failures.push_back(std::move(what)); }

  // Every batch that has a receipt, once.
  void bar_log() {
    for (const auto& entry : disk_.bars.durable()) {
      const auto message = wire::decode(entry.record.payload);
      const auto* batch = message ? std::get_if<wire::BarBatch>(&*message) : nullptr;
      if (batch == nullptr) {
        fail("the bar log holds a record that is no bars");
        continue;
      }
      const auto receipted = disk_.receipted.find(batch->incarnation);
      const bool accepted =
          receipted != disk_.receipted.end() && batch->sequence <= receipted->second;
      if (accepted) found_.bars_accepted += batch->bars.size();
      if (!batches_.emplace(batch->incarnation, batch->sequence).second)
        found_.bars_doubled += batch->bars.size();
    }
    std::uint64_t missing = 0;
    for (const auto& [sender, through] : disk_.receipted)
      for (std::uint64_t sequence = 1; sequence <= through; ++sequence)
        missing += batches_.count({sender, sequence}) == 0 ? 1 : 0;
    found_.bars_lost += missing;
    if (missing > 0) fail(fmt::format("{} batches of bars have a receipt and are lost", missing));
    if (found_.bars_doubled > 0)
      fail(fmt::format("{} bars are in the log twice", found_.bars_doubled));
  }

  void market() {
    const MarketRows wanted = loaded(before_, disk_.bars.durable());
    std::uint64_t missing = 0;
    std::uint64_t other = 0;
    for (const auto& [name, rows] : wanted.series) {
      const auto there = database_.market.series.find(name);
      for (const auto& [time_ns, row] : rows) {
        const bool found = there != database_.market.series.end() && there->second.count(time_ns);
        missing += found ? 0 : 1;
        other += found && !(there->second.at(time_ns) == row) ? 1 : 0;
      }
    }
    found_.bars_lost += missing;
    if (missing > 0) fail(fmt::format("{} bars of the log are not in the database", missing));
    if (other > 0) fail(fmt::format("{} bars have other values or revisions", other));
    if (wanted.bars() != database_.market.bars() + missing) fail("bars came from nowhere");
    for (const auto& [sender, counts] : wanted.senders) compare(sender, counts);
    found_.market = fingerprint();
  }

  // Rows that are loaded once more show up as equal to themselves.
  void compare(const std::string& sender, const data_loader::StoredCounts& wanted) {
    const auto place = database_.market.senders.find(sender);
    if (place == database_.market.senders.end()) return fail("a sender is not in the database");
    const auto& there = place->second;
    const auto all = [](const data_loader::StoredCounts& one) {
      return one.inserted + one.equal + one.replaced + one.conflicts;
    };
    if (all(there) > all(wanted)) found_.bars_doubled += all(there) - all(wanted);
    if (all(there) != all(wanted) || there.inserted != wanted.inserted ||
        there.equal != wanted.equal || there.replaced != wanted.replaced ||
        there.conflicts != wanted.conflicts || there.stored_through != wanted.stored_through)
      fail(
          fmt::format("sender {} has {} new, {} equal, {} replaced, {} conflicting rows instead of "
                      "{}, {}, {}, {}",
                      sender, there.inserted, there.equal, there.replaced, there.conflicts,
                      wanted.inserted, wanted.equal, wanted.replaced, wanted.conflicts));
  }

  std::string fingerprint() const {
    std::string bytes;
    for (const auto& [name, rows] : database_.market.series) {
      if (rows.empty()) continue;
      append_text(bytes, name);
      for (const auto& [time_ns, row] : rows) {
        append_number(bytes, time_ns);
        append_number(bytes, row.bar.close);
        append_number(bytes, row.revision);
      }
    }
    return sha256(bytes).hex();
  }

  // Every score and record that was said to be recorded, once.
  void scores() {
    std::set<Digest> keys;
    std::set<std::string> records;
    for (const auto& entry : disk_.scores.durable()) {
      const auto message = wire::decode(entry.record.payload);
      if (!message) continue;
      if (const auto* batch = std::get_if<wire::ScoreBatch>(&*message))
        for (const auto& score : batch->scores)
          found_.scores_doubled += keys.insert(score.key).second ? 0 : 1;
      records.insert(std::string(record_id(*message)));
    }
    found_.scores_accepted = disk_.told_scores.size();
    for (const auto& key : disk_.told_scores) found_.scores_lost += keys.count(key) == 0 ? 1 : 0;
    std::uint64_t lost = 0;
    for (const auto& id : disk_.told_records) lost += records.count(id) == 0 ? 1 : 0;
    if (found_.scores_lost > 0)
      fail(fmt::format("{} scores were said to be recorded and are lost", found_.scores_lost));
    if (lost > 0) fail(fmt::format("{} records were said to be recorded and are lost", lost));
  }

  void results() {
    const auto log = disk_.scores.durable();
    const ResultRows wanted = chosen(log, *disk_.scores.source());
    rule(wanted, loaded(log), log);
    std::uint64_t missing = 0;
    for (const auto& [key, row] : wanted.rows) {
      const auto there = database_.results.rows.find(key);
      missing += there == database_.results.rows.end() || there->second != row ? 1 : 0;
    }
    found_.scores_lost += missing;
    if (missing > 0) fail(fmt::format("{} rows of the log are not in the database", missing));
    if (wanted.rows.size() < database_.results.rows.size()) fail("rows came from nowhere");
    if (wanted.runs != database_.results.runs) fail("the run has another state in the database");
  }

  // The rule, told otherwise than the writer tells it: of every generation the best and the sample
  // are there with their metrics, and where that is not everything, not everything is.
  void rule(const ResultRows& wanted, const ResultRows& all,
            std::span<const durable_log::Entry> log) {
    std::set<std::string> kept;
    std::size_t missing = 0;
    bool held_back = false;
    const auto is_there = [&](const std::string& row) {
      return wanted.rows.contains(row) || !all.rows.contains(row);
    };
    for (const auto& entry : log) {
      const auto message = wire::decode(entry.record.payload);
      if (!message) continue;
      if (const auto* run = std::get_if<wire::RunRecord>(&*message)) {
        if (run->experiment.find("kept") != std::string::npos) kept.insert(run->run);
      }
      const auto* generation = std::get_if<wire::GenerationRecord>(&*message);
      if (generation == nullptr || !kept.contains(generation->run)) continue;
      for (std::size_t i = 0; i < generation->slots.size(); ++i) {
        const wire::GenerationSlot& slot = generation->slots[i];
        const std::string row = fmt::format("candidate {} {} {} {}", generation->run,
                                            generation->island, generation->generation, i);
        const bool best = slot.rank < results_writer::kKeptBest;
        if (best || results_writer::is_sampled(slot.key)) missing += is_there(row) ? 0 : 1;
        held_back = held_back || !wanted.rows.contains(row);
      }
    }
    if (missing > 0) fail(fmt::format("{} of the best or of the sample are not chosen", missing));
    if (held_back && wanted.rows.size() >= all.rows.size()) fail("the rule holds back nothing");
    if (kept.empty() && wanted != all) fail("rows are held back that nobody asked to");
    found_.held_back = all.rows.size() - wanted.rows.size();
  }

  const Disk& disk_;
  const Database& database_;
  const MarketRows& before_;
  Conservation found_;
  std::set<std::pair<std::string, std::uint64_t>> batches_;
};

}  // namespace

Conservation conservation_of(const Disk& disk, const Database& database, const MarketRows& before) {
  return Audit(disk, database, before).take();
}

}  // namespace mendel::simulation

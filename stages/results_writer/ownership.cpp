#include "stages/results_writer/ownership.hpp"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "shared/base/log.hpp"
#include "shared/wire/codec.hpp"

namespace mendel::results_writer {
namespace {

constexpr const char* kRole = "results_writer";
constexpr const char* kLog = "scores";
constexpr std::size_t kCommitsPerTurn = 4;    // sockets are read between turns
constexpr std::size_t kLookupsPerTurn = 512;  // some 10 us each while the log is in memory

// The score of `key` in a log record; nullopt when it is not there.
std::optional<wire::Score> score_at(const std::string& folder, const Lookup& lookup) {
  const Result<durable_log::Record> record = durable_log::read_at(folder, lookup.place);
  if (!record) {
    log::repeated(log::Level::error, "results_writer.read_back", record.error().message);
    return std::nullopt;
  }
  Result<wire::Message> message = wire::decode(record->payload);
  if (!message) return std::nullopt;
  auto* batch = std::get_if<wire::ScoreBatch>(&*message);
  if (!batch) return std::nullopt;
  for (wire::Score& score : batch->scores) {
    if (score.key == lookup.key) return std::move(score);
  }
  return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<Ownership>> Ownership::take(const store::Store& store, Now now) {
  Result<store::Epoch> epoch = store::Epoch::take(store, kRole, now);
  if (!epoch) return epoch.error();
  Result<durable_log::Writer> log =
      durable_log::Writer::create(store.log_path(kLog), store.id(), epoch->number(), now.wall_ns);
  if (!log) {
    epoch->release();
    return log.error();
  }
  return std::unique_ptr<Ownership>(new Ownership(store, *std::move(epoch), *std::move(log)));
}

Ownership::Ownership(const store::Store& store, store::Epoch epoch, durable_log::Writer log)
    : store_(store),
      folder_(store.log_path(kLog)),
      archive_folder_(store.path() + "/archive"),
      store_id_(store.id()),
      epoch_(std::move(epoch)),
      log_(std::move(log)),
      born_(log_.position()),
      core_(epoch_.number()),
      quarantine_(folder_, kLog) {}

Ownership::~Ownership() {
  drain_.reset();
  if (!given_up_) epoch_.release();
}

Result<bool> Ownership::recover(std::size_t most) {
  if (!scan_) {
    Result<durable_log::Reader> reader = durable_log::Reader::open(folder_, store_id_, {});
    if (!reader) return reader.error();
    scan_ = std::move(*reader);
  }
  for (std::size_t i = 0; i < most; ++i) {
    const Result<std::optional<durable_log::Entry>> entry = scan_->next(&born_);
    if (!entry) return entry.error();
    if (!*entry) {
      report_recovery();
      scan_.reset();
      return true;
    }
    core_.restore(**entry);
    census_.add((*entry)->end);
    selection_.note(**entry);
  }
  return false;
}

void Ownership::report_recovery() {
  const durable_log::ScanReport& report = scan_->report();
  for (const std::string& finding : report.findings) {
    log::write(report.corrupt_records > 0 ? log::Level::error : log::Level::warn, finding);
  }
  log::info("recovered {} records from {}: epoch {}, {} torn bytes, {} corrupt records",
            report.records, folder_, epoch_.number(), report.torn_bytes, report.corrupt_records);
  tell(report.damages, read_clocks().wall_ns);
}

void Ownership::follow_damage(Now now) { tell(drained().damages, now.wall_ns); }

void Ownership::tell(const std::vector<durable_log::Stretch>& damages, std::int64_t wall_ns) {
  const std::vector<std::string> lines = quarantine_.add(damages, wall_ns);
  for (const std::string& line : lines) store_.audit(line);
  if (!lines.empty()) log::error("{}", quarantine_.note());
}

void Ownership::start_drain(std::unique_ptr<ResultSink> sink, std::function<void()> on_change,
                            const ArchivePolicy& archive) {
  Drain::Options options{folder_,
                         {store_id_, epoch_.number()},
                         std::exchange(census_, {}),
                         log_.position(),
                         std::move(on_change),
                         std::exchange(selection_, {}),
                         std::make_unique<Archivist>(folder_, archive_folder_, store_id_, archive)};
  drain_ = std::make_unique<Drain>(std::move(options), std::move(sink));
}

Result<std::size_t> Ownership::commit() {
  std::size_t count = 0;
  for (std::size_t i = 0; i < kCommitsPerTurn; ++i) {
    const auto records = core_.next_commit();
    if (records.empty()) break;
    const std::size_t size = records.size();
    const std::int64_t begin_ns = read_clocks().monotonic_ns;
    const Result<durable_log::Position> end = log_.append(records);
    if (!end) return end.error();
    // A disk may hang for longer than an owner may be silent: who reads the log since then does not
    // know of these records, and nobody must hear of them.
    if (epoch_.superseded(read_clocks())) return count;
    appends_.add(records, read_clocks().monotonic_ns - begin_ns);
    core_.committed(*end);
    count += size;
    if (drain_) drain_->advance(*end);
  }
  return count;
}

std::size_t Ownership::look_up() {
  const std::vector<Lookup> lookups = core_.take_lookups(kLookupsPerTurn);
  for (const Lookup& lookup : lookups) {
    if (::access((folder_ + "/" + lookup.place.segment).c_str(), F_OK) != 0 && errno == ENOENT) {
      core_.forget(lookup);  // archived
    } else if (std::optional<wire::Score> score = score_at(folder_, lookup)) {
      core_.found(lookup, *std::move(score));
    } else {
      core_.unreadable(lookup);
    }
  }
  return lookups.size();
}

std::uint64_t Ownership::undrained_bytes() const {
  const Drain::State state = drained();
  // Before the database has answered, what older lives left cannot be told from what is stored.
  return durable_log::bytes_behind(folder_, state.reached ? state.stored : born_);
}

void Ownership::give_up() {
  given_up_ = true;
  if (drain_) drain_->stop();
}

}  // namespace mendel::results_writer

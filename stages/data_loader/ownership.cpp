#include "stages/data_loader/ownership.hpp"

#include <utility>

#include "shared/base/log.hpp"

namespace mendel::data_loader {

constexpr const char* kLog = "bars";

Ownership::Ownership(const store::Store& store, store::Epoch taken, durable_log::Writer writer,
                     database::Pool& pool)
    : epoch(std::move(taken)),
      store_(store),
      writer_(std::move(writer)),
      quarantine_(store.log_path(kLog), kLog),
      drain_tables_(pool),
      cutter_tables_(pool) {}

Result<std::unique_ptr<Ownership>> Ownership::take(const store::Store& store, database::Pool& pool,
                                                   const Wake& wake, Now now) {
  auto epoch = store::Epoch::take(store, "data_loader", now);
  if (!epoch) return epoch.error();
  const std::string folder = store.log_path(kLog);
  auto writer = durable_log::Writer::create(folder, store.id(), epoch->number(), now.wall_ns);
  if (!writer) {
    epoch->release();  // else this process would take itself for a living owner
    return writer.error();
  }
  std::unique_ptr<Ownership> own(new Ownership(store, std::move(*epoch), std::move(*writer), pool));
  if (const Status recovered = own->recover(folder, store.id()); !recovered) {
    own->epoch.release();
    return recovered.error();
  }
  DrainCycle cycle(folder, store.id(), own->epoch.number(), own->drain_tables_);
  own->drain_ = std::make_unique<Drain>(std::move(cycle), own->writer_.position(), wake);
  own->cutter_ = std::make_unique<Cutter>(own->cutter_tables_, store, wake);
  return own;
}

Status Ownership::recover(const std::string& folder, const std::string& store_id) {
  auto reader = durable_log::Reader::open(folder, store_id, {});
  if (!reader) return reader.error();
  const durable_log::Position end = writer_.position();
  for (;;) {
    const auto entry = reader->next(&end);
    if (!entry) return entry.error();
    if (!*entry) break;
    core.restore(**entry);
  }
  const durable_log::ScanReport& report = reader->report();
  for (const std::string& finding : report.findings) {
    log::write(report.corrupt_records > 0 ? log::Level::error : log::Level::warn, finding);
  }
  tell(report.damages, read_clocks().wall_ns);
  return {};
}

void Ownership::tell(const std::vector<durable_log::Stretch>& damages, std::int64_t wall_ns) {
  const std::vector<std::string> lines = quarantine_.add(damages, wall_ns);
  for (const std::string& line : lines) store_.audit(line);
  if (!lines.empty()) log::error("{}", quarantine_.note());
}

Status Ownership::commit(runtime::Outbox& out) {
  const std::int64_t begin_ns = read_clocks().monotonic_ns;
  const auto end = writer_.append(core.next_commit());
  if (!end) return end.error();
  appends_.add(core.next_commit(), read_clocks().monotonic_ns - begin_ns);
  // A disk may hang for longer than an owner may be silent: who reads the log since then does not
  // know of these records, and nobody must hear of them.
  if (epoch.superseded(read_clocks())) {
    core.not_committed();
    return {};
  }
  core.committed(*end, out);
  drain_->advance(*end);
  return {};
}

}  // namespace mendel::data_loader

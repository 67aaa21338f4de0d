// The stage results_writer: the core between the log, the sockets and the database. It owns the
// epoch of its role: takes it, reads the log again, then records until it is asked to stop or a
// later owner appears; while another owner lives it is a passive standby.
// Threads: the loop thread; the drain has its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "shared/runtime/stage.hpp"
#include "shared/store/space.hpp"
#include "shared/store/store.hpp"
#include "stages/results_writer/archivist.hpp"
#include "stages/results_writer/tables.hpp"

namespace mendel::results_writer {

inline constexpr std::int64_t kLogBytesMaxDefault = std::int64_t{8} << 30;

struct ProcessOptions {
  // Bytes of the log not yet in the database at which the stage stops reading scores.
  std::uint64_t log_bytes_max = kLogBytesMaxDefault;
  // What is left free on the store's disk (store::Space).
  std::int64_t free_bytes_min = -1;
  store::LookAtDisk look_at_disk = store::disk_of;
  ArchivePolicy archive;
  // Called each time an epoch is taken.
  std::function<Result<std::unique_ptr<ResultSink>>()> open_sink;
};

std::unique_ptr<runtime::Stage> make_process(store::Store store, ProcessOptions options);

runtime::StageDefinition definition();

}  // namespace mendel::results_writer

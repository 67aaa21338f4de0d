#include "shared/store/store.hpp"
#include "stages/results_writer/process.hpp"

namespace mendel::results_writer {
namespace {

constexpr std::int64_t kLogBytesLeast = 1 << 20;
constexpr std::int64_t kLogBytesMost = std::int64_t{1} << 50;

constexpr std::int64_t kHoursMost = 24 * 365 * 10;
constexpr std::int64_t kNsPerHour = 3600 * kNsPerSecond;

Result<ArchivePolicy> read_archive(const wiring::Topology& topology) {
  ArchivePolicy policy;
  const auto after = topology.integer("results_writer.archive_after_hours",
                                      policy.after_ns / kNsPerHour, 0, kHoursMost);
  if (!after) return after.error();
  const auto days = topology.integer("results_writer.archive_keep_days",
                                     policy.keep_ns / (24 * kNsPerHour), 0, kHoursMost / 24);
  if (!days) return days.error();
  const auto bytes =
      topology.integer("results_writer.archive_keep_bytes",
                       static_cast<std::int64_t>(policy.keep_bytes), 0, kLogBytesMost);
  if (!bytes) return bytes.error();
  policy.after_ns = *after * kNsPerHour;
  policy.keep_ns = *days * 24 * kNsPerHour;
  policy.keep_bytes = static_cast<std::uint64_t>(*bytes);
  return policy;
}

Result<ProcessOptions> read_options(const wiring::Topology& topology) {
  const Result<std::int64_t> bytes = topology.integer(
      "results_writer.log_bytes_max", kLogBytesMaxDefault, kLogBytesLeast, kLogBytesMost);
  if (!bytes) return bytes.error();
  const Result<std::int64_t> free_bytes_min =
      topology.integer("pipeline.free_bytes_min", -1, -1, store::kFreeBytesMost);
  if (!free_bytes_min) return free_bytes_min.error();
  const Result<ArchivePolicy> archive = read_archive(topology);
  if (!archive) return archive.error();
  // Opened once here, so that a missing setting ends the start and not the first drain.
  if (auto sink = open_result_tables(topology); !sink) return sink.error();
  ProcessOptions options;
  options.log_bytes_max = static_cast<std::uint64_t>(*bytes);
  options.free_bytes_min = *free_bytes_min;
  options.archive = *archive;
  options.open_sink = [topology] { return open_result_tables(topology); };
  return options;
}

Result<std::unique_ptr<runtime::Stage>> make(const runtime::StageContext& context) {
  Result<ProcessOptions> options = read_options(context.topology);
  if (!options) return options.error();
  Result<store::Store> store = store::Store::open(context.topology.store());
  if (!store) return store.error();
  return make_process(*std::move(store), *std::move(options));
}

}  // namespace

runtime::StageDefinition definition() {
  runtime::StageDefinition definition;
  definition.name = "results_writer";
  definition.summary =
      "makes scores and records durable, says so, and loads them into the result tables";
  definition.check = [](const runtime::StageContext& context) -> Status {
    const Result<ProcessOptions> options = read_options(context.topology);
    return options ? Status() : Status(options.error());
  };
  definition.make = make;
  return definition;
}

}  // namespace mendel::results_writer

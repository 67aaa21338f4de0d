#include "shared/store/store.hpp"
#include "stages/results_writer/process.hpp"

namespace mendel::results_writer {
namespace {

constexpr std::int64_t kLogBytesLeast = 1 << 20;
constexpr std::int64_t kLogBytesMost = std::int64_t{1} << 50;

Result<ProcessOptions> read_options(const wiring::Topology& topology) {
  const Result<std::int64_t> bytes = topology.integer(
      "results_writer.log_bytes_max", kLogBytesMaxDefault, kLogBytesLeast, kLogBytesMost);
  if (!bytes) return bytes.error();
  const Result<std::int64_t> free_bytes_min =
      topology.integer("pipeline.free_bytes_min", -1, -1, store::kFreeBytesMost);
  if (!free_bytes_min) return free_bytes_min.error();
  // Opened once here, so that a missing setting ends the start and not the first drain.
  if (auto sink = open_result_tables(topology); !sink) return sink.error();
  ProcessOptions options;
  options.log_bytes_max = static_cast<std::uint64_t>(*bytes);
  options.free_bytes_min = *free_bytes_min;
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

// Fault: everything that the simulator does to a pipeline, by name, and how often it was done.
// Threads: constants and plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mendel::simulation {

enum class Fault : std::uint8_t {
  message_lost,
  message_duplicated,
  message_reordered,
  message_delayed,
  late_subscription,
  late_file,          // an evaluator does not see a published file yet
  file_refused,       // a checkpoint that a full disk did not take, the reserve being used up
  evaluator_killed,   // with its buffers; starts again
  evaluator_stalled,  // computes nothing for a while, and keeps talking
  evaluator_wedged,   // the same for good
  evaluator_paused,   // SIGSTOP, SIGCONT
  evaluator_slowed,   // ten times slower, for good
  evaluator_joined,   //
  evaluator_left,     // asked to stop; does not come back
  foreign_evaluator,  // of another engine version or with another self-test joins
  dispatcher_killed,  //
  dispatcher_torn,    // killed between two of its effects
  dispatcher_paused,  //
  writer_killed,      //
  writer_torn,        // killed before an fsync was over: a part of what it wrote survives
  writer_paused,      //
  slow_fsync,         //
  loader_killed,      //
  loader_torn,        // as the writer
  loader_paused,      //
  ingestor_killed,    //
  ingestor_paused,    //
  monitor_killed,     //
  second_dispatcher,  // started by mistake beside the first
  second_writer,      //
  second_loader,      //
  partition,          // two stages cannot reach each other
  slow_disk,          // every fsync takes seconds
  disk_full,          // the logs take nothing, checkpoints what the reserve has room for
  database_away,      //
  database_slow,      // every transaction takes seconds
  commit_cut_off,     // happened or not, and nobody knows
  backends_ended,     // pg_terminate_backend for all
  inodes_used_up,     // no file can be made: no checkpoint, epoch or segment; logs go on
};
inline constexpr std::size_t kFaultCount = 39;
inline constexpr std::array<std::string_view, kFaultCount> kFaultNames = {
    "message_lost",      "message_duplicated", "message_reordered", "message_delayed",
    "late_subscription", "late_file",          "file_refused",      "evaluator_killed",
    "evaluator_stalled", "evaluator_wedged",   "evaluator_paused",  "evaluator_slowed",
    "evaluator_joined",  "evaluator_left",     "foreign_evaluator", "dispatcher_killed",
    "dispatcher_torn",   "dispatcher_paused",  "writer_killed",     "writer_torn",
    "writer_paused",     "slow_fsync",         "loader_killed",     "loader_torn",
    "loader_paused",     "ingestor_killed",    "ingestor_paused",   "monitor_killed",
    "second_dispatcher", "second_writer",      "second_loader",     "partition",
    "slow_disk",         "disk_full",          "database_away",     "database_slow",
    "commit_cut_off",    "backends_ended",     "inodes_used_up"};
static_assert(static_cast<std::size_t>(Fault::inodes_used_up) + 1 == kFaultCount);

using FaultCounts = std::array<std::uint64_t, kFaultCount>;

constexpr std::size_t index_of(Fault fault) { return static_cast<std::size_t>(fault); }
constexpr std::string_view name_of(Fault fault) { return kFaultNames[index_of(fault)]; }

}  // namespace mendel::simulation

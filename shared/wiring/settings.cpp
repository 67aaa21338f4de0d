#include "shared/wiring/settings.hpp"

#include <fmt/format.h>

#include "shared/wiring/edges.hpp"

namespace mendel::wiring {
namespace {

// To add a setting, add its row here; Topology::setting() and integer() then read it.
constexpr SettingSpec kSettings[] = {
    {"pipeline.store", "folder that stages share: datasets, logs, checkpoints"},
    {"pipeline.run", "folder of sockets, pid and health files (0700)"},
    {"pipeline.inbox", "folder where the ingestor looks for files"},
    {"pipeline.supervised", "no = stages are started by somebody else, as by compose [yes]"},
    {"pipeline.insecure_bind", "yes = binding beyond loopback without CURVE is allowed [no]"},
    {"pipeline.free_bytes_min",
     "bytes of the store's disk that logs and datasets leave free; -1 = 2 GiB or 5 %, the smaller "
     "[-1]"},
    {"pipeline.reserve_bytes",
     "bytes of a file in the store that is given up when the disk is full, so that checkpoints go "
     "on; 0 = none [67108864]"},
    {"taps.out", "endpoint where `mendel tap` listens"},
    {"pipeline.efs_dns_name",
     "host name of the NFS server that holds the store; EFS_DNS_NAME sets it"},
    {"database.mode", "as-is, direct or pooled: -pooler off or onto Neon's host name [as-is]"},
    {"database.dsn_file", "file that holds the connection string, re-read at each reconnect"},
    {"ingestor.window_batches", "batches sent and not yet receipted [32]"},
    {"database.statement_timeout_ms",
     "ms that a statement may take; the client waits 10 s longer [120000]"},
    {"database.lock_timeout_ms", "ms that a statement waits for a lock [30000]"},
    {"database.always_on",
     "yes = idle connections are asked once a minute, which keeps a compute awake [no]"},
    {"data_loader.pool_min", "database connections kept open while in use [0]"},
    {"data_loader.pool_max", "database connections at most"},
    {"data_loader.log_bytes_max", "bytes of bars not yet in the database at most"},
    {"ga_dispatcher.lease_ms", "ms without progress before a batch is handed out again [10000]"},
    {"ga_dispatcher.report_best", "candidates in a report beside the pick [10]"},
    {"evaluator.threads", "compute threads; 0 = what the machine allows [0]"},
    {"results_writer.pool_min", "database connections kept open while in use [0]"},
    {"results_writer.pool_max", "database connections at most"},
    {"results_writer.log_bytes_max", "bytes of scores not yet in the database at most"},
    {"results_writer.archive_after_hours",
     "hours behind the end of a run until it is archived [24]"},
    {"results_writer.archive_keep_days", "days that the archive keeps a run [30]"},
    {"results_writer.archive_keep_bytes", "bytes that the archive keeps [50000000000]"},
    {"monitor.listen", "address of /metrics, /healthz and /readyz [127.0.0.1:9464]"},
    {"monitor.alert_webhook",
     "address that alerts are posted to, as Alertmanager posts; empty = none"},
    {"monitor.textfile", "file that holds all metrics, for a node exporter; empty = none"},
};

}  // namespace

std::span<const SettingSpec> settings() { return kSettings; }

const std::vector<std::string>& known_keys() {
  static const std::vector<std::string> kKnown = [] {
    std::vector<std::string> keys;
    for (const SettingSpec& setting : kSettings) keys.emplace_back(setting.key);
    for (const EdgeSpec& edge : edges()) {
      for (const char* name : {"endpoint", "listen", "bind", "high_water_mark"}) {
        keys.push_back(fmt::format("{}.{}", edge.name, name));
      }
    }
    return keys;
  }();
  return kKnown;
}

bool is_secret(std::string_view key) {
  if (key.ends_with("_file")) return false;
  for (const std::string_view word : {"dsn", "password", "secret", "webhook"}) {
    if (key.find(word) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace mendel::wiring

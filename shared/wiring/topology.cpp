#include "shared/wiring/topology.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <set>

#include "shared/base/check.hpp"
#include "shared/config/value.hpp"
#include "shared/wiring/settings.hpp"

namespace mendel::wiring {
namespace {

// sizeof(sockaddr_un::sun_path) less its final zero.
constexpr std::size_t kSocketPathBytesMax = 107;
// "/results_writer.01234567.health", the longest socket in the run folder that is no edge.
constexpr std::size_t kHealthNameBytes = 31;
constexpr std::int64_t kHighWaterMarkMax = 1'000'000;
// Linux hands out ephemeral ports from 32768: reconnecting to a dead one on the same host can
// connect to itself.
constexpr std::int64_t kPortMax = 32767;

struct TcpAddress {
  std::string host;
  std::int64_t port = 0;
};

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<TcpAddress> parse_tcp(std::string_view endpoint) {
  if (!endpoint.starts_with("tcp://")) return std::nullopt;
  endpoint.remove_prefix(6);
  const std::size_t colon = endpoint.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::optional<std::int64_t> port = whole_number(endpoint.substr(colon + 1));
  if (!port) return std::nullopt;
  return TcpAddress{std::string(endpoint.substr(0, colon)), *port};
}

bool is_loopback(std::string_view host) {
  return host.starts_with("127.") || host == "[::1]" || host == "localhost";
}

bool is_numeric(std::string_view host) {
  return host.starts_with('[') || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_yes(std::string_view text) { return text == "yes" || text == "true" || text == "1"; }

Status check_endpoint(const std::string& where, const std::string& endpoint) {
  if (endpoint.starts_with("ipc:///")) {
    const std::size_t bytes = endpoint.size() - 6;
    if (bytes > kSocketPathBytesMax) {
      return configuration_error(
          fmt::format("{}: {} is a path of {} bytes, sockets allow {}; choose a shorter state "
                      "directory (--state)",
                      where, endpoint, bytes, kSocketPathBytesMax));
    }
    return {};
  }
  const std::optional<TcpAddress> tcp = parse_tcp(endpoint);
  if (!tcp) {
    return configuration_error(fmt::format(
        "{}: '{}' is no endpoint; write ipc:///path or tcp://host:port", where, endpoint));
  }
  if (tcp->port < 1 || tcp->port > kPortMax) {
    return configuration_error(
        fmt::format("{}: port {} of {} is out of range; choose one from 1 "
                    "to {} (those above are ephemeral)",
                    where, tcp->port, endpoint, kPortMax));
  }
  return {};
}

Status check_bind(const std::string& where, const EdgeSpec& spec, const std::string& bind) {
  std::vector<std::string> allowed;
  std::vector<std::string_view> ends = {spec.from, spec.to[0]};
  // With two kinds of readers only the sender can be where both connect to.
  if (spec.pattern == Pattern::publish && !spec.to[1].empty()) ends.pop_back();
  for (const std::string_view stage : ends) {
    // Any number of evaluators may run, and commands come and go: neither can own an address.
    const bool known = std::find(kStages.begin(), kStages.end(), stage) != kStages.end();
    if (known && stage != "evaluator") allowed.emplace_back(stage);
  }
  if (std::find(allowed.begin(), allowed.end(), bind) != allowed.end()) return {};
  return configuration_error(fmt::format("{}: bind = {} is not possible; choose {}", where,
                                         bind.empty() ? "(nothing)" : bind,
                                         fmt::join(allowed, " or ")));
}

Status check_exposure(const std::string& where, const std::string& listen, bool insecure_bind) {
  const std::optional<TcpAddress> tcp = parse_tcp(listen);
  if (!tcp || is_loopback(tcp->host) || insecure_bind) return {};
  return configuration_error(
      fmt::format("{}: {} would be reachable from other machines without encryption; bind to "
                  "127.0.0.1, or set insecure_bind = yes in [pipeline] on a private network",
                  where, listen));
}

std::string value_of(const config::Ini& settings, std::string_view key) {
  const auto found = settings.find(key);
  return found == settings.end() ? "" : found->second;
}

Result<EdgeWiring> read_edge(const std::string& file, const config::Ini& settings,
                             const EdgeSpec& spec) {
  const std::string where = fmt::format("{}: [{}]", file, spec.name);
  const auto value = [&](std::string_view name) {
    return value_of(settings, fmt::format("{}.{}", spec.name, name));
  };
  EdgeWiring wiring;
  wiring.edge = spec.edge;
  wiring.endpoint = value("endpoint");
  wiring.bind = value("bind");
  if (wiring.endpoint.empty()) {
    return configuration_error(where + " has no endpoint; add endpoint = ipc:///… or tcp://…");
  }
  if (Status ok = check_endpoint(where, wiring.endpoint); !ok) return ok.error();
  if (Status ok = check_bind(where, spec, wiring.bind); !ok) return ok.error();
  wiring.listen = value("listen");
  if (wiring.listen.empty()) wiring.listen = listening_address(wiring.endpoint);
  if (Status ok = check_endpoint(where, wiring.listen); !ok) return ok.error();
  const bool insecure = is_yes(value_of(settings, "pipeline.insecure_bind"));
  if (Status ok = check_exposure(where, wiring.listen, insecure); !ok) return ok.error();
  if (const std::string mark = value("high_water_mark"); !mark.empty()) {
    const std::optional<std::int64_t> messages = whole_number(mark);
    if (!messages || *messages < 1 || *messages > kHighWaterMarkMax) {
      return configuration_error(fmt::format("{}: high_water_mark = {}: expected 1 to {} messages",
                                             where, mark, kHighWaterMarkMax));
    }
    wiring.high_water_mark = static_cast<int>(*messages);
  }
  return wiring;
}

// The endpoint of `mendel tap` follows the same rules; when absent there is none.
Status check_taps_out(const std::string& file, const config::Ini& settings) {
  const std::string where = file + ": [taps] out";
  const std::string out = value_of(settings, "taps.out");
  if (out.empty()) return configuration_error(where + " is missing; add out = ipc:///… or tcp://…");
  if (Status ok = check_endpoint(where, out); !ok) return ok;
  const bool insecure = is_yes(value_of(settings, "pipeline.insecure_bind"));
  return check_exposure(where, listening_address(out), insecure);
}

Status check_monitor(const std::string& file, const config::Ini& settings) {
  const std::string listen = value_of(settings, "monitor.listen");
  if (listen.empty()) return {};
  const bool insecure = is_yes(value_of(settings, "pipeline.insecure_bind"));
  return check_exposure(file + ": [monitor] listen", "tcp://" + listen, insecure);
}

Status check_folders(const std::string& file, const config::Ini& settings) {
  for (const char* key : {"pipeline.store", "pipeline.run", "pipeline.inbox"}) {
    const std::string path = value_of(settings, key);
    if (!path.starts_with('/')) {
      return configuration_error(
          fmt::format("{}: {} = '{}': expected an absolute path such as "
                      "${{state}}/run",
                      file, key, path));
    }
  }
  const std::string run = value_of(settings, "pipeline.run");
  if (run.size() + kHealthNameBytes > kSocketPathBytesMax) {
    return configuration_error(
        fmt::format("{}: pipeline.run = {} is too long for sockets; choose "
                    "a shorter state directory (--state)",
                    file, run));
  }
  return {};
}

bool carries_credentials(std::string_view value) {
  if (value.find("password") != std::string_view::npos) return true;
  const std::size_t scheme = value.find("://");
  return scheme != std::string_view::npos && value.find('@', scheme) != std::string_view::npos;
}

}  // namespace

std::string listening_address(const std::string& endpoint) {
  const std::optional<TcpAddress> tcp = parse_tcp(endpoint);
  if (!tcp) return endpoint;
  if (tcp->host == "localhost") return fmt::format("tcp://127.0.0.1:{}", tcp->port);
  return is_numeric(tcp->host) ? endpoint : fmt::format("tcp://*:{}", tcp->port);
}

Result<Topology> Topology::read(const std::string& file, const std::string& state) {
  if (!state.starts_with('/')) {
    return configuration_error(
        fmt::format("state directory '{}': expected an absolute path", state));
  }
  Result<config::Ini> settings = config::read_ini(file, {{"state", state}}, known_keys());
  if (!settings) return settings.error();
  // Its usual name on machines that mount Amazon's EFS.
  const char* efs = std::getenv("EFS_DNS_NAME");
  if (efs != nullptr) settings->emplace("pipeline.efs_dns_name", efs);
  Topology topology;
  topology.file_ = file;
  topology.state_ = state;
  topology.settings_ = std::move(*settings);
  if (Status ok = check_folders(file, topology.settings_); !ok) return ok.error();
  std::set<std::string> taken;
  for (const EdgeSpec& spec : wiring::edges()) {
    Result<EdgeWiring> wiring = read_edge(file, topology.settings_, spec);
    if (!wiring) return wiring.error();
    if (!taken.insert(wiring->endpoint).second) {
      return configuration_error(fmt::format("{}: [{}] endpoint = {} is another edge's already",
                                             file, spec.name, wiring->endpoint));
    }
    topology.edges_.push_back(std::move(*wiring));
  }
  if (Status ok = check_taps_out(file, topology.settings_); !ok) return ok.error();
  if (Status ok = check_monitor(file, topology.settings_); !ok) return ok.error();
  if (!taken.insert(topology.setting("taps.out")).second) {
    return configuration_error(fmt::format("{}: [taps] out = {} is an edge's endpoint already",
                                           file, topology.setting("taps.out")));
  }
  return topology;
}

const EdgeWiring& Topology::edge(Edge edge) const {
  return edges_.at(static_cast<std::size_t>(edge));
}

std::string Topology::setting(std::string_view key, std::string_view fallback) const {
  const auto& known = known_keys();
  if (std::find(known.begin(), known.end(), key) == known.end()) {
    check(false, fmt::format("setting '{}' is not in shared/wiring/settings.cpp", key));
  }
  const auto found = settings_.find(key);
  return found == settings_.end() ? std::string(fallback) : found->second;
}

Result<std::int64_t> Topology::integer(std::string_view key, std::int64_t fallback,
                                       std::int64_t least, std::int64_t most) const {
  const std::string text = setting(key);
  if (text.empty()) return fallback;
  const std::optional<std::int64_t> value = whole_number(text);
  if (!value || *value < least || *value > most) {
    return configuration_error(fmt::format("{}: {} = {}: expected a whole number from {} to {}",
                                           file_, key, text, least, most));
  }
  return *value;
}

std::string Topology::resolved() const {
  std::string text;
  for (const auto& [key, value] : settings_) {
    const bool hidden = !value.empty() && (is_secret(key) || carries_credentials(value));
    text += fmt::format("{} = {}\n", key, hidden ? "<redacted>" : value);
  }
  return text;
}

}  // namespace mendel::wiring

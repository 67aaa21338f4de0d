#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "shared/base/time.hpp"
#include "shared/http/client.hpp"
#include "shared/neon/api.hpp"
#include "shared/neon/settings.hpp"
#include "shared/neon/sizing.hpp"
#include "shared/store/store.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/neon_branches.hpp"
#include "topology/mendel/run_list.hpp"
#include "topology/mendel/text_table.hpp"

namespace mendel::cli {
namespace {

constexpr std::int64_t kRequestMsMax = 30'000;
constexpr double kDataGbMax = 1e6;

Result<std::optional<double>> number_option(const config::Arguments& arguments,
                                            const std::string& name) {
  if (!arguments.has(name)) return std::optional<double>();
  const std::string text = arguments.text(name);
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || !std::isfinite(value))
    return configuration_error(fmt::format("--{} {}: not a number", name, text));
  return std::optional<double>(value);
}

Result<neon::Wanted> wanted_of(const config::Arguments& arguments) {
  neon::Wanted wanted;
  for (const auto& [name, into] :
       {std::pair{"min-cu", &wanted.min_cu}, {"max-cu", &wanted.max_cu}}) {
    auto value = number_option(arguments, name);
    if (!value) return value.error();
    *into = *value;
  }
  if (arguments.has("suspend")) {
    const auto seconds = arguments.integer("suspend", -1, neon::kSuspendSecondsMost);
    if (!seconds) return seconds.error();
    wanted.suspend_seconds = *seconds;
  }
  if (arguments.has("history")) {
    const auto history = arguments.integer("history", 0, neon::kHistorySecondsMost);
    if (!history) return history.error();
    wanted.history_seconds = *history;
  }
  if (arguments.has("allow-ips")) {
    wanted.allowed_ips.emplace();
    std::string word;
    for (const char c : arguments.text("allow-ips") + ",") {
      if (c != ',' && c != ' ') {
        word += c;
      } else if (!word.empty()) {
        wanted.allowed_ips->push_back(std::exchange(word, {}));
      }
    }
  }
  return wanted;
}

// ---- size ------------------------------------------------------------------------------------

Result<int> size(const config::Arguments& arguments) {
  const auto data = number_option(arguments, "data-gb");
  if (!data) return data.error();
  if (!*data || **data < 0 || **data > kDataGbMax) {
    return configuration_error(
        "mendel neon size: how much data? add --data-gb X, 0 to 1000000 (`mendel status` shows "
        "it)");
  }
  const neon::Size size = neon::size_for(**data);
  if (arguments.flag("json")) {
    config::Value value;
    value.set("data_gb", size.data_gb);
    value.set("memory_gb", size.memory_gb);
    value.set("compute_units", size.compute_units);
    value.set("min_cu", size.min_cu);
    value.set("max_cu", size.compute_units);
    value.set("max_connections", size.max_connections);
    value.set("is_capped", size.is_capped);
    fmt::print("{}\n", config::to_json(value, 2));
    return 0;
  }
  const std::string units = neon::compute_units_text(size.compute_units);
  fmt::print(
      "{:g} GB of data · 1.25 + 4 GB = {:g} GB of memory, at 4 GB a unit: {} compute units\n",
      size.data_gb, size.memory_gb, units);
  if (size.is_capped)
    fmt::print("that is the most this rule gives: not all of the data fits in memory\n");
  fmt::print("connections: {} at most\n", size.max_connections);
  fmt::print("\nmendel neon apply --min-cu {} --max-cu {}\n", neon::compute_units_text(size.min_cu),
             units);
  return 0;
}

// ---- status and apply ------------------------------------------------------------------------

struct Seen {
  config::Value project;
  config::Value endpoint;
};

Result<Seen> see(neon::Api& api, const std::string& wanted_endpoint) {
  auto project = api.read("");
  if (!project) return project.error();
  const config::Value* body = project->find("project");
  if (body == nullptr) return operator_error("the answer names no project; is this Neon's API?");
  const auto endpoints = api.read_all("/endpoints", "endpoints");
  if (!endpoints) return endpoints.error();
  std::vector<const config::Value*> matching;
  std::vector<std::string> ids;
  for (const config::Value& endpoint : *endpoints) {
    if (text_of(endpoint, "type") == "read_write") ids.push_back(text_of(endpoint, "id"));
    const bool fits = wanted_endpoint.empty() ? text_of(endpoint, "type") == "read_write"
                                              : text_of(endpoint, "id") == wanted_endpoint;
    if (fits) matching.push_back(&endpoint);
  }
  if (matching.size() == 1) return Seen{*body, *matching.front()};
  if (matching.empty() && !wanted_endpoint.empty()) {
    return configuration_error(fmt::format("no endpoint \"{}\"{}", wanted_endpoint,
                                           config::suggestion(wanted_endpoint, ids)));
  }
  return configuration_error(
      matching.empty()
          ? "the project has no endpoint that writes"
          : fmt::format("which endpoint? add --endpoint, one of: {}", fmt::join(ids, ", ")));
}

Result<int> status(neon::Api& api, const config::Arguments& arguments) {
  const auto seen = see(api, arguments.text("endpoint"));
  if (!seen) return seen.error();
  const neon::InForce now = neon::in_force(seen->project, seen->endpoint);
  const int connections = neon::connections_of(now.min_cu, now.max_cu);
  // Suspended is a state, not a failure.
  const std::string raw = text_of(seen->endpoint, "current_state");
  const std::string state = raw == "idle" ? "suspended" : raw;
  if (arguments.flag("json")) {
    config::Value value;
    value.set("project", text_of(seen->project, "id"));
    value.set("name", text_of(seen->project, "name"));
    value.set("region", text_of(seen->project, "region_id"));
    value.set("endpoint", now.endpoint);
    value.set("host", text_of(seen->endpoint, "host"));
    value.set("state", state);
    value.set("min_cu", now.min_cu);
    value.set("max_cu", now.max_cu);
    value.set("max_connections", connections);
    value.set("suspend_timeout_seconds", now.suspend_seconds);
    value.set("history_retention_seconds", now.history_seconds);
    config::Value ips = config::Value::array();
    for (const std::string& ip : now.allowed_ips) ips.push(ip);
    value.set("allowed_ips", std::move(ips));
    fmt::print("{}\n", config::to_json(value, 2));
    return 0;
  }
  fmt::print(
      "{}",
      left_aligned(
          {{"project", fmt::format("{} ({})", config::one_line(text_of(seen->project, "name")),
                                   text_of(seen->project, "id"))},
           {"region", text_of(seen->project, "region_id")},
           {"endpoint", now.endpoint},
           {"host", text_of(seen->endpoint, "host")},
           {"state", state},
           {"autoscaling",
            fmt::format("{} to {} CU, {} connections at most", neon::compute_units_text(now.min_cu),
                        neon::compute_units_text(now.max_cu), connections)},
           {"suspends", neon::suspend_text(now.suspend_seconds)},
           {"history retention", neon::duration_text(now.history_seconds)},
           {"may connect", now.allowed_ips.empty()
                               ? "everyone"
                               : fmt::format("{}", fmt::join(now.allowed_ips, " "))}}));
  return 0;
}

void audit(const config::Arguments& arguments, const std::vector<neon::Change>& changes) {
  const auto topology = open_topology(arguments);
  if (!topology) return;
  const auto store = store::Store::open(topology->setting("pipeline.store"));
  if (!store) return;  // there may be none yet
  config::Value line;
  line.set("time", format_time(read_clocks().wall_ns));
  line.set("action", "neon apply");
  for (const neon::Change& change : changes)
    line.set(change.setting, fmt::format("{} -> {}", change.from, change.to));
  store->audit(config::to_json(line));
}

Result<int> apply(neon::Api& api, const config::Arguments& arguments) {
  const auto wanted = wanted_of(arguments);
  if (!wanted) return wanted.error();
  const auto seen = see(api, arguments.text("endpoint"));
  if (!seen) return seen.error();
  const neon::InForce now = neon::in_force(seen->project, seen->endpoint);
  if (Status status = neon::check_wanted(*wanted, now); !status) return status.error();
  const std::vector<neon::Change> changes = neon::changes(*wanted, now);
  if (changes.empty()) {
    fmt::print("{}: nothing to change\n", now.endpoint);
    return 0;
  }
  for (const neon::Change& change : changes)
    fmt::print("{}\n- {}\n+ {}\n", change.setting, change.from, change.to);
  if (!arguments.flag("yes")) {
    fmt::print("\nnothing was changed; --yes applies it\n");
    return 0;
  }
  // The project first: an allow list and a history protect what the compute then does.
  if (const config::Value body = neon::project_patch(*wanted, now); !body.is_null()) {
    const auto done = api.change("PATCH", "", body);
    if (!done) return done.error();
  }
  if (const config::Value body = neon::endpoint_patch(*wanted, now); !body.is_null()) {
    const auto done = api.change("PATCH", "/endpoints/" + neon::url_part(now.endpoint), body);
    if (!done) return done.error();
  }
  audit(arguments, changes);
  fmt::print("\napplied\n");
  return 0;
}

Result<int> run(const config::Arguments& arguments) {
  const std::string action = arguments.operands().front();
  const std::vector<std::string> known = {"size", "apply", "branch", "status"};
  if (std::find(known.begin(), known.end(), action) == known.end()) {
    return configuration_error(
        fmt::format("mendel neon: '{}' is no action{}", action, config::suggestion(action, known)));
  }
  if (action == "size") return size(arguments);
  if (action == "apply") {  // what is wrong by itself is told without asking for a key
    if (const auto wanted = wanted_of(arguments); !wanted) return wanted.error();
  }
  auto access = neon::read_access(arguments.text("project"));
  if (!access) return access.error();
  neon::Api api(*std::move(access), http::open_client(kRequestMsMax), [](std::int64_t ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
  });
  if (action == "apply") return apply(api, arguments);
  return action == "branch" ? neon_branch(api, arguments) : status(api, arguments);
}

}  // namespace

Command neon_command() {
  Command command;
  command.spec.name = "mendel neon";
  command.spec.summary = "size a Neon compute, set its project up, make and restore branches";
  command.spec.operands = {"ACTION", "[WHAT]", "[NAME]"};
  command.spec.options = {
      {"data-gb", "gb", "size: how much data there will be", ""},
      {"min-cu", "cu", "apply: autoscaling minimum, 0.25 to 16", ""},
      {"max-cu", "cu", "apply: autoscaling maximum, at most 8 above the minimum", ""},
      {"suspend", "s", "apply: idle seconds until suspend; 0 = Neon's default (300), -1 = never",
       ""},
      {"history", "s",
       "apply: history kept for restoring to a moment, 0 to 2592000; else 604800 where it is less",
       ""},
      {"allow-ips", "list", "apply: addresses that may connect, separated by commas", ""}};
  for (auto& option : neon_branch_options()) command.spec.options.push_back(option);
  command.spec.options.push_back(
      {"project", "id", fmt::format("Neon project (else {})", neon::kProjectVariable), ""});
  command.spec.options.push_back(
      {"endpoint", "id", "compute endpoint, where a project has several", ""});
  command.spec.options.push_back({"json", "", "size, status, branch list: print JSON", ""});
  command.spec.options.push_back(
      {"yes", "", "do it; without it, only show what would be done", ""});
  for (const auto& option : pipeline_options()) command.spec.options.push_back(option);
  command.spec.examples = {"mendel neon size --data-gb 20",
                           "mendel neon apply --min-cu 2 --max-cu 8 --suspend -1"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli

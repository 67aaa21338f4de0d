#include "shared/neon/settings.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "shared/neon/sizing.hpp"

namespace mendel::neon {
namespace {

double number_at(const config::Value& value, std::string_view path) {
  const config::Value* found = value.find_path(path);
  return found != nullptr && found->is_number() ? found->as_number() : 0;
}

std::string list_text(const std::vector<std::string>& ips) {
  return ips.empty() ? "everyone" : fmt::format("{}", fmt::join(ips, " "));
}

// Neon's steps: 0.25, 0.5, then whole units.
bool is_step(double cu) { return cu == 0.25 || cu == 0.5 || (cu >= 1 && cu == std::floor(cu)); }

Status check_autoscaling(const Wanted& wanted, const InForce& now) {
  for (const auto& [name, cu] :
       {std::pair{"--min-cu", wanted.min_cu}, std::pair{"--max-cu", wanted.max_cu}}) {
    if (!cu || (*cu >= kMinCuLeast && *cu <= kMaxCuMost && is_step(*cu))) continue;
    return configuration_error(fmt::format(
        "{} {:g}: a compute has 0.25, 0.5, or a whole number of units from 1 to 16", name, *cu));
  }
  if (!wanted.min_cu && !wanted.max_cu) return {};
  const double least = wanted.min_cu.value_or(now.min_cu);
  const double most = wanted.max_cu.value_or(now.max_cu);
  if (least > most) {
    return configuration_error(fmt::format(
        "autoscaling from {:g} to {:g}: the minimum is above the maximum; set both --min-cu and "
        "--max-cu",
        least, most));
  }
  if (most - least > kCuSpanMost) {
    return configuration_error(
        fmt::format("autoscaling from {:g} to {:g}: Neon allows at most 8 units between minimum "
                    "and maximum; raise --min-cu to {:g} or lower --max-cu to {:g}",
                    least, most, most - kCuSpanMost, std::floor(least + kCuSpanMost)));
  }
  return {};
}

// Mapped to IPv6 (::ffff:a.b.c.d), so that there is one kind of address.
using Address = std::array<unsigned char, 16>;

std::optional<Address> address_of(const std::string& text) {
  Address bytes{};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  std::array<unsigned char, 4> four{};
  if (inet_pton(AF_INET, text.c_str(), four.data()) != 1) return std::nullopt;
  bytes[10] = bytes[11] = 0xff;
  std::copy(four.begin(), four.end(), bytes.begin() + 12);
  return bytes;
}

bool in_network(const Address& address, const std::string& prefix, int bits) {
  const auto start = *address_of(prefix);
  for (int i = 0; i < bits; ++i) {
    const unsigned mask = 0x80U >> (static_cast<unsigned>(i) % 8U);
    const auto byte = static_cast<std::size_t>(i / 8);
    if (((address[byte] ^ start[byte]) & mask) != 0) return false;
  }
  return true;
}

// The first and the last address of a network that holds `address`.
std::pair<Address, Address> ends_of(const Address& address, int bits) {
  std::pair<Address, Address> ends{address, address};
  for (int i = bits; i < 128; ++i) {
    const auto mask = static_cast<unsigned char>(0x80U >> i % 8);
    ends.first[static_cast<std::size_t>(i / 8)] &= static_cast<unsigned char>(~mask);
    ends.second[static_cast<std::size_t>(i / 8)] |= mask;
  }
  return ends;
}

// Of the networks that no client on the internet connects from, the one that the range meets (RFC
// 1918, 3927, 4193, 4291, 6598, 1122).
std::string unreachable(const Address& first, const Address& last) {
  struct Reserved {
    const char* prefix;
    int bits;
    const char* name;
  };
  constexpr std::array<Reserved, 10> kReserved = {
      {{"0.0.0.0", 96 + 8, "an unspecified"},
       {"10.0.0.0", 96 + 8, "a private"},
       {"100.64.0.0", 96 + 10, "a private (a provider's)"},
       {"127.0.0.0", 96 + 8, "a loopback"},
       {"169.254.0.0", 96 + 16, "a link-local"},
       {"172.16.0.0", 96 + 12, "a private"},
       {"192.168.0.0", 96 + 16, "a private"},
       {"::", 127, "a loopback"},
       {"fc00::", 7, "a private"},
       {"fe80::", 10, "a link-local"}}};
  for (const Reserved& network : kReserved) {
    const auto [least, most] = ends_of(*address_of(network.prefix), network.bits);
    if (first <= most && least <= last) return network.name;
  }
  return "";
}

}  // namespace

InForce in_force(const config::Value& project, const config::Value& endpoint) {
  InForce now;
  if (const config::Value* id = endpoint.find("id"); id != nullptr && id->is_text())
    now.endpoint = id->as_text();
  now.min_cu = number_at(endpoint, "autoscaling_limit_min_cu");
  now.max_cu = number_at(endpoint, "autoscaling_limit_max_cu");
  now.suspend_seconds = static_cast<std::int64_t>(number_at(endpoint, "suspend_timeout_seconds"));
  now.history_seconds = static_cast<std::int64_t>(number_at(project, "history_retention_seconds"));
  const config::Value* ips = project.find_path("settings.allowed_ips.ips");
  if (ips != nullptr && ips->is_array()) {
    for (const config::Value& ip : ips->items())
      if (ip.is_text()) now.allowed_ips.push_back(ip.as_text());
  }
  const config::Value* only = project.find_path("settings.allowed_ips.protected_branches_only");
  now.protected_branches_only = only != nullptr && only->is_bool() && only->as_bool();
  return now;
}

Status check_wanted(const Wanted& wanted, const InForce& now) {
  if (Status status = check_autoscaling(wanted, now); !status) return status;
  if (const auto suspend = wanted.suspend_seconds;
      suspend && *suspend != 0 && *suspend != -1 &&
      (*suspend < kSuspendSecondsLeast || *suspend > kSuspendSecondsMost)) {
    return configuration_error(fmt::format(
        "--suspend {}: 0 = Neon's default (300 s), -1 = never, else 60 to 604800 s", *suspend));
  }
  const std::int64_t asked = wanted.history_seconds.value_or(kHistorySeconds);
  if (asked < 0 || asked > kHistorySecondsMost) {
    return configuration_error(fmt::format("--history {}: 0 to 2592000 seconds (30 days)", asked));
  }
  if (!wanted.allowed_ips) return {};
  if (wanted.allowed_ips->empty()) {
    return configuration_error(
        "--allow-ips: an empty list lets everyone connect; name at least one address");
  }
  for (const std::string& entry : *wanted.allowed_ips) {
    if (Status status = check_allowed_ip(entry); !status) return status;
  }
  return {};
}

Status check_allowed_ip(const std::string& entry) {
  const auto refuse = [&](const std::string& why) {
    return configuration_error(fmt::format("--allow-ips {}: {}", config::one_line(entry), why));
  };
  const std::string form = "write an address, a network as 203.0.113.0/24, or a range as a-b";
  const std::size_t dash = entry.find('-');
  const std::size_t slash = entry.find('/');
  auto first = address_of(entry.substr(0, std::min(dash, slash)));
  if (!first || (dash != std::string::npos && slash != std::string::npos)) return refuse(form);
  auto last = first;
  const bool is_four = in_network(*first, "::ffff:0:0", 96);
  if (slash != std::string::npos) {
    int bits = -1;
    const char* end = entry.data() + entry.size();
    const auto read = std::from_chars(entry.data() + slash + 1, end, bits);
    if (read.ec != std::errc{} || read.ptr != end || bits < 0 || bits > (is_four ? 32 : 128))
      return refuse(form);
    if (bits == 0) return refuse("that is everyone; name the networks your stages connect from");
    std::tie(first, last) = ends_of(*first, is_four ? 96 + bits : bits);
  }
  if (dash != std::string::npos) {
    last = address_of(entry.substr(dash + 1));
    if (!last || in_network(*last, "::ffff:0:0", 96) != is_four || *last < *first)
      return refuse(form);
  }
  if (const std::string kind = unreachable(*first, *last); !kind.empty()) {
    return refuse(
        fmt::format("{} address{}; Neon sees the public address of your network, which this is not",
                    kind, first == last ? "" : " is among them"));
  }
  return {};
}

namespace {

// What nobody asked to shorten keeps its restore points; Neon's own default depends on the plan.
std::int64_t history_of(const Wanted& wanted, const InForce& now) {
  return wanted.history_seconds.value_or(std::max(now.history_seconds, kHistorySeconds));
}

}  // namespace

std::vector<Change> changes(const Wanted& wanted, const InForce& now) {
  std::vector<Change> all;
  const auto add = [&](const char* setting, const std::string& from, const std::string& to) {
    if (from != to) all.push_back({setting, from, to});
  };
  const auto span = [](double least, double most) {
    return fmt::format("{} to {} CU", compute_units_text(least), compute_units_text(most));
  };
  add("autoscaling", span(now.min_cu, now.max_cu),
      span(wanted.min_cu.value_or(now.min_cu), wanted.max_cu.value_or(now.max_cu)));
  add("suspend", suspend_text(now.suspend_seconds),
      suspend_text(wanted.suspend_seconds.value_or(now.suspend_seconds)));
  add("history retention", duration_text(now.history_seconds),
      duration_text(history_of(wanted, now)));
  if (wanted.allowed_ips)
    add("allowed addresses", list_text(now.allowed_ips), list_text(*wanted.allowed_ips));
  return all;
}

config::Value endpoint_patch(const Wanted& wanted, const InForce& now) {
  config::Value endpoint;
  const double least = wanted.min_cu.value_or(now.min_cu);
  const double most = wanted.max_cu.value_or(now.max_cu);
  if (least != now.min_cu || most != now.max_cu) {  // both: Neon checks them together
    endpoint.set("autoscaling_limit_min_cu", least);
    endpoint.set("autoscaling_limit_max_cu", most);
  }
  if (wanted.suspend_seconds && *wanted.suspend_seconds != now.suspend_seconds)
    endpoint.set("suspend_timeout_seconds", *wanted.suspend_seconds);
  if (endpoint.is_null()) return endpoint;
  config::Value body;
  body.set("endpoint", std::move(endpoint));
  return body;
}

config::Value project_patch(const Wanted& wanted, const InForce& now) {
  const bool ips_change = wanted.allowed_ips && *wanted.allowed_ips != now.allowed_ips;
  if (!ips_change && history_of(wanted, now) == now.history_seconds) return {};
  config::Value project;
  project.set("history_retention_seconds", history_of(wanted, now));
  if (ips_change) {
    config::Value ips = config::Value::array();
    for (const std::string& ip : *wanted.allowed_ips) ips.push(ip);
    config::Value allowed;
    allowed.set("ips", std::move(ips));
    allowed.set("protected_branches_only", now.protected_branches_only);
    config::Value settings;
    settings.set("allowed_ips", std::move(allowed));
    project.set("settings", std::move(settings));
  }
  config::Value body;
  body.set("project", std::move(project));
  return body;
}

std::string suspend_text(std::int64_t seconds) {
  if (seconds == -1) return "never";
  if (seconds == 0) return "after 300 s idle (Neon's default)";
  return fmt::format("after {} s idle", seconds);
}

std::string duration_text(std::int64_t seconds) {
  struct Unit {
    std::int64_t seconds;
    const char* name;
  };
  for (const Unit unit : {Unit{86'400, "day"}, Unit{3'600, "hour"}}) {
    if (seconds == 0 || seconds % unit.seconds != 0) continue;
    const std::int64_t count = seconds / unit.seconds;
    return fmt::format("{} {}{}", count, unit.name, count == 1 ? "" : "s");
  }
  return fmt::format("{} seconds", seconds);
}

}  // namespace mendel::neon

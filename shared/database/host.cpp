#include "shared/database/host.hpp"

#include <algorithm>

namespace mendel::database {
namespace {

constexpr std::string_view kPooler = "-pooler";

// Calls `see` with every host of a comma-separated list.
template <class See>
void each_host(std::string_view hosts, See see) {
  for (;;) {
    const std::size_t comma = hosts.find(',');
    see(hosts.substr(0, comma));
    if (comma == std::string_view::npos) return;
    hosts.remove_prefix(comma + 1);
  }
}

bool is_socket_folder(std::string_view host) {
  return host.empty() || host.front() == '/' || host.front() == '@';
}

bool is_address(std::string_view host) {
  return host.find(':') != std::string_view::npos ||
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::string host_for(Mode mode, std::string_view host) {
  const std::size_t dot = host.find('.');
  if (is_socket_folder(host) || is_address(host) || dot == std::string_view::npos) {
    return std::string(host);
  }
  std::string_view label = host.substr(0, dot);
  if (label.ends_with(kPooler)) label.remove_suffix(kPooler.size());
  std::string named(label);
  if (mode == Mode::pooled) named += kPooler;
  named += host.substr(dot);
  return named;
}

}  // namespace

bool is_local(std::string_view hosts) {
  bool local = true;
  each_host(hosts, [&](std::string_view host) {
    local = local && (is_socket_folder(host) || host == "localhost" || host == "::1" ||
                      (is_address(host) && host.starts_with("127.")));
  });
  return local;
}

bool is_socket(std::string_view hosts) {
  bool socket = true;
  each_host(hosts, [&](std::string_view host) { socket = socket && is_socket_folder(host); });
  return socket;
}

std::string hosts_for(Mode mode, std::string_view hosts) {
  if (mode == Mode::as_is) return std::string(hosts);
  std::string list;
  bool first = true;
  each_host(hosts, [&](std::string_view host) {
    if (!first) list += ',';
    list += host_for(mode, host);
    first = false;
  });
  return list;
}

}  // namespace mendel::database

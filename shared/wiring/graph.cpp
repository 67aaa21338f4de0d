// The picture of `mendel graph`: one box a stage, what it reads on the left, what it sends on the
// right, all of it from the table of edges and the topology.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "shared/wiring/topology.hpp"

namespace mendel::wiring {
namespace {

constexpr std::size_t kSideColumns = 37;  // 37 + 18 + 37 < 100
constexpr std::size_t kBoxColumns = 18;

// Columns of UTF-8 text: every byte that begins a character.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string padded(const std::string& text, std::size_t width, bool right = false) {
  const std::size_t used = columns(text);
  const std::string space(width > used ? width - used : 0, ' ');
  return right ? space + text : text + space;
}

std::string repeat(std::string_view unit, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += unit;
  return text;
}

std::string receivers(const EdgeSpec& edge) {
  return edge.to[1].empty() ? std::string(edge.to[0])
                            : fmt::format("{}, {}", edge.to[0], edge.to[1]);
}

std::string arrow(Pattern pattern) { return pattern == Pattern::push_pull ? "──►" : "╌╌►"; }

void draw_stage(std::string& out, std::string_view stage) {
  std::vector<std::string> left;
  std::vector<std::string> right;
  for (const EdgeSpec& edge : edges()) {
    const std::string flow = arrow(edge.pattern);
    if (reads(stage, edge)) {
      const std::string from = edge.from == "*" ? "every stage" : std::string(edge.from);
      left.push_back(fmt::format("{} ─ {} {}", from, edge.name, flow));
    }
    if (edge.from == stage) {
      right.push_back(fmt::format("{} {} {}", edge.name, flow, receivers(edge)));
    }
    // monitor passes the taps on; every other stage's tap is said once, in the caption.
    if (edge.pattern == Pattern::tap && stage == edge.to[0]) {
      right.push_back(fmt::format("{} {} {}", edge.name, flow, edge.to[1]));
    }
  }
  const std::size_t rows = std::max<std::size_t>({left.size(), right.size(), 1});
  left.resize(rows);
  right.resize(rows);
  const std::string margin(kSideColumns, ' ');
  out += fmt::format("{}┌{}┐\n", margin, repeat("─", kBoxColumns - 2));
  for (std::size_t row = 0; row < rows; ++row) {
    const std::string name = row == (rows - 1) / 2 ? std::string(stage) : "";
    std::string line =
        padded(left[row], kSideColumns, true) + "│ " + padded(name, kBoxColumns - 4) + " │";
    if (!right[row].empty()) line += "─ " + right[row];
    out += line + "\n";
  }
  out += fmt::format("{}└{}┘\n", margin, repeat("─", kBoxColumns - 2));
}

// Endpoints are shown with ${state}, so that the picture is the same on every machine.
std::string shortened(const Topology& topology, std::string endpoint) {
  const std::size_t at = endpoint.find(topology.state() + "/");
  if (at != std::string::npos) endpoint.replace(at, topology.state().size(), "${state}");
  return endpoint;
}

std::string sockets_of(Pattern pattern) {
  switch (pattern) {
    case Pattern::push_pull:
      return "PUSH/PULL";
    case Pattern::publish:
      return "XPUB/SUB";
    case Pattern::tap:
      return "PUB/XSUB";
  }
  return "";
}

using Row = std::vector<std::string>;

void draw_table(std::string& out, const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < rows[r].size(); ++i) {
      if (i > 0) line += "  ";
      line += i + 1 < rows[r].size() ? padded(rows[r][i], widths[i]) : rows[r][i];
    }
    out += line + "\n";
    if (r > 0) continue;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (i > 0) out += "  ";
      out += repeat("─", widths[i]);
    }
    out += "\n";
  }
}

}  // namespace

std::string draw(const Topology& topology) {
  std::string out;
  for (const std::string_view stage : kStages) draw_stage(out, stage);
  out +=
      "\n──► push: nothing is lost between living peers    ╌╌► publish: by topic, drops when a "
      "reader is slow\n\n";
  std::vector<Row> flows = {{"edge", "from → to", "sockets", "carries"}};
  std::vector<Row> places = {{"edge", "endpoint", "binds", "high-water mark"}};
  for (const EdgeSpec& edge : edges()) {
    const EdgeWiring& wiring = topology.edge(edge.edge);
    const std::string from = edge.from == "*" ? "every stage" : std::string(edge.from);
    flows.push_back({std::string(edge.name), fmt::format("{} → {}", from, receivers(edge)),
                     sockets_of(edge.pattern), std::string(edge.carries)});
    places.push_back({std::string(edge.name), shortened(topology, wiring.endpoint), wiring.bind,
                      fmt::format("{}", wiring.high_water_mark)});
  }
  places.push_back({"taps (out)", shortened(topology, topology.setting("taps.out")),
                    topology.edge(Edge::taps).bind,
                    fmt::format("{}", topology.edge(Edge::taps).high_water_mark)});
  draw_table(out, flows);
  out += "\n";
  draw_table(out, places);
  return out;
}

}  // namespace mendel::wiring

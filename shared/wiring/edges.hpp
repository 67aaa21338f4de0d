// The edges of the pipeline: which stages each joins and how. Addresses come from topology/*.ini.
// Threads: constants.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mendel::wiring {

enum class Edge : std::uint8_t {
  bars,
  receipts,
  dataset_orders,
  datasets,
  candidates,
  credits,
  scores,
  records,
  queries,
  recorded,
  requests,
  progress,
  taps,
};
inline constexpr std::size_t kEdgeCount = 13;

enum class Pattern : std::uint8_t {
  push_pull,  // many senders, one receiver; nothing is lost between living peers
  publish,    // XPUB/SUB by topic; drops when a reader is slow
  tap,        // PUB -> XSUB/XPUB -> SUB, through monitor
};

struct EdgeSpec {
  Edge edge;
  std::string_view name;
  Pattern pattern;
  std::string_view from;               // the sending stage ("*" = every stage)
  std::array<std::string_view, 2> to;  // the receiving stages; "mendel" is the operator's command
  std::string_view carries;            // message names
};

// In the order of the enum.
const std::array<EdgeSpec, kEdgeCount>& edges();
const EdgeSpec& spec(Edge edge);
std::optional<Edge> edge_from(std::string_view name);

// Whether `role` (a stage, or "mendel") sends or reads an edge. Taps are sent by every stage.
bool sends(std::string_view role, const EdgeSpec& edge);
bool reads(std::string_view role, const EdgeSpec& edge);

// The six stages, in the order of the picture.
inline constexpr std::array<std::string_view, 6> kStages = {
    "ingestor", "data_loader", "ga_dispatcher", "evaluator", "results_writer", "monitor"};

}  // namespace mendel::wiring

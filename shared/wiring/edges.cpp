#include "shared/wiring/edges.hpp"

#include <algorithm>
#include <cstddef>

#include "shared/base/check.hpp"

namespace mendel::wiring {

const std::array<EdgeSpec, kEdgeCount>& edges() {
  using enum Pattern;
  static constexpr std::array<EdgeSpec, kEdgeCount> kEdges = {{
      {Edge::bars, "bars", push_pull, "ingestor", {"data_loader"}, "BarBatch"},
      {Edge::receipts, "receipts", publish, "data_loader", {"ingestor"}, "Receipt"},
      {Edge::dataset_orders,
       "dataset_orders",
       push_pull,
       "ga_dispatcher",
       {"data_loader"},
       "DatasetOrder"},
      {Edge::datasets, "datasets", publish, "data_loader", {"ga_dispatcher"}, "Dataset"},
      {Edge::candidates, "candidates", publish, "ga_dispatcher", {"evaluator"}, "CandidateBatch"},
      {Edge::credits, "credits", push_pull, "evaluator", {"ga_dispatcher"}, "Credit"},
      {Edge::scores, "scores", push_pull, "evaluator", {"results_writer"}, "ScoreBatch"},
      {Edge::records,
       "records",
       push_pull,
       "ga_dispatcher",
       {"results_writer"},
       "*Record, Verdict, ScoreBatch"},
      {Edge::queries, "queries", push_pull, "ga_dispatcher", {"results_writer"}, "Query"},
      {Edge::recorded, "recorded", publish, "results_writer", {"ga_dispatcher"}, "Recorded"},
      {Edge::requests, "requests", push_pull, "mendel", {"ga_dispatcher"}, "Request"},
      {Edge::progress,
       "progress",
       publish,
       "ga_dispatcher",
       {"mendel", "monitor"},
       "Progress, Reply"},
      {Edge::taps, "taps", tap, "*", {"monitor", "mendel"}, "Stat, copies"},
  }};
  return kEdges;
}

const EdgeSpec& spec(Edge edge) {
  const EdgeSpec& found = edges()[static_cast<std::size_t>(edge)];
  check(found.edge == edge, "the table of edges is in the order of the enum");
  return found;
}

std::optional<Edge> edge_from(std::string_view name) {
  for (const EdgeSpec& edge : edges()) {
    if (edge.name == name) return edge.edge;
  }
  return std::nullopt;
}

bool sends(std::string_view role, const EdgeSpec& edge) {
  if (edge.from == "*") return std::find(kStages.begin(), kStages.end(), role) != kStages.end();
  return edge.from == role;
}

bool reads(std::string_view role, const EdgeSpec& edge) {
  return std::find(edge.to.begin(), edge.to.end(), role) != edge.to.end();
}

}  // namespace mendel::wiring

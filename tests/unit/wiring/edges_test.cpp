#include "shared/wiring/edges.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace mendel::wiring {
namespace {

TEST(Edges, AreInTheOrderOfTheEnumAndNamedOnce) {
  std::set<std::string_view> names;
  for (const EdgeSpec& edge : edges()) {
    EXPECT_EQ(spec(edge.edge).name, edge.name);
    EXPECT_EQ(edge_from(edge.name), edge.edge);
    EXPECT_TRUE(names.insert(edge.name).second) << edge.name;
    EXPECT_FALSE(edge.carries.empty());
  }
  EXPECT_EQ(edge_from("bar"), std::nullopt);
}

TEST(Edges, JoinOnlyStagesAndTheCommand) {
  const auto known = [](std::string_view role) {
    return role == "mendel" || std::find(kStages.begin(), kStages.end(), role) != kStages.end();
  };
  for (const EdgeSpec& edge : edges()) {
    EXPECT_TRUE(edge.from == "*" || known(edge.from)) << edge.name;
    EXPECT_TRUE(known(edge.to[0])) << edge.name;
    EXPECT_TRUE(edge.to[1].empty() || known(edge.to[1])) << edge.name;
  }
}

TEST(Edges, EveryStageSendsTaps) {
  for (const std::string_view stage : kStages) EXPECT_TRUE(sends(stage, spec(Edge::taps)));
  EXPECT_FALSE(sends("mendel", spec(Edge::taps)));
  EXPECT_TRUE(reads("monitor", spec(Edge::progress)));
  EXPECT_FALSE(reads("evaluator", spec(Edge::progress)));
}

}  // namespace
}  // namespace mendel::wiring

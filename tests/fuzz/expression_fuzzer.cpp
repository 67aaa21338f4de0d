// Any bytes as an expression: a complaint within the text, or a term whose text parses to itself
// and whose column can be computed.
#include <cstdint>
#include <string_view>

#include "shared/base/check.hpp"
#include "shared/strategy/columns.hpp"
#include "shared/strategy/parser.hpp"

namespace mendel::strategy {
namespace {

// fast, kind (of averages), level
std::vector<Gene> make_genes() {
  std::vector<Gene> genes(3);
  genes[0] = {.name = "fast", .least = 2, .most = 20};
  genes[1].name = "kind";
  genes[1].type = Gene::Type::choice;
  genes[1].choices = {config::Value("sma"), config::Value("hma")};
  genes[1].most = 1;
  genes[2] = {.name = "level", .type = Gene::Type::real, .least = -1, .most = 1, .step = 0};
  return genes;
}

market::Series make_series() {
  market::Series series;
  series.symbol = "A";
  for (int i = 0; i < 30; ++i) {
    const double price = 10 + (i * 7) % 5;
    series.push({i * 3'600'000'000'000, price, price + 1, price - 1, price, 3.0 * (i % 3)});
  }
  series.price_scale = 1;
  return series;
}

void run(std::string_view text) {
  static const std::vector<Gene> kGenes = make_genes();
  static const market::Series kSeries = make_series();
  DataSettings data;
  data.symbols = {"A"};
  data.timeframe = {"1h", 3'600'000'000'000};
  ExpressionPool pool;
  Scope scope;
  scope.pool = &pool;
  scope.genes = &kGenes;
  scope.data = &data;
  const auto parsed = parse_expression(text, scope);
  if (const auto* complaint = std::get_if<Complaint>(&parsed)) {
    check(complaint->offset <= text.size() && !complaint->what.empty(), "a complaint has a place");
    return;
  }
  const ExpressionPtr term = std::get<ExpressionPtr>(parsed);
  const auto again = parse_expression(to_text(*term), scope);
  check(std::holds_alternative<ExpressionPtr>(again), "the text of a term is readable");
  check(std::get<ExpressionPtr>(again) == term, "the text of a term is that term");
  if (term->type == Type::text) return;
  const market::SeriesView view = kSeries.view();
  const Genome genome = {5, 1, 0.5};
  Columns columns(kGenes, genome, {{&view, 1}, data.timeframe.length_ns}, 0);
  columns.of(*term);
}

}  // namespace
}  // namespace mendel::strategy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mendel::strategy::run({reinterpret_cast<const char*>(data), size});
  return 0;
}

// Columns: the values of expressions on every bar, the plain way: each term is computed from the
// dataset's first bar, in its one stated order of operations. The oracle of any faster path.
// Threads: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "shared/market/bar.hpp"
#include "shared/strategy/evaluation.hpp"
#include "shared/strategy/expression.hpp"

namespace mendel::strategy {

// The values of one term on every bar, or one value for all of them.
struct TermColumn {
  bool constant = false;
  std::vector<double> storage;       // of a number; empty for a raw column, which `numbers` shows
  std::vector<Truth> truth_storage;  // of a condition
  Numbers numbers;
  Truths truths;
};

// The bars that expressions read: one series per symbol, all of one timeframe.
struct Market {
  std::span<const market::SeriesView> series;
  std::int64_t bar_ns = 0;
};

class Columns {
 public:
  // The columns of series[symbol] for one genome; everything referred to must outlive this.
  Columns(const std::vector<Gene>& genes, const Genome& genome, const Market& market,
          std::size_t symbol);
  ~Columns();
  Columns(const Columns&) = delete;
  Columns& operator=(const Columns&) = delete;

  // Equal terms are computed once. All expressions must come from one pool.
  const TermColumn& of(const Expression& term);

 private:
  struct World;  // what columns on other bars share
  Columns(World& world, std::int64_t bar_ns, std::size_t symbol);

  const TermColumn& operand(const Expression& term, std::size_t i) {
    return of(*term.arguments[i]);
  }
  void compute(const Expression& term, TermColumn& out);
  void constant(const Expression& term, TermColumn& out);
  void condition(const Expression& term, TermColumn& out);
  void raw(Column column, TermColumn& out);
  void earlier(const Expression& term, TermColumn& out);
  void call(const Expression& term, TermColumn& out);
  void elsewhere(const Expression& term, TermColumn& out);
  // Copies a column of other bars: out[i] = column[from[i]], undefined for kNoBar.
  void copy(Type type, const TermColumn& column, const std::vector<std::size_t>& from,
            TermColumn& out);
  template <class Value>
  void numbers(TermColumn& out, const Value& value);
  template <class Value>
  void truths(TermColumn& out, const Value& value);

  std::unique_ptr<World> own_;
  World& world_;
  std::int64_t bar_ns_;
  std::size_t symbol_;
  const market::SeriesView& series_;
  std::vector<std::unique_ptr<TermColumn>> columns_;  // by id
};

}  // namespace mendel::strategy

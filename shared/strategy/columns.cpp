#include "shared/strategy/columns.hpp"

#include <map>
#include <utility>

#include "shared/strategy/resample.hpp"
#include "shared/strategy/rolling.hpp"

namespace mendel::strategy {

struct Columns::World {
  const std::vector<Gene>& genes;
  const Genome& genome;
  Market market;

  // The bars of one longer timeframe, and views of them.
  struct Longer {
    std::vector<market::Series> series;
    std::vector<market::SeriesView> views;
  };
  std::map<std::int64_t, Longer> longer;
  std::map<std::pair<std::int64_t, std::size_t>, std::unique_ptr<Columns>> columns;

  std::span<const market::SeriesView> bars(std::int64_t bar_ns) {
    if (bar_ns == market.bar_ns) return market.series;
    const auto [found, is_new] = longer.try_emplace(bar_ns);
    Longer& bars = found->second;
    if (is_new) {
      for (const market::SeriesView& one : market.series) {
        bars.series.push_back(resample(one, market.bar_ns, bar_ns));
      }
      for (const market::Series& one : bars.series) bars.views.push_back(one.view());
    }
    return bars.views;
  }

  Columns& on(std::int64_t bar_ns, std::size_t symbol) {
    std::unique_ptr<Columns>& slot = columns[{bar_ns, symbol}];
    if (!slot) slot.reset(new Columns(*this, bar_ns, symbol));
    return *slot;
  }
};

Columns::Columns(const std::vector<Gene>& genes, const Genome& genome, const Market& market,
                 std::size_t symbol)
    : own_(new World{genes, genome, market, {}, {}}),
      world_(*own_),
      bar_ns_(market.bar_ns),
      symbol_(symbol),
      series_(market.series[symbol]) {}

Columns::Columns(World& world, std::int64_t bar_ns, std::size_t symbol)
    : world_(world), bar_ns_(bar_ns), symbol_(symbol), series_(world.bars(bar_ns)[symbol]) {}

Columns::~Columns() = default;

const TermColumn& Columns::of(const Expression& term) {
  if (term.id >= columns_.size()) columns_.resize(term.id + 1);
  if (!columns_[term.id]) {
    auto column = std::make_unique<TermColumn>();
    compute(term, *column);
    if (term.op != Op::column) column->numbers.values = column->storage;
    column->numbers.constant = column->constant;
    column->truths = {column->truth_storage, column->constant};
    // Computing may have made the table longer.
    columns_[term.id] = std::move(column);
  }
  return *columns_[term.id];
}

void Columns::compute(const Expression& term, TermColumn& out) {
  out.constant = term.constant;
  if (term.constant) return constant(term, out);
  switch (term.op) {
    case Op::column:
      return raw(term.column, out);
    case Op::index:
      return earlier(term, out);
    case Op::call:
      return call(term, out);
    case Op::at:
    case Op::of_symbol:
      return elsewhere(term, out);
    case Op::negate:
      return numbers(out, [x = operand(term, 0).numbers](std::size_t i) { return -x[i]; });
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
      return numbers(out,
                     [op = term.op, a = operand(term, 0).numbers, b = operand(term, 1).numbers](
                         std::size_t i) { return arithmetic(op, a[i], b[i]); });
    default:
      return condition(term, out);
  }
}

void Columns::constant(const Expression& term, TermColumn& out) {
  if (term.type == Type::number) {
    out.storage = {evaluate_number(term, world_.genes, world_.genome)};
  } else {
    out.truth_storage = {evaluate_truth(term, world_.genes, world_.genome)};
  }
}

void Columns::condition(const Expression& term, TermColumn& out) {
  if (term.op == Op::logical_not) {
    return truths(out, [a = operand(term, 0).truths](std::size_t i) { return opposite(a[i]); });
  }
  const TermColumn& a = operand(term, 0);
  const TermColumn& b = operand(term, 1);
  if (term.op == Op::logical_and || term.op == Op::logical_or) {
    return truths(out, [&](std::size_t i) { return logical(term.op, a.truths[i], b.truths[i]); });
  }
  truths(out, [&](std::size_t i) { return comparison(term.op, a.numbers[i], b.numbers[i]); });
}

void Columns::raw(Column column, TermColumn& out) {
  const std::span<const double> columns[] = {series_.open, series_.high, series_.low, series_.close,
                                             series_.volume};
  out.numbers.values = columns[static_cast<std::size_t>(column)];
  out.numbers.price_scale = column == Column::volume ? 0 : series_.price_scale;
}

void Columns::earlier(const Expression& term, TermColumn& out) {
  const double wanted = evaluate_number(*term.arguments[1], world_.genes, world_.genome);
  const TermColumn& x = operand(term, 0);
  const bool readable = wanted >= 0 && wanted <= kPeriodMax;
  const auto back = readable ? static_cast<std::size_t>(wanted) : series_.size();
  if (term.type == Type::number) {
    return numbers(
        out, [&](std::size_t i) { return i < back ? kUndefinedNumber : x.numbers[i - back]; });
  }
  truths(out, [&](std::size_t i) { return i < back ? Truth::undefined : x.truths[i - back]; });
}

void Columns::call(const Expression& term, TermColumn& out) {
  const auto [function, terms] = chosen_call(term, world_.genes, world_.genome);
  // Of ma the kind is gone, and the chosen function has the parameters that are left.
  std::vector<Numbers> series;
  std::vector<Truths> conditions;
  Call arguments;
  std::size_t periods = 0;
  bool computable = true;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const Parameter& parameter = function->parameters[i];
    if (parameter.kind == Argument::condition) {
      conditions.push_back(of(*terms[i]).truths);
    } else if (parameter.kind == Argument::series) {
      series.push_back(of(*terms[i]).numbers);
    } else {
      const double value = evaluate_number(*terms[i], world_.genes, world_.genome);
      if (parameter.kind == Argument::number) {
        arguments.number = value;
        continue;
      }
      // A genome outside its genes could ask for no bars at all: then nothing is defined.
      const bool within = value >= static_cast<double>(parameter.least) && value <= kPeriodMax;
      computable = computable && within;
      arguments.periods[periods++] = within ? static_cast<std::int64_t>(value) : 1;
    }
  }
  arguments.series = series;
  arguments.conditions = conditions;
  arguments.bars = &series_;
  if (function->scalar) {
    return numbers(out, [function, a = series.front(), b = series.back()](std::size_t i) {
      return function->scalar(a[i], b[i]);
    });
  }
  if (function->numbers) {
    out.storage.assign(series_.size(), kUndefinedNumber);
    out.numbers.price_scale = series_.price_scale * static_cast<double>(function->tick_parts);
    if (computable) fill_column(*function, arguments, out.storage);
  } else {
    out.truth_storage.assign(series_.size(), Truth::undefined);
    if (computable) function->truths(arguments, out.truth_storage);
  }
}

void Columns::elsewhere(const Expression& term, TermColumn& out) {
  const bool longer = term.op == Op::at;
  const std::int64_t other_ns = longer ? term.length_ns : bar_ns_;
  const std::span<const market::SeriesView> bars = world_.bars(other_ns);
  std::size_t symbol = longer ? symbol_ : 0;
  while (!longer && symbol < bars.size() && bars[symbol].symbol != term.text) ++symbol;
  if (symbol == bars.size()) {
    return copy(term.type, {}, std::vector<std::size_t>(series_.size(), kNoBar), out);
  }
  const bool same = other_ns == bar_ns_ && symbol == symbol_;
  Columns& columns = same ? *this : world_.on(other_ns, symbol);
  copy(term.type, columns.of(*term.arguments[0]),
       last_closed(series_.time_ns, bar_ns_, bars[symbol].time_ns, other_ns), out);
}

void Columns::copy(Type type, const TermColumn& column, const std::vector<std::size_t>& from,
                   TermColumn& out) {
  if (type == Type::boolean) {
    return truths(out, [&](std::size_t i) {
      return from[i] == kNoBar ? Truth::undefined : column.truths[from[i]];
    });
  }
  numbers(out, [&](std::size_t i) {
    return from[i] == kNoBar ? kUndefinedNumber : column.numbers[from[i]];
  });
}

template <class Value>
void Columns::numbers(TermColumn& out, const Value& value) {
  out.storage.resize(series_.size());
  for (std::size_t i = 0; i < series_.size(); ++i) out.storage[i] = value(i);
}

template <class Value>
void Columns::truths(TermColumn& out, const Value& value) {
  out.truth_storage.resize(series_.size());
  for (std::size_t i = 0; i < series_.size(); ++i) out.truth_storage[i] = value(i);
}

}  // namespace mendel::strategy

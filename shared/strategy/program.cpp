#include "shared/strategy/program.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <utility>

#include "shared/base/check.hpp"
#include "shared/strategy/evaluation.hpp"
#include "shared/strategy/expression.hpp"
#include "shared/strategy/measures.hpp"

namespace mendel::strategy {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

// The values of one term on every bar, or one value for all of them.
struct TermColumn {
  bool constant = false;
  std::vector<double> numbers;  // of a number; empty for a price column, which `view` shows
  std::vector<Truth> truths;    // of a condition
  Numbers view;

  Truth truth(std::size_t bar) const { return truths[constant ? 0 : bar]; }
};

// Columns of all terms of one genome on one series; equal terms are computed once.
class Evaluation {
 public:
  Evaluation(const Experiment& experiment, const Genome& genome, const market::SeriesView& series)
      : experiment_(experiment), genome_(genome), series_(series) {}

  std::vector<std::uint8_t> signal(const ExpressionPtr& expression) {
    if (!expression) return {};
    const TermColumn& column = column_of(*expression);
    std::vector<std::uint8_t> bits(series_.size());
    for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = column.truth(i) == Truth::yes ? 1 : 0;
    return bits;
  }

 private:
  const TermColumn& column_of(const Expression& term) {
    if (term.id >= columns_.size()) columns_.resize(term.id + 1);
    if (!columns_[term.id]) {
      auto column = std::make_unique<TermColumn>();
      compute(term, *column);
      if (term.op != Op::column) column->view.values = column->numbers;
      column->view.constant = column->constant;
      columns_[term.id] = std::move(column);
    }
    return *columns_[term.id];
  }

  const TermColumn& operand(const Expression& term, std::size_t i) {
    return column_of(*term.arguments[i]);
  }

  void compute(const Expression& term, TermColumn& out) {
    out.constant = term.constant;
    if (term.constant) return constant(term, out);
    switch (term.op) {
      case Op::column:
        return price(term.column, out);
      case Op::index:
        return earlier(term, out);
      case Op::call:
        return call(term, out);
      case Op::negate:
        return numbers(out, [&, x = operand(term, 0).view](std::size_t i) { return -x[i]; });
      case Op::add:
      case Op::subtract:
      case Op::multiply:
      case Op::divide:
        return numbers(out, [&, a = operand(term, 0).view, b = operand(term, 1).view](
                                std::size_t i) { return arithmetic(term.op, a[i], b[i]); });
      default:
        return condition(term, out);
    }
  }

  void constant(const Expression& term, TermColumn& out) {
    if (term.type == Type::number) {
      out.numbers = {evaluate_number(term, experiment_.genes, genome_)};
    } else {
      out.truths = {evaluate_truth(term, experiment_.genes, genome_)};
    }
  }

  void condition(const Expression& term, TermColumn& out) {
    if (term.op == Op::logical_not) {
      const TermColumn& a = operand(term, 0);
      return truths(out, [&](std::size_t i) { return opposite(a.truth(i)); });
    }
    const TermColumn& a = operand(term, 0);
    const TermColumn& b = operand(term, 1);
    if (term.op == Op::logical_and || term.op == Op::logical_or) {
      return truths(out, [&](std::size_t i) { return logical(term.op, a.truth(i), b.truth(i)); });
    }
    truths(out, [&](std::size_t i) { return comparison(term.op, a.view[i], b.view[i]); });
  }

  void price(Column column, TermColumn& out) {
    const std::span<const double> columns[] = {series_.open, series_.high, series_.low,
                                               series_.close, series_.volume};
    out.view.values = columns[static_cast<std::size_t>(column)];
    out.view.price_scale = column == Column::volume ? 0 : series_.price_scale;
  }

  void earlier(const Expression& term, TermColumn& out) {
    const double wanted = evaluate_number(*term.arguments[1], experiment_.genes, genome_);
    const TermColumn& x = operand(term, 0);
    const bool readable = wanted >= 0 && wanted <= kPeriodMax;
    const auto back = readable ? static_cast<std::size_t>(wanted) : series_.size();
    if (term.type == Type::number) {
      return numbers(out, [&](std::size_t i) { return i < back ? kUndefined : x.view[i - back]; });
    }
    truths(out, [&](std::size_t i) { return i < back ? Truth::undefined : x.truth(i - back); });
  }

  void call(const Expression& term, TermColumn& out) {
    const Function& function = *term.function;
    std::vector<Numbers> series;
    Call arguments;
    for (std::size_t i = 0; i < term.arguments.size(); ++i) {
      if (function.parameters[i].kind == Argument::series) {
        series.push_back(operand(term, i).view);
      } else {
        const double period = evaluate_number(*term.arguments[i], experiment_.genes, genome_);
        if (period >= 1 && period <= kPeriodMax) arguments.period = static_cast<int>(period);
      }
    }
    arguments.series = series;
    if (function.scalar) {
      return numbers(out, [&, a = series.front(), b = series.back()](std::size_t i) {
        return function.scalar(a[i], b[i]);
      });
    }
    // A genome outside its genes could ask for no bars at all: then nothing is defined.
    const bool computable = !function.has_period() || arguments.period >= 1;
    if (function.numbers) {
      out.numbers.assign(series_.size(), kUndefined);
      if (computable) function.numbers(arguments, out.numbers);
    } else {
      out.truths.assign(series_.size(), Truth::undefined);
      if (computable) function.truths(arguments, out.truths);
    }
  }

  template <class Value>
  void numbers(TermColumn& out, const Value& value) {
    out.numbers.resize(series_.size());
    for (std::size_t i = 0; i < series_.size(); ++i) out.numbers[i] = value(i);
  }

  template <class Value>
  void truths(TermColumn& out, const Value& value) {
    out.truths.resize(series_.size());
    for (std::size_t i = 0; i < series_.size(); ++i) out.truths[i] = value(i);
  }

  const Experiment& experiment_;
  const Genome& genome_;
  const market::SeriesView& series_;
  std::vector<std::unique_ptr<TermColumn>> columns_;  // by id
};

}  // namespace

Signals run_signals(const Experiment& experiment, const Genome& genome,
                    const market::SeriesView& series) {
  check(genome.size() == experiment.genes.size(), "a genome has one value per gene");
  Evaluation evaluation(experiment, genome, series);
  const StrategySettings& strategy = experiment.strategy;
  Signals signals{evaluation.signal(strategy.entry_long),
                  evaluation.signal(strategy.exit_long),
                  evaluation.signal(strategy.entry_short),
                  evaluation.signal(strategy.exit_short),
                  {},
                  {}};
  const RiskValues risk = risk_values(experiment, genome);
  if (risk.uses_atr()) signals.atr = average_true_range(series, risk.atr_period);
  if (risk.volatility_days > 0) {
    signals.daily_volatility =
        daily_volatility(series, risk.volatility_days, experiment.data.timeframe.length_ns);
  }
  return signals;
}

RiskValues risk_values(const Experiment& experiment, const Genome& genome) {
  check(genome.size() == experiment.genes.size(), "a genome has one value per gene");
  const auto value = [&](const ExpressionPtr& expression, double fallback) {
    return expression ? evaluate_number(*expression, experiment.genes, genome) : fallback;
  };
  const RiskSettings& risk = experiment.risk;
  const auto count = [&](const ExpressionPtr& expression) {
    return static_cast<std::int64_t>(value(expression, 0));
  };
  RiskValues values;
  values.size = value(risk.size_value, 100);
  values.stop_loss = value(risk.stop_loss, 0);
  values.take_profit = value(risk.take_profit, 0);
  values.trailing_stop = value(risk.trailing_stop, 0);
  values.stop_loss_atr = value(risk.stop_loss_atr, 0);
  values.take_profit_atr = value(risk.take_profit_atr, 0);
  values.trailing_stop_atr = value(risk.trailing_stop_atr, 0);
  values.atr_period = count(risk.atr_period);
  values.volatility_days = count(risk.volatility_days);
  values.max_holding_bars = count(risk.max_holding_bars);
  values.cool_down_bars = count(risk.cool_down_bars);
  return values;
}

}  // namespace mendel::strategy

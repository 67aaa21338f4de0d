#include "shared/kernel/recurrence.hpp"

#include <algorithm>

#include "shared/kernel/words.hpp"
#include "shared/strategy/functions.hpp"
#include "shared/strategy/rolling.hpp"

namespace mendel::kernel {
namespace {

bool is_average(const strategy::Function& function) { return function.name == "ema"; }

}  // namespace

bool Recurrence::is(const Node& node) {
  return node.kind == Kind::call && (is_average(*node.function) || node.function->name == "rsi");
}

Recurrence::Recurrence(const Node& node, std::span<const double> x, double scale)
    : function_(node.function),
      period_(static_cast<std::int64_t>(node.numbers[0])),
      x_(x),
      scale_(scale) {}

void Recurrence::begin(std::span<double> out, std::size_t lane, RecurrenceLanes& of) {
  begun_ = out.size();
  std::fill(out.begin(), out.end(), strategy::kUndefinedNumber);
  const auto period = static_cast<double>(period_);
  if (is_average(*function_)) {
    const strategy::Numbers head[] = {{x_.first(out.size()), false, scale_}};
    strategy::Call call;
    call.series = head;
    call.periods[0] = period_;
    function_->numbers(call, out);
    of.weights[lane] = 2.0 / (period + 1.0);
    of.states[lane] = out.back();
    return;
  }
  strategy::RelativeStrength strength(period_);
  for (std::size_t i = 0; i < out.size(); ++i) {
    strength.add(x_[i]);
    if (strength.is_full()) out[i] = strength.index();
  }
  of.weights[lane] = period;
  of.states[lane] = strength.gain();
  of.losses[lane] = strength.loss();
}

void Recurrence::go_on(std::size_t begin, std::size_t end, RecurrenceLanes& of) const {
  const auto recurse = is_average(*function_) ? lanes().exponential : lanes().strength;
  recurse(x_.data() + begin, end - begin, of);
}

void Recurrence::remember(std::size_t block, std::size_t lane, const RecurrenceLanes& of) {
  states_.resize(std::max(states_.size(), block + 1));
  states_[block] = {of.states[lane], of.losses[lane]};
}

void Recurrence::make_values(std::size_t block, std::vector<double>& values) {
  made_.resize(std::max(made_.size(), block + 1));
  made_[block] = true;
  values.resize(x_.size());
  RecurrenceLanes of;
  begin(std::span(values).first(begun_), 0, of);
  const std::size_t from = std::max(begun_, block * kBlockBars);
  const std::size_t to = std::min((block + 1) * kBlockBars, x_.size());
  if (from >= to) return;
  of.states[0] = states_[block].value;
  of.losses[0] = states_[block].loss;
  of.outs[0] = values.data() + from;
  go_on(from, to, of);
}

}  // namespace mendel::kernel

#include "tests/bench/problems.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace mendel::bench {
namespace {

constexpr double kTau = 2 * std::numbers::pi;

std::vector<double> rastrigin(std::span<const double> x) {
  double sum = 10.0 * static_cast<double>(x.size());
  for (const double v : x) sum += v * v - 10 * std::cos(kTau * v);
  return {sum};
}

std::vector<double> rosenbrock(std::span<const double> x) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const double off = x[i] * x[i] - x[i + 1];
    sum += 100 * off * off + (x[i] - 1) * (x[i] - 1);
  }
  return {sum};
}

std::vector<double> ackley(std::span<const double> x) {
  const auto n = static_cast<double>(x.size());
  double squares = 0;
  double waves = 0;
  for (const double v : x) {
    squares += v * v;
    waves += std::cos(kTau * v);
  }
  return {20 - 20 * std::exp(-0.2 * std::sqrt(squares / n)) + std::numbers::e -
          std::exp(waves / n)};
}

double g_of(std::span<const double> x) {
  double sum = 0;
  for (std::size_t i = 1; i < x.size(); ++i) sum += x[i];
  return 1 + 9 * sum / static_cast<double>(x.size() - 1);
}

std::vector<double> zdt1(std::span<const double> x) {
  const double g = g_of(x);
  return {x[0], g * (1 - std::sqrt(x[0] / g))};
}

std::vector<double> zdt2(std::span<const double> x) {
  const double g = g_of(x);
  return {x[0], g * (1 - (x[0] / g) * (x[0] / g))};
}

std::vector<double> zdt3(std::span<const double> x) {
  const double g = g_of(x);
  return {x[0], g * (1 - std::sqrt(x[0] / g) - x[0] / g * std::sin(5 * kTau * x[0]))};
}

}  // namespace

std::vector<Problem> problems() {
  std::vector<Problem> list;
  for (const std::size_t n : {10, 30}) {
    list.push_back({"Rastrigin", n, -5.12, 5.12, 1, rastrigin});
    list.push_back({"Rosenbrock", n, -5, 10, 1, rosenbrock});
    list.push_back({"Ackley", n, -15, 30, 1, ackley});
  }
  list.push_back({"ZDT1", 30, 0, 1, 2, zdt1});
  list.push_back({"ZDT2", 30, 0, 1, 2, zdt2});
  list.push_back({"ZDT3", 30, 0, 1, 2, zdt3});
  return list;
}

double hypervolume(std::vector<std::vector<double>> points, double reference) {
  std::stable_sort(points.begin(), points.end());
  double area = 0;
  double ceiling = reference;
  for (const auto& point : points) {
    if (point[0] >= reference || point[1] >= ceiling) continue;
    area += (reference - point[0]) * (ceiling - point[1]);
    ceiling = point[1];
  }
  return area;
}

double mann_whitney(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<std::pair<double, bool>> all;
  for (const double v : a) all.emplace_back(v, true);
  for (const double v : b) all.emplace_back(v, false);
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& x, const auto& y) { return x.first < y.first; });
  double ranks = 0;  // of a
  double ties = 0;
  for (std::size_t i = 0; i < all.size();) {
    std::size_t end = i;
    while (end < all.size() && all[end].first == all[i].first) ++end;
    const auto count = static_cast<double>(end - i);
    const double rank = static_cast<double>(i + end + 1) / 2;
    ties += count * count * count - count;
    for (; i < end; ++i) ranks += all[i].second ? rank : 0;
  }
  const auto n = static_cast<double>(a.size());
  const auto m = static_cast<double>(b.size());
  const double u = ranks - n * (n + 1) / 2;
  const double spread = std::sqrt(n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1))));
  const double away = std::fabs(u - n * m / 2) - 0.5;
  return spread == 0 || away <= 0 ? 1 : std::erfc(away / spread / std::numbers::sqrt2);
}

double median(std::vector<double> values) {
  std::stable_sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 != 0 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace mendel::bench

#include "stages/monitor/readings.hpp"

#include <algorithm>

namespace mendel::monitor {
namespace {

constexpr std::int64_t kFreshNs = 40 * kNsPerSecond;

}  // namespace

void Readings::add(const std::string& stage, const std::string& instance, const std::string& name,
                   double value, Now now) {
  if (std::find(names_.begin(), names_.end(), name) == names_.end()) return;
  Name& all = series_[name];
  const std::string key = stage + "/" + instance;
  auto found = all.find(key);
  if (found == all.end()) {
    if (count_ >= kSeriesKeptMax) return;
    ++count_;
    found = all.emplace(key, Series{stage, instance, {}}).first;
  }
  std::deque<Point>& points = found->second.points;
  // The newest point moves along until it is ten seconds behind the one before.
  if (points.size() >= 2 && points.back().at_ns - points[points.size() - 2].at_ns < kPointEveryNs) {
    const bool began_anew = value < points.back().value;  // the peak must not be forgotten
    if (!began_anew) points.pop_back();
  }
  points.push_back({now.monotonic_ns, value});
}

void Readings::hear(const wire::Stat& stat, Now now) {
  std::map<std::string_view, double> sums;
  for (const wire::Sample& sample : stat.samples) sums[sample.name] += sample.value;
  for (const std::string& name : names_) {
    const auto found = sums.find(name);
    if (found != sums.end()) add(stat.stage, stat.incarnation, name, found->second, now);
  }
}

void Readings::prune(Now now) {
  const std::int64_t oldest = now.monotonic_ns - kReadingsKeptNs;
  for (auto& [name, all] : series_) {
    for (auto entry = all.begin(); entry != all.end();) {
      std::deque<Point>& points = entry->second.points;
      while (!points.empty() && points.front().at_ns < oldest) points.pop_front();
      if (points.empty()) {
        --count_;
        entry = all.erase(entry);
      } else {
        ++entry;
      }
    }
  }
}

const Readings::Name* Readings::find(std::string_view name) const {
  const auto found = series_.find(name);
  return found == series_.end() ? nullptr : &found->second;
}

std::vector<Readings::Latest> Readings::latest(std::string_view name, Now now) const {
  std::vector<Latest> all;
  const Name* found = find(name);
  if (found == nullptr) return all;
  for (const auto& [key, series] : *found) {
    const Point& last = series.points.back();
    if (now.monotonic_ns - last.at_ns <= kFreshNs)
      all.push_back({series.stage, series.instance, last.value});
  }
  return all;
}

std::optional<double> Readings::latest_of(std::string_view name, const std::string& instance,
                                          Now now) const {
  for (const Latest& one : latest(name, now))
    if (one.instance == instance) return one.value;
  return std::nullopt;
}

double Readings::increase(std::string_view name, std::int64_t window_ns, Now now) const {
  double sum = 0;
  for (const auto& [stage, grown] : increase_by_stage(name, window_ns, now)) sum += grown;
  return sum;
}

std::map<std::string, double> Readings::increase_by_stage(std::string_view name,
                                                          std::int64_t window_ns, Now now) const {
  std::map<std::string, double> sums;
  const Name* found = find(name);
  if (found == nullptr) return sums;
  const std::int64_t from = now.monotonic_ns - window_ns;
  for (const auto& [key, series] : *found) {
    double& sum = sums[series.stage];
    // What a process counted before it was first heard within the window is not of the window.
    const Point* before = nullptr;
    for (const Point& point : series.points) {
      if (point.at_ns >= from && before != nullptr)
        sum += point.value >= before->value ? point.value - before->value : point.value;
      before = &point;
    }
  }
  return sums;
}

std::vector<Readings::Latest> Readings::change(std::string_view name, std::int64_t window_ns,
                                               Now now) const {
  std::vector<Latest> all;
  const Name* found = find(name);
  if (found == nullptr) return all;
  const std::int64_t from = now.monotonic_ns - window_ns;
  for (const auto& [key, series] : *found) {
    const auto first = std::find_if(series.points.begin(), series.points.end(),
                                    [&](const Point& point) { return point.at_ns >= from; });
    const bool is_whole = first != series.points.end() && first->at_ns <= from + window_ns / 5 &&
                          now.monotonic_ns - series.points.back().at_ns <= kFreshNs;
    if (is_whole)
      all.push_back({series.stage, series.instance, series.points.back().value - first->value});
  }
  return all;
}

int Readings::changes(std::string_view name, std::string_view stage, std::int64_t window_ns,
                      Now now) const {
  const Name* found = find(name);
  if (found == nullptr) return 0;
  std::vector<Point> points;  // of all its processes: a role has one owner at a time
  for (const auto& [key, series] : *found) {
    if (series.stage == stage)
      points.insert(points.end(), series.points.begin(), series.points.end());
  }
  std::sort(points.begin(), points.end(),
            [](const Point& a, const Point& b) { return a.at_ns < b.at_ns; });
  int count = 0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const bool inside = points[i].at_ns >= now.monotonic_ns - window_ns;
    if (inside && points[i].value != points[i - 1].value) ++count;
  }
  return count;
}

}  // namespace mendel::monitor

#include "topology/mendel/folds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "shared/base/time.hpp"

namespace mendel::cli {
namespace {

constexpr std::int64_t kMonthsMax = 12 * 200;

Status check_settings(const WalkForward& settings) {
  if (settings.in_sample_months < 1 || settings.out_of_sample_months < 1)
    return configuration_error("walk-forward: windows are at least one month");
  if (settings.step_months < settings.out_of_sample_months)
    return configuration_error(
        fmt::format("walk-forward: a step of {} months is shorter than the out-of-sample window of "
                    "{}: days would be judged twice",
                    settings.step_months, settings.out_of_sample_months));
  if (settings.embargo_days < 0) return configuration_error("walk-forward: embargo below 0 days");
  return {};
}

}  // namespace

Result<std::int64_t> months_from(std::string_view text) {
  const auto refuse = [&] {
    return configuration_error(
        fmt::format("'{}': expected months or years, as in \"12 months\" or \"2 years\"", text));
  };
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc()) return refuse();
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
  const bool years = unit == "year" || unit == "years";
  if (!years && unit != "month" && unit != "months") return refuse();
  if (number < 1 || number > kMonthsMax / (years ? 12 : 1)) return refuse();
  return number * (years ? 12 : 1);
}

std::int64_t add_months(std::int64_t time_ns, std::int64_t months) {
  const std::int64_t day = day_of(time_ns);
  Date date = date_from_days(day);
  const std::int64_t month = date.year * std::int64_t{12} + date.month - 1 + months;
  date.year = static_cast<int>(month / 12);
  date.month = static_cast<int>(month % 12) + 1;
  while (!is_valid(date) && date.day > 28) --date.day;
  return days_from_date(date) * kNsPerDay + (time_ns - day * kNsPerDay);
}

Result<FoldPlan> plan_folds(const WalkForward& settings, strategy::TimeRange whole) {
  if (Status right = check_settings(settings); !right) return right.error();
  FoldPlan plan;
  for (std::int64_t k = 0;; ++k) {
    const std::int64_t start = k * settings.step_months;
    const std::int64_t end = start + settings.in_sample_months;
    Fold fold;
    fold.in_sample = {settings.anchored ? whole.from_ns : add_months(whole.from_ns, start),
                      add_months(whole.from_ns, end)};
    fold.out_of_sample = {fold.in_sample.to_ns + settings.embargo_days * kNsPerDay,
                          add_months(whole.from_ns, end + settings.out_of_sample_months)};
    if (fold.out_of_sample.to_ns > whole.to_ns) break;
    if (fold.out_of_sample.from_ns >= fold.out_of_sample.to_ns)
      return configuration_error(fmt::format(
          "walk-forward: an embargo of {} days leaves nothing of {} months out of sample",
          settings.embargo_days, settings.out_of_sample_months));
    plan.folds.push_back(fold);
    if (k + 1 > kFoldsMax)
      return configuration_error(
          fmt::format("walk-forward: more than {} folds; make the step longer", kFoldsMax));
    const std::int64_t last = end + settings.out_of_sample_months;
    plan.next = {settings.anchored ? whole.from_ns
                                   : add_months(whole.from_ns, last - settings.in_sample_months),
                 fold.out_of_sample.to_ns};
  }
  if (plan.folds.empty())
    return configuration_error(
        fmt::format("walk-forward: {} + {} months do not fit into {} to {}; make a window shorter",
                    settings.in_sample_months, settings.out_of_sample_months,
                    format_date(whole.from_ns), format_date(whole.to_ns)));
  return plan;
}

}  // namespace mendel::cli

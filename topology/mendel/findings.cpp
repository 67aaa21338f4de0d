#include "topology/mendel/findings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "topology/mendel/text_table.hpp"

namespace mendel::cli {
namespace {

const char* word_for(Outcome outcome) {
  switch (outcome) {
    case Outcome::pass:
      return "pass";
    case Outcome::warn:
      return "warn";
    case Outcome::fail:
      break;
  }
  return "fail";
}

}  // namespace

Outcome verdict_of(const std::vector<Finding>& findings) {
  Outcome worst = Outcome::pass;
  for (const Finding& finding : findings) worst = std::max(worst, finding.status);
  return worst;
}

config::Value findings_value(const std::vector<Finding>& findings) {
  config::Value checks = config::Value::array();
  for (const Finding& finding : findings) {
    config::Value check = config::Value::table();
    check.set("name", finding.name);
    check.set("status", word_for(finding.status));
    check.set("measured", finding.measured);
    check.set("advice", finding.advice);
    checks.push(std::move(check));
  }
  config::Value document = config::Value::table();
  document.set("checks", std::move(checks));
  document.set("verdict", word_for(verdict_of(findings)));
  return document;
}

std::string findings_text(const std::vector<Finding>& findings) {
  std::vector<std::vector<std::string>> rows = {{"check", "status", "measured"}};
  for (const Finding& finding : findings) {
    rows.push_back({finding.name, word_for(finding.status), config::one_line(finding.measured)});
    if (!finding.advice.empty() && finding.status != Outcome::pass) {
      rows.push_back({"", "", "-> " + config::one_line(finding.advice)});
    }
  }
  const auto count = [&](Outcome outcome) {
    return std::count_if(findings.begin(), findings.end(),
                         [&](const Finding& one) { return one.status == outcome; });
  };
  return fmt::format("{}\nverdict: {} ({} passed, {} to look at, {} failed)\n", left_aligned(rows),
                     word_for(verdict_of(findings)), count(Outcome::pass), count(Outcome::warn),
                     count(Outcome::fail));
}

}  // namespace mendel::cli

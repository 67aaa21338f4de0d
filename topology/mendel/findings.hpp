// Findings: what `mendel validate` found, one line a check, and what they add up to.
// Threads: plain values.
#pragma once

#include <string>
#include <vector>

#include "shared/config/value.hpp"

namespace mendel::cli {

enum class Outcome { pass, warn, fail };

struct Finding {
  std::string name;  // "compute_sizing"
  Outcome status = Outcome::pass;
  std::string measured;
  std::string advice;  // what to do; "" where nothing is to be done
};

// fail when one of them is, else warn when one of them is.
Outcome verdict_of(const std::vector<Finding>& findings);

// {"checks": [{"name", "status", "measured", "advice"}], "verdict": "pass" | "warn" | "fail"}.
config::Value findings_value(const std::vector<Finding>& findings);
// A line each, the advice below what did not pass, and the verdict.
std::string findings_text(const std::vector<Finding>& findings);

}  // namespace mendel::cli

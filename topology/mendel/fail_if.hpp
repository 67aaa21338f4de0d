// FailIf: a condition on a run's verdict that makes the command fail, for scripts and CI:
// `verdict != plausible`, `deflated_sharpe < 0.9`, or any other number of the verdict
// (docs/verdict.md). Threads: plain values and pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/config/value.hpp"

namespace mendel::cli {

class FailIf {
 public:
  // NAME (== | != | < | <= | > | >=) VALUE. Errors (configuration) list the names.
  static Result<FailIf> parse(std::string_view text);

  const std::string& name() const { return name_; }

  // Why the run fails, as one line; nullopt when it does not. A number that the verdict does not
  // have (undefined, or no verdict) fails: nothing is known that would clear it.
  std::optional<std::string> reason(const config::Value& document) const;

 private:
  std::string text_;
  std::string name_;
  std::string comparison_;
  std::string word_;   // for `verdict`
  double number_ = 0;  // for the others
};

// The p-value that `--null` adds to the verdict's numbers.
inline constexpr const char* kNullP = "null_p";

// What a condition may be about, `verdict` first.
const std::vector<std::string>& fail_if_names();

}  // namespace mendel::cli

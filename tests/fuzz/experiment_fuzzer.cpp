// Any bytes as an experiment: an error or an experiment whose canonical text reads as itself.
#include <cstdint>
#include <string_view>

#include "shared/base/check.hpp"
#include "shared/strategy/experiment.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto experiment = mendel::strategy::read_experiment(text, "fuzz.toml");
  if (!experiment) return 0;
  const auto again = mendel::strategy::read_experiment(experiment->canonical_text, "again.toml");
  mendel::check(static_cast<bool>(again), "a canonical text is readable");
  mendel::check(again->canonical_text == experiment->canonical_text,
                "a canonical text is its own canonical text");
  mendel::check(again->look_back == experiment->look_back, "and means the same");
  return 0;
}

// Any bytes as the checkpoint of a run: refused with a reason, or a run that a dispatcher goes on
// with and keeps again.
#include "stages/ga_dispatcher/checkpoint.hpp"
#include "stages/ga_dispatcher/ga_dispatcher.hpp"
#include "tests/fuzz/sealed.hpp"

namespace mendel::fuzz {
namespace {

using namespace ga_dispatcher;

void run(Input input) {
  std::string& bytes = input.bytes;
  if (input.seal && bytes.size() >= 8) {
    seal(bytes, bytes.size() - 8, std::string_view(bytes).substr(0, bytes.size() - 8));
  }
  const auto checkpoint = decode_checkpoint(bytes);
  if (!checkpoint) {
    check(checkpoint.error().kind == ErrorKind::operator_needed, "a bad checkpoint needs a person");
    return;
  }
  const std::string again = encode(*checkpoint);
  const auto same = decode_checkpoint(again);
  check(same && encode(*same) == again, "what was read is written as it was");
  Core core({.incarnation = "fuzz", .examine = {}});
  Actions actions;
  const Now now{1'000'000'000, 1'700'000'000'000'000'000};
  if (!core.restore(bytes, now, actions)) return;
  for (int i = 0; i < 3; ++i)
    core.work({now.monotonic_ns + i * kNsPerSecond, now.wall_ns}, actions);
  check(!core.recovered().empty(), "it says what it goes on with");
}

}  // namespace
}  // namespace mendel::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mendel::fuzz::run(mendel::fuzz::take_input(data, size));
  return 0;
}

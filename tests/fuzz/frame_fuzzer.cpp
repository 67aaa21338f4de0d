// Any bytes as a wire frame: refused with a reason, or a message whose frame reads as itself.
#include "shared/wire/codec.hpp"
#include "tests/fuzz/sealed.hpp"

namespace mendel::fuzz {
namespace {

constexpr std::size_t kHeaderBytes = 16;  // docs/wire.md, "Frames"

void run(Input input) {
  std::string& frame = input.bytes;
  if (input.seal && frame.size() >= kHeaderBytes) {
    const auto size = static_cast<std::uint32_t>(frame.size() - kHeaderBytes);
    std::memcpy(frame.data() + 4, &size, sizeof size);
    seal(frame, 8, std::string_view(frame).substr(kHeaderBytes));
  }
  const auto message = wire::decode(frame);
  if (!message) {
    check(message.error().kind == ErrorKind::transient, "a bad frame is no reason to end");
    check(!message.error().message.empty(), "a refusal has a reason");
    check(message.error().message.find("bad_alloc") == std::string::npos, "memory is bounded");
    return;
  }
  const std::string again = wire::encode(*message);
  const auto same = wire::decode(again);
  check(static_cast<bool>(same), "what was read can be written and read");
  check(wire::encode(*same) == again, "and is the same");
  check(!wire::to_json(*message).empty(), "and can be shown");
}

}  // namespace
}  // namespace mendel::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mendel::fuzz::run(mendel::fuzz::take_input(data, size));
  return 0;
}

#include "shared/store/mount.hpp"

#include "shared/base/log.hpp"

namespace mendel::store {
namespace {

constexpr std::int64_t kLookEveryNs = 10 * kNsPerSecond;

}  // namespace

void Mount::look(Now now) {
  if (looked_at_ns_ != 0 && now.monotonic_ns - looked_at_ns_ < kLookEveryNs) return;
  looked_at_ns_ = now.monotonic_ns;
  const std::int64_t began_ns = read_clocks().monotonic_ns;
  const Result<Store> store = Store::open_to_read(path_);
  read_seconds_ = static_cast<double>(read_clocks().monotonic_ns - began_ns) / kNsPerSecond;
  const bool was_healthy = is_healthy_;
  is_healthy_ = store && store->id() == id_;
  if (is_healthy_ == was_healthy) return;
  if (is_healthy_) {
    log::info("the store {} is there again", path_);
  } else {
    log::error("the store {} is there no more: {}; mount it again, or restart the stages", path_,
               store ? "another one is mounted" : store.error().message);
  }
}

}  // namespace mendel::store

#include "shared/store/mount.hpp"

#include "shared/base/log.hpp"

namespace mendel::store {
namespace {

constexpr std::int64_t kLookEveryNs = 10 * kNsPerSecond;
constexpr std::int64_t kLookAgainNs = kNsPerSecond;

}  // namespace

void Mount::look(Now now) {
  const std::int64_t every_ns = is_healthy() ? kLookEveryNs : kLookAgainNs;
  if (looked_at_ns_ != 0 && now.monotonic_ns - looked_at_ns_ < every_ns) return;
  looked_at_ns_ = now.monotonic_ns;
  const std::int64_t began_ns = read_clocks().monotonic_ns;
  const Result<Store> store = Store::open_to_read(path_);
  read_seconds_ = static_cast<double>(read_clocks().monotonic_ns - began_ns) / kNsPerSecond;
  const bool was_healthy = is_healthy();
  trouble_.clear();
  if (!store) trouble_ = "the store is there no more: " + store.error().message;
  if (store && store->id() != id_) trouble_ = path_ + " is another store now: mount the right one";
  if (is_healthy() && !was_healthy) log::info("the store {} is there again", path_);
  if (!is_healthy() && was_healthy) log::error("{}", trouble_);
}

}  // namespace mendel::store

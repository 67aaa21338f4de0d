// Places: where the entries of a row stand, found by a hash of what names them. Whoever looks has
// the entries, and compares.
// Threads: one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace mendel::ga_dispatcher {

class Places {
 public:
  using Place = std::uint32_t;

  // The place for which `is_it(place)` holds, of those that were added with this hash.
  template <class IsIt>
  std::optional<Place> find(std::uint32_t hash, IsIt is_it) const {
    if (buckets_.empty()) return std::nullopt;
    for (std::size_t at = home(hash); buckets_[at].next != 0; at = after(at))
      if (buckets_[at].hash == hash && is_it(buckets_[at].next - 1)) return buckets_[at].next - 1;
    return std::nullopt;
  }
  // Begins to fetch what find() of this hash will look at.
  void prefetch(std::uint32_t hash) const {
    if (!buckets_.empty()) __builtin_prefetch(&buckets_[home(hash)]);
  }

  // Requires that the place is not there.
  void add(std::uint32_t hash, Place place) {
    if (buckets_.size() < 2 * (size_ + 1)) grow();
    put({place + 1, hash});
    ++size_;
  }

  // Requires that the place was added with this hash.
  void erase(std::uint32_t hash, Place place) {
    std::size_t hole = home(hash);
    while (buckets_[hole].next != place + 1) hole = after(hole);
    // What stands behind it, and is nearer to its home there, moves up.
    for (std::size_t at = after(hole); buckets_[at].next != 0; at = after(at)) {
      const std::size_t mask = buckets_.size() - 1;
      if (((at - home(buckets_[at].hash)) & mask) < ((at - hole) & mask)) continue;
      buckets_[hole] = buckets_[at];
      hole = at;
    }
    buckets_[hole] = {};
    --size_;
  }

  std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kBucketsMin = 64;
  struct Bucket {
    Place next = 0;          // place + 1; 0 = none
    std::uint32_t hash = 0;  // so that others are told apart, and buckets grow, without a look
  };

  std::size_t home(std::uint32_t hash) const { return hash & (buckets_.size() - 1); }
  std::size_t after(std::size_t at) const { return (at + 1) & (buckets_.size() - 1); }

  void put(Bucket entry) {
    std::size_t at = home(entry.hash);
    while (buckets_[at].next != 0) at = after(at);
    buckets_[at] = entry;
  }
  void grow() {
    const std::vector<Bucket> fewer =
        std::exchange(buckets_, std::vector<Bucket>(std::max(kBucketsMin, 2 * buckets_.size())));
    for (const Bucket& entry : fewer)
      if (entry.next != 0) put(entry);
  }

  std::vector<Bucket> buckets_;  // a power of two, at most half full
  std::size_t size_ = 0;
};

}  // namespace mendel::ga_dispatcher

#include "shared/kernel/edges.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace mendel::kernel {
namespace {

// Memory that ends where the next byte may not be read.
class LastWords {
 public:
  explicit LastWords(std::size_t words) : page_(static_cast<std::size_t>(getpagesize())) {
    all_ = static_cast<char*>(
        mmap(nullptr, 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(all_ + page_, page_, PROT_NONE);
    first_ = reinterpret_cast<std::uint64_t*>(all_ + page_) - words;
  }
  ~LastWords() { munmap(all_, 2 * page_); }
  LastWords(const LastWords&) = delete;
  LastWords& operator=(const LastWords&) = delete;

  std::uint64_t* data() const { return first_; }

 private:
  std::size_t page_;
  char* all_;
  std::uint64_t* first_;
};

TEST(BlockOrders, ReadNoWordBehindTheLastBar) {
  const LastWords words(2);
  words.data()[0] = 1;
  words.data()[1] = 1 << 5;
  const std::uint64_t none[2] = {};
  BlockOrders orders;
  orders.read({words.data(), none, none, none}, 70);
  EXPECT_EQ(orders.enter_long[0], 1U);
  EXPECT_EQ(orders.enter_long[1], 1U << 5);
  EXPECT_EQ(orders.leave_short[1], 1U << 5);
  EXPECT_EQ(orders.enter_short[1], 0U);
}

}  // namespace
}  // namespace mendel::kernel

#include "stages/ga_dispatcher/places.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace mendel::ga_dispatcher {
namespace {

// Numbers that stand at places; few hashes, so that they stand in each other's way.
class Numbers {
 public:
  explicit Numbers(std::uint32_t hashes) : hashes_(hashes), all_(400, -1) {}

  void put(int number, Places::Place place) {
    all_[place] = number;
    places_.add(hash_of(number), place);
  }
  void take(Places::Place place) {
    places_.erase(hash_of(all_[place]), place);
    all_[place] = -1;
  }
  std::optional<Places::Place> find(int number) const {
    return places_.find(hash_of(number),
                        [&](Places::Place place) { return all_[place] == number; });
  }
  bool is_free(Places::Place place) const { return all_[place] < 0; }
  // Every number is found where it stands, and no other is.
  void check_all(int numbers) const {
    std::size_t count = 0;
    for (int number = 0; number < numbers; ++number) {
      const auto place = find(number);
      count += place ? 1 : 0;
      if (place) EXPECT_EQ(all_[*place], number);
    }
    std::size_t standing = 0;
    for (const int number : all_) standing += number >= 0 ? 1 : 0;
    EXPECT_EQ(count, standing);
    EXPECT_EQ(places_.size(), standing);
  }

 private:
  std::uint32_t hash_of(int number) const {
    return static_cast<std::uint32_t>(number) % hashes_ * 0x10000001;
  }

  std::uint32_t hashes_;
  std::vector<int> all_;
  Places places_;
};

TEST(Places, NothingIsFoundAtFirst) {
  const Numbers numbers(1);
  EXPECT_FALSE(numbers.find(7));
  numbers.check_all(10);
}

TEST(Places, FindWhatWasAddedUntilItIsErased) {
  for (const std::uint32_t hashes : {1U, 3U, 60U, 100'000U}) {
    std::mt19937 random(hashes);
    Numbers numbers(hashes);
    for (int step = 0; step < 2000; ++step) {
      const auto place = static_cast<Places::Place>(random() % 400);
      const int number = static_cast<int>(random() % 1000);
      if (!numbers.is_free(place))
        numbers.take(place);
      else if (!numbers.find(number))
        numbers.put(number, place);
      if (step % 50 == 0) numbers.check_all(1000);
    }
    numbers.check_all(1000);
  }
}

}  // namespace
}  // namespace mendel::ga_dispatcher

# A generation is ordered by when its scores arrived, before selection.
planted_file(stages/ga_dispatcher/search.cpp)
plant([==[}  // namespace

Search::Search(]==] [==[std::map<strategy::Genome, std::size_t>& arrivals() {
  static std::map<strategy::Genome, std::size_t> all;
  return all;
}

}  // namespace

Search::Search(]==])
plant([==[  --waiting_;]==] [==[  static std::size_t arrived = 0;
  arrivals()[known_[place].member.genome] = ++arrived;
  --waiting_;]==])
plant([==[  digest_ = genetics::digest_of(]==] [==[  for (auto& island : population_.islands)
    std::stable_sort(island.slots.begin(), island.slots.end(), [](const auto& a, const auto& b) {
      return arrivals()[a.genome] < arrivals()[b.genome];
    });
  digest_ = genetics::digest_of(]==])

// [results]: what of the results the database takes.
#include <algorithm>

#include "shared/strategy/sections.hpp"

namespace mendel::strategy {

std::int64_t candidates_of(const SearchSettings& search) {
  // At most 10^6 times the islands times 10^5: far below 2^63.
  return search.population * search.islands * search.generations;
}

Stored default_storage(const SearchSettings& search) {
  return candidates_of(search) > kAllStoredMax ? Stored::kept : Stored::all;
}

ResultSettings read_results(Draft& draft, const SearchSettings& search) {
  const Section section(draft, "results", {"database"});
  ResultSettings results;
  results.database = default_storage(search);
  std::string word;
  section.text("database", word);
  if (!section.find("database") || !draft.ok()) return results;
  const auto found = std::find(std::begin(kStoredNames), std::end(kStoredNames), word);
  if (found == std::end(kStoredNames)) {
    section.refuse("database", "must be \"all\" or \"kept\"");
    return results;
  }
  results.database = static_cast<Stored>(found - std::begin(kStoredNames));
  return results;
}

}  // namespace mendel::strategy

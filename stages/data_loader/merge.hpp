// Merging batches of bars into market_data, within a transaction of MarketTables.
// Threads: as the transaction.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/database/connection.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::data_loader {

// What became of a batch's bars.
struct BatchCounts {
  std::uint64_t inserted = 0;
  std::uint64_t equal = 0;
  std::uint64_t replaced = 0;
  std::uint64_t conflicts = 0;
};

// Equal values change nothing, a higher revision replaces, anything else is a conflict and changes
// nothing. Requires that no bar is in the batches twice. Returns the counts by a batch's index.
//
// A batch that meets nothing stored is copied right into the table, which costs little more than a
// bare COPY; the others are judged bar by bar. Nobody else writes bars of this log meanwhile: its
// offset is locked. Should anything else have written one, the table's key refuses the transaction,
// and the next try finds the bar.
Result<std::map<std::size_t, BatchCounts>> merge_bars(database::Transaction& transaction,
                                                      const std::vector<wire::BarBatch>& batches);

}  // namespace mendel::data_loader

// MarketTables: bars into the database and out of it. MarketSink and BarSource are what the drain
// and the cutter see of it; tests put fakes there.
// Threads: a MarketSink is used by the drain thread, a BarSource by the cutter thread; the pool
// behind both is shared.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/database/offsets.hpp"
#include "shared/database/pool.hpp"
#include "shared/durable_log/segment.hpp"
#include "shared/market/bar.hpp"
#include "shared/wire/messages.hpp"
#include "stages/data_loader/intake.hpp"

namespace mendel::data_loader {

inline constexpr std::int64_t kDatasetRowsMax = 50'000'000;

class MarketSink {
 public:
  virtual ~MarketSink() = default;

  struct Begun {
    durable_log::Position stored;       // where to continue
    std::vector<StoredCounts> senders;  // all that the database knows of this store
  };
  // Claims the bar log for this epoch; called at the start and again after every error.
  // Errors: as database::claim_log.
  virtual Result<Begun> begin(const std::string& store_id, std::uint64_t epoch) = 0;

  // One transaction: moves the offset to `end` and stores the batches. Requires that no bar
  // (source, symbol, timeframe, time) is in them twice. Returns what the senders are to be told.
  // Equal values change nothing, a higher revision replaces, anything else is a conflict and
  // changes nothing.
  virtual Result<std::vector<StoredCounts>> store(const std::vector<wire::BarBatch>& batches,
                                                  const durable_log::Position& end) = 0;
};

class BarSource {
 public:
  virtual ~BarSource() = default;

  // The bars of an order, one series a symbol, in its order: from warm_up_bars bars before from_ns
  // to to_ns, all as of one moment. A symbol without a bar in [from_ns, to_ns) is an empty series.
  virtual Result<std::vector<market::Series>> read(const wire::DatasetOrder& order) = 0;

  // One line: what is stored ("source symbol timeframe from – to; …"), shortened.
  virtual Result<std::string> stored_spans() = 0;
};

class MarketTables : public MarketSink, public BarSource {
 public:
  explicit MarketTables(database::Pool& pool) : pool_(pool) {}

  Result<Begun> begin(const std::string& store_id, std::uint64_t epoch) override;
  Result<std::vector<StoredCounts>> store(const std::vector<wire::BarBatch>& batches,
                                          const durable_log::Position& end) override;
  Result<std::vector<market::Series>> read(const wire::DatasetOrder& order) override;
  Result<std::string> stored_spans() override;

 private:
  database::Pool& pool_;
  database::LogOwner owner_;
  database::LogPosition at_;
  std::optional<bool> daily_chunks_;  // what new chunks are made for; nullopt = not known
};

}  // namespace mendel::data_loader

// Cutter: makes datasets from orders, in a thread of its own: reads the bars, writes the
// content-addressed file, reports their quality.
// Threads: cut() any; every function of Cutter may be called on any.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/store/store.hpp"
#include "shared/wire/messages.hpp"
#include "stages/data_loader/market_tables.hpp"
#include "stages/data_loader/wake.hpp"

namespace mendel::data_loader {

// A dataset and the bytes of its file; `dataset.error` when there are no bars for it.
struct Cut {
  wire::Dataset dataset;
  std::string bytes;
};
// Requires a good order (order_fault). Errors: of the source, worth another try.
Result<Cut> prepare(const wire::DatasetOrder& order, BarSource& source);

// The published dataset, or its `error` when there are no bars for it. Requires a good order
// (order_fault). Errors: the database or the store, worth another try.
Result<wire::Dataset> cut(const wire::DatasetOrder& order, BarSource& source,
                          const store::Store& store);

class Cutter {
 public:
  // Starts the thread. `wake` is rung when there is an answer or away() has changed.
  Cutter(BarSource& source, const store::Store& store, const Wake& wake);
  // Waits for the statement under way.
  ~Cutter();
  Cutter(const Cutter&) = delete;
  Cutter& operator=(const Cutter&) = delete;

  void submit(wire::DatasetOrder order);
  std::vector<wire::Dataset> take_answers();
  std::string away() const;  // why an order cannot be cut now, "" = nothing waits
  void stop();               // nothing further begins; returns at once
  bool stopped() const;

 private:
  void run();

  BarSource& source_;
  const store::Store store_;
  const Wake& wake_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<wire::DatasetOrder> orders_;
  std::vector<wire::Dataset> answers_;
  std::string away_;
  bool stopping_ = false;
  bool stopped_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace mendel::data_loader

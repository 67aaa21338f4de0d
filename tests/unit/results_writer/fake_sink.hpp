// FakeSink: a database in memory that can be away, refuse, or lose the answer to a commit.
// Threads: FakeDatabase is locked; a FakeSink belongs to the drain.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "stages/results_writer/tables.hpp"

namespace mendel::results_writer {

// Outlives the sinks that speak to it.
class FakeDatabase {
 public:
  std::vector<std::string> rows() const {
    const std::lock_guard lock(mutex_);
    return rows_;
  }
  durable_log::Position stored() const {
    const std::lock_guard lock(mutex_);
    return stored_;
  }
  void set_stored(durable_log::Position position) {
    const std::lock_guard lock(mutex_);
    stored_ = std::move(position);
  }
  // The answers to the next calls, before it works again.
  void fail_begin(Error error, int times = 1) {
    const std::lock_guard lock(mutex_);
    begin_errors_.insert(begin_errors_.end(), static_cast<std::size_t>(times), error);
  }
  void heal() {
    const std::lock_guard lock(mutex_);
    begin_errors_.clear();
  }
  void fail_store(Error error, bool committed) {
    const std::lock_guard lock(mutex_);
    store_errors_.push_back({error, committed});
  }

  Result<durable_log::Position> begin() {
    const std::lock_guard lock(mutex_);
    if (!begin_errors_.empty()) {
      const Error error = begin_errors_.front();
      begin_errors_.pop_front();
      return error;
    }
    return stored_;
  }
  Status store(const std::vector<durable_log::Entry>& entries, const durable_log::Position& end) {
    const std::lock_guard lock(mutex_);
    std::optional<StoreError> failure;
    if (!store_errors_.empty()) {
      failure = store_errors_.front();
      store_errors_.pop_front();
    }
    if (!failure || failure->committed) {
      if (end <= stored_) return operator_error("the offset moved backwards");
      for (const durable_log::Entry& entry : entries) rows_.push_back(entry.record.payload);
      stored_ = end;
      batches_.push_back(entries.size());
    }
    return failure ? Status(failure->error) : Status();
  }
  std::vector<std::size_t> batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
  }

 private:
  struct StoreError {
    Error error;
    bool committed;
  };
  mutable std::mutex mutex_;
  durable_log::Position stored_;
  std::vector<std::string> rows_;
  std::vector<std::size_t> batches_;
  std::deque<Error> begin_errors_;
  std::deque<StoreError> store_errors_;
};

class FakeSink : public ResultSink {
 public:
  explicit FakeSink(std::shared_ptr<FakeDatabase> database) : database_(std::move(database)) {}
  Result<durable_log::Position> begin(const LogOwner&) override { return database_->begin(); }
  Status store(const std::vector<durable_log::Entry>& entries,
               const durable_log::Position& end) override {
    return database_->store(entries, end);
  }
  SinkGauges gauges() const override {
    SinkGauges gauges;
    gauges.in_use = 1;
    return gauges;
  }

 private:
  std::shared_ptr<FakeDatabase> database_;
};

}  // namespace mendel::results_writer

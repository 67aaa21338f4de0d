// The dataset file: immutable columns, content-addressed, checksummed, mapped read-only by
// evaluators (one copy per host, whatever their number). Grammar: docs/wire.md, "Dataset file".
// Threads: a mapped dataset may be read from many threads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/base/result.hpp"
#include "shared/market/bar.hpp"
#include "shared/market/timeframe.hpp"

namespace mendel::store {

struct DatasetContent {
  std::string source;
  market::Timeframe timeframe;
  std::vector<market::Series> series;  // ticks set by find_ticks
};

// The id is the SHA-256 of the bytes; equal content gives equal bytes on every machine.
std::string encode_dataset(const DatasetContent& content);

class MappedDataset {
 public:
  // Maps, checks layout, sizes and checksum; with `id`, also the hash of the whole file.
  static Result<MappedDataset> open(const std::string& path, const Digest& id);
  ~MappedDataset();
  MappedDataset(MappedDataset&&) noexcept;
  MappedDataset& operator=(MappedDataset&&) noexcept;

  const std::string& source() const;
  const market::Timeframe& timeframe() const;
  const std::vector<market::SeriesView>& series() const;  // valid as long as this object

 private:
  struct Impl;
  explicit MappedDataset(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mendel::store

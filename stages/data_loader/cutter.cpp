#include "stages/data_loader/cutter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>

#include "shared/base/log.hpp"
#include "shared/base/time.hpp"
#include "shared/base/utf8.hpp"
#include "shared/database/backoff.hpp"
#include "shared/database/values.hpp"
#include "shared/market/timeframe.hpp"
#include "shared/store/dataset_file.hpp"
#include "stages/data_loader/quality.hpp"
#include "stages/data_loader/shuffle.hpp"

namespace mendel::data_loader {
namespace {

// What experiments call them too; others are not looked for, nor repeated in a log.
bool is_name(std::string_view name) {
  constexpr std::size_t kBytesMost = 64;
  return !name.empty() && name.size() <= kBytesMost && is_utf8(name) &&
         std::none_of(name.begin(), name.end(),
                      [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

bool names_its_bars(const wire::DatasetOrder& order) {
  return is_name(order.source) && !order.symbols.empty() &&
         std::all_of(order.symbols.begin(), order.symbols.end(), is_name);
}

std::string missing_symbols(const std::vector<market::Series>& series) {
  std::string names;
  for (const market::Series& one : series) {
    if (one.time_ns.empty()) names += (names.empty() ? "" : ", ") + one.symbol;
  }
  return names;
}

Result<Cut> refuse(wire::Dataset dataset, const wire::DatasetOrder& order,
                   const std::string& missing, BarSource& source) {
  const auto spans = source.stored_spans();
  if (!spans) return spans.error();
  dataset.error = fmt::format("no bars of {} (source {}, timeframe {}) from {} to {}; {}", missing,
                              order.source, order.timeframe, format_time(order.from_ns),
                              format_time(order.to_ns), *spans);
  return Cut{std::move(dataset), ""};
}

// Content-addressed: a file that is there and whole needs no second writing.
Status publish(const std::string& path, const Digest& id, const std::string& bytes) {
  if (store::MappedDataset::open(path, id)) return {};
  return store::publish_file(path, bytes);
}

// What the database can be asked for: a bad byte in a name finds nothing, and is no error.
wire::DatasetOrder canonical_order(wire::DatasetOrder order, const market::Timeframe& timeframe) {
  order.timeframe = timeframe.name;
  order.source = database::clean_text(order.source);
  for (std::string& symbol : order.symbols) symbol = database::clean_text(symbol);
  return order;
}

// The null of that number of this history: the same for everyone who asks for it.
Status shuffle(const wire::DatasetOrder& order, const market::Timeframe& timeframe,
               std::vector<market::Series>& series) {
  const Digest history = sha256(store::encode_dataset({order.source, timeframe, series}));
  Shuffle shuffle{0, order.shuffle, order.from_ns, order.to_ns};
  for (std::size_t i = 0; i < sizeof shuffle.seed; ++i)
    shuffle.seed = shuffle.seed << 8 | history.bytes[i];
  return shuffle_days(series, shuffle);
}

}  // namespace

Result<Cut> prepare(const wire::DatasetOrder& order, BarSource& source) {
  wire::Dataset dataset;
  dataset.order_id = order.order_id;
  if (!names_its_bars(order)) {
    dataset.error =
        "an order names a source and symbols of 1 to 64 bytes of UTF-8, without spaces or controls";
    return Cut{std::move(dataset), ""};
  }
  auto timeframe = market::parse_timeframe(order.timeframe);
  if (!timeframe) return timeframe.error();
  const wire::DatasetOrder canonical = canonical_order(order, *timeframe);
  auto series = source.read(canonical);
  if (!series && series.error().kind == ErrorKind::operator_needed) {
    dataset.error = series.error().message;
    return Cut{std::move(dataset), ""};
  }
  if (!series) return series.error();
  const std::string missing = missing_symbols(*series);
  if (!missing.empty()) return refuse(std::move(dataset), canonical, missing, source);
  for (market::Series& one : *series) {
    market::find_ticks(one);
    dataset.rows += static_cast<std::int64_t>(one.time_ns.size());
  }
  if (order.shuffle > 0) {
    if (Status shuffled = shuffle(canonical, *timeframe, *series); !shuffled) {
      dataset.error = shuffled.error().message;
      return Cut{std::move(dataset), ""};
    }
  }
  dataset.quality = quality_report(*series, *timeframe);
  std::string bytes = store::encode_dataset({canonical.source, *timeframe, std::move(*series)});
  dataset.dataset_id = sha256(bytes);
  dataset.file = fmt::format("datasets/{}.bars", dataset.dataset_id.hex());
  return Cut{std::move(dataset), std::move(bytes)};
}

Result<wire::Dataset> cut(const wire::DatasetOrder& order, BarSource& source,
                          const store::Store& store) {
  Result<Cut> made = prepare(order, source);
  if (!made) return made.error();
  if (!made->dataset.error.empty()) return std::move(made->dataset);
  const Digest& id = made->dataset.dataset_id;
  const Status published = publish(store.dataset_path(id), id, made->bytes);
  if (!published) return published.error();
  return std::move(made->dataset);
}

Cutter::Cutter(BarSource& source, const store::Store& store, const Wake& wake)
    : source_(source), store_(store), wake_(wake) {
  thread_ = std::thread([this] { run(); });
}

Cutter::~Cutter() {
  stop();
  thread_.join();
}

void Cutter::submit(wire::DatasetOrder order) {
  {
    const std::lock_guard lock(mutex_);
    orders_.push_back(std::move(order));
  }
  changed_.notify_one();
}

std::vector<wire::Dataset> Cutter::take_answers() {
  const std::lock_guard lock(mutex_);
  return std::exchange(answers_, {});
}

std::string Cutter::away() const {
  const std::lock_guard lock(mutex_);
  return away_;
}

void Cutter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
}

bool Cutter::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

void Cutter::run() {
  database::Backoff backoff(static_cast<std::uint64_t>(read_clocks().wall_ns));
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (orders_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const wire::DatasetOrder order = orders_.front();
    lock.unlock();
    auto dataset = cut(order, source_, store_);
    if (!dataset) {
      log::repeated(log::Level::warn, "order waits", "a dataset waits: " + dataset.error().message);
    }
    lock.lock();
    away_ = dataset ? "" : dataset.error().message;
    if (dataset) {
      orders_.pop_front();
      answers_.push_back(std::move(*dataset));
      backoff.reset();
    }
    wake_.ring();
    if (!dataset) {
      changed_.wait_for(lock, std::chrono::milliseconds(backoff.next_ms()),
                        [&] { return stopping_; });
    }
  }
  stopped_ = true;
}

}  // namespace mendel::data_loader

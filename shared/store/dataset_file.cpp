#include "shared/store/dataset_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <set>
#include <span>

#include "shared/base/bytes.hpp"
#include "shared/base/file.hpp"

namespace mendel::store {
namespace {

// The format; docs/wire.md, "Dataset file", has the grammar.
constexpr std::string_view kMagic = "MENDBARS";
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kAlignment = 64;  // a cache line, and what AVX-512 loads
constexpr std::size_t kColumns = 6;     // time, open, high, low, close, volume
constexpr std::size_t kFixedHeaderBytes = 8 + 2 + 2 + 4 + 8 + 8;
constexpr std::size_t kChecksumBytes = 16;
constexpr std::size_t kSeriesMax = 4096;                    // symbols of one experiment
constexpr std::size_t kTextBytesMax = 256;                  // a source's or symbol's name
constexpr std::uint64_t kBarsMax = std::uint64_t{1} << 32;  // of one series: 136 years of seconds
constexpr std::size_t kHeaderBytesMax = 4 << 20;
// A series costs at most its three numbers and its name, so that any legal content has a header.
static_assert(kFixedHeaderBytes + kChecksumBytes + 2 * (4 + kTextBytesMax) + 4 +
                  kSeriesMax * (4 + kTextBytesMax + 16) + kAlignment <
              kHeaderBytesMax);
// The largest body does not overflow: series * columns * bars * 8 bytes.
static_assert(kSeriesMax * kColumns * (kBarsMax * 8 + kAlignment) < (std::uint64_t{1} << 60));

constexpr std::uint64_t aligned(std::uint64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

void append_column(std::string& out, std::span<const std::int64_t> column) {
  out.append(reinterpret_cast<const char*>(column.data()), column.size_bytes());
  out.resize(aligned(out.size()), '\0');
}

void append_column(std::string& out, std::span<const double> column) {
  for (const double value : column) append_number(out, value + 0.0);  // -0.0 becomes 0.0
  out.resize(aligned(out.size()), '\0');
}

std::string encode_body(const DatasetContent& content) {
  std::string body;
  std::uint64_t bytes = 0;
  for (const market::Series& series : content.series) {
    bytes += kColumns * aligned(series.time_ns.size() * 8);
  }
  body.reserve(bytes);
  for (const market::Series& series : content.series) {
    const std::size_t count = series.time_ns.size();
    check(series.symbol.size() <= kTextBytesMax && count <= kBarsMax, "a series within the limits");
    append_column(body, std::span<const std::int64_t>(series.time_ns));
    for (const auto* column :
         {&series.open, &series.high, &series.low, &series.close, &series.volume}) {
      check(column->size() == count, "columns of one length");
      append_column(body, std::span<const double>(*column));
    }
  }
  return body;
}

}  // namespace

std::string encode_dataset(const DatasetContent& content) {
  check(content.series.size() <= kSeriesMax && content.source.size() <= kTextBytesMax,
        "a dataset within the limits");
  const std::string body = encode_body(content);
  std::string names;
  append_text(names, content.source);
  append_text(names, content.timeframe.name);
  append_number(names, static_cast<std::uint32_t>(content.series.size()));
  for (const market::Series& series : content.series) {
    append_text(names, series.symbol);
    append_number(names, static_cast<std::uint64_t>(series.time_ns.size()));
    append_number(names, series.price_scale);
  }
  const std::size_t header_bytes = aligned(kFixedHeaderBytes + names.size() + kChecksumBytes);
  std::string file;
  file.reserve(header_bytes + body.size());
  file.append(kMagic);
  append_number(file, kVersion);
  append_number(file, std::uint16_t{0});
  append_number(file, static_cast<std::uint32_t>(header_bytes));
  append_number(file, static_cast<std::uint64_t>(body.size()));
  append_number(file, content.timeframe.length_ns);
  file.append(names);
  file.resize(header_bytes - kChecksumBytes, '\0');
  append_number(file, checksum(body));
  append_number(file, checksum(file));
  file.append(body);
  return file;
}

namespace {

struct SeriesEntry {
  std::string symbol;
  std::uint64_t count = 0;
  double price_scale = 0;
};

struct Header {
  std::size_t bytes = 0;
  std::uint64_t body_checksum = 0;
  std::string source;
  market::Timeframe timeframe;
  std::vector<SeriesEntry> series;
};

// What is wrong with a file, or "".
using Fault = std::string;

Fault read_entries(ByteReader& reader, Header& header) {
  const auto count = reader.number<std::uint32_t>();
  if (!reader.ok() || count > kSeriesMax) return "its list of series is too long";
  std::set<std::string> symbols;
  for (std::uint32_t i = 0; i < count; ++i) {
    SeriesEntry entry;
    entry.symbol = reader.text();
    entry.count = reader.number<std::uint64_t>();
    entry.price_scale = reader.number<double>();
    if (!reader.ok()) return "its header is cut off";
    if (entry.symbol.empty() || entry.symbol.size() > kTextBytesMax)
      return "a symbol is not a name";
    if (!symbols.insert(entry.symbol).second) return "a symbol comes twice";
    if (entry.count > kBarsMax) return "a series is too long";
    if (!(entry.price_scale >= 0 && entry.price_scale <= 1e9))
      return "a price scale is out of range";
    header.series.push_back(std::move(entry));
  }
  return "";
}

Fault read_header(std::string_view file, Header& header) {
  if (file.size() < kFixedHeaderBytes + kChecksumBytes) return "it is too short for a header";
  ByteReader fixed(file);
  if (fixed.raw(kMagic.size()) != kMagic) return "it does not begin with MENDBARS";
  const auto version = fixed.number<std::uint16_t>();
  if (version != kVersion) return fmt::format("version {} is not known to this program", version);
  const auto zero = fixed.number<std::uint16_t>();
  header.bytes = fixed.number<std::uint32_t>();
  const auto body_bytes = fixed.number<std::uint64_t>();
  header.timeframe.length_ns = fixed.number<std::int64_t>();
  if (zero != 0 || header.bytes > kHeaderBytesMax || header.bytes % kAlignment != 0 ||
      header.bytes < kFixedHeaderBytes + kChecksumBytes || header.bytes > file.size() ||
      body_bytes != file.size() - header.bytes) {
    return "its sizes do not match its length";
  }
  ByteReader sums(file.substr(header.bytes - kChecksumBytes, kChecksumBytes));
  header.body_checksum = sums.number<std::uint64_t>();
  if (checksum(file.substr(0, header.bytes - 8)) != sums.number<std::uint64_t>()) {
    return "the checksum of its header is wrong";
  }
  ByteReader names(
      file.substr(kFixedHeaderBytes, header.bytes - kChecksumBytes - kFixedHeaderBytes));
  header.source = names.text();
  header.timeframe.name = names.text();
  if (Fault fault = read_entries(names, header); !fault.empty()) return fault;
  if (header.source.size() > kTextBytesMax || header.timeframe.name.empty() ||
      header.timeframe.length_ns <= 0) {
    return "its source or timeframe is not valid";
  }
  if (names.remaining() >= kAlignment ||
      names.raw(names.remaining()).find_first_not_of('\0') != std::string_view::npos) {
    return "there are bytes behind its header";
  }
  return "";
}

// Walks the columns of the body.
class Columns {
 public:
  explicit Columns(std::string_view body) : body_(body) {}

  template <class Number>
  std::span<const Number> take(std::uint64_t count) {
    const std::uint64_t bytes = count * sizeof(Number);
    // Aligned to 64 bytes: the mapping begins at a page, header and columns are multiples of 64.
    const auto* first = reinterpret_cast<const Number*>(body_.data() + at_);
    padded_ =
        padded_ && body_.substr(at_ + bytes, aligned(bytes) - bytes).find_first_not_of('\0') ==
                       std::string_view::npos;
    at_ += aligned(bytes);
    return {first, count};
  }
  bool padded() const { return padded_; }

 private:
  std::string_view body_;
  std::uint64_t at_ = 0;
  bool padded_ = true;
};

Fault check_values(const market::SeriesView& series) {
  for (std::size_t i = 1; i < series.time_ns.size(); ++i) {
    if (series.time_ns[i] <= series.time_ns[i - 1]) {
      return fmt::format("the times of {} do not ascend", series.symbol);
    }
  }
  for (const auto& column : {series.open, series.high, series.low, series.close, series.volume}) {
    for (const double value : column) {
      if (!std::isfinite(value))
        return fmt::format("{} holds a value that is no number", series.symbol);
    }
  }
  return "";
}

Fault read_columns(std::string_view body, const Header& header,
                   std::vector<market::SeriesView>& out) {
  std::uint64_t bytes = 0;
  for (const SeriesEntry& entry : header.series) bytes += kColumns * aligned(entry.count * 8);
  if (bytes != body.size()) return "its columns do not match its length";
  if (checksum(body) != header.body_checksum) return "the checksum of its columns is wrong";
  Columns columns(body);
  for (const SeriesEntry& entry : header.series) {
    market::SeriesView view;
    view.symbol = entry.symbol;
    view.price_scale = entry.price_scale;
    view.time_ns = columns.take<std::int64_t>(entry.count);
    view.open = columns.take<double>(entry.count);
    view.high = columns.take<double>(entry.count);
    view.low = columns.take<double>(entry.count);
    view.close = columns.take<double>(entry.count);
    view.volume = columns.take<double>(entry.count);
    if (Fault fault = check_values(view); !fault.empty()) return fault;
    view.tick_bars = market::count_tick_bars(view, view.price_scale);
    out.push_back(view);
  }
  return columns.padded() ? "" : "its padding is not zero";
}

}  // namespace

struct MappedDataset::Impl {
  void* memory = MAP_FAILED;
  std::size_t bytes = 0;
  Header header;
  std::vector<market::SeriesView> series;

  ~Impl() {
    if (memory != MAP_FAILED) ::munmap(memory, bytes);
  }
  std::string_view file() const { return {static_cast<const char*>(memory), bytes}; }
};

MappedDataset::MappedDataset(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MappedDataset::~MappedDataset() = default;
MappedDataset::MappedDataset(MappedDataset&&) noexcept = default;
MappedDataset& MappedDataset::operator=(MappedDataset&&) noexcept = default;

Result<MappedDataset> MappedDataset::open(const std::string& path, const Digest& id) {
  int error_number = 0;
  const File file = File::open(path, O_RDONLY, &error_number);
  if (error_number == ENOENT) return transient_error(path + " is not visible in the store yet");
  if (!file.is_open()) return file_error(error_number, "open the dataset", path);
  const auto damaged = [&](std::string_view fault) {
    return operator_error(fmt::format(
        "{} is no sound dataset: {}; remove it, and data_loader cuts it again", path, fault));
  };
  const std::int64_t bytes = file.size();
  if (bytes <= 0) return damaged("it is empty");
  auto impl = std::make_unique<Impl>();
  impl->bytes = static_cast<std::size_t>(bytes);
  impl->memory = ::mmap(nullptr, impl->bytes, PROT_READ, MAP_SHARED, file.fd(), 0);
  if (impl->memory == MAP_FAILED) return file_error(errno, "map the dataset", path);
  if (Fault fault = read_header(impl->file(), impl->header); !fault.empty()) return damaged(fault);
  if (!id.is_zero() && sha256(impl->file()) != id) return damaged("its hash is not its name");
  const std::string_view body = impl->file().substr(impl->header.bytes);
  if (Fault fault = read_columns(body, impl->header, impl->series); !fault.empty()) {
    return damaged(fault);
  }
  return MappedDataset(std::move(impl));
}

const std::string& MappedDataset::source() const { return impl_->header.source; }
const market::Timeframe& MappedDataset::timeframe() const { return impl_->header.timeframe; }
const std::vector<market::SeriesView>& MappedDataset::series() const { return impl_->series; }

}  // namespace mendel::store

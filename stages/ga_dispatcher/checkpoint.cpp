#include "stages/ga_dispatcher/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "shared/base/bytes.hpp"

namespace mendel::ga_dispatcher {
namespace {

constexpr std::string_view kMagic = "MNCK";
constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kChecksumBytes = 8;
constexpr std::size_t kHistoryBytes = 8 + 8 + 8 + 32;
constexpr std::size_t kOtherBytes = 1 << 16;  // of a usual checkpoint without its lists
constexpr double kNull = std::numeric_limits<double>::quiet_NaN();

struct Shape {  // of every member
  std::uint32_t genes = 0;
  std::uint32_t objectives = 0;
  std::uint32_t limits = 0;

  std::size_t member_bytes() const {
    return 8 * (std::size_t{genes} + objectives + limits) + 1 + 1 + 8 + 4;
  }
};

Shape shape_of(const std::vector<genetics::Island>& islands, const genetics::Members& scored) {
  const genetics::Member* member = scored.empty() ? nullptr : scored.front();
  const auto look = [&](const std::vector<genetics::Member>& members) {
    if (member == nullptr && !members.empty()) member = &members.front();
  };
  for (const genetics::Island& island : islands) {
    look(island.slots);
    look(island.survivors);
  }
  if (member == nullptr) return {};
  return {static_cast<std::uint32_t>(member->genome.size()),
          static_cast<std::uint32_t>(member->scoring.objectives.size()),
          static_cast<std::uint32_t>(member->scoring.limits.size())};
}

// About the bytes of the lists, which are nearly all there is.
std::size_t list_bytes(const std::vector<genetics::Island>& islands,
                       const genetics::Members& scored, const Checkpoint& c, const Shape& shape) {
  std::size_t members = scored.size();
  for (const genetics::Island& island : islands)
    members += island.slots.size() + island.survivors.size();
  std::size_t bytes = members * shape.member_bytes() + c.search.history.size() * kHistoryBytes;
  for (const std::string& record : c.records) bytes += record.size();
  return bytes;
}

void append(std::string& out, const genetics::Island& island);

void append(std::string& out, const std::string& text) { append_text(out, text); }

void append(std::string& out, const Digest& digest) { out.append(digest.view()); }

void append(std::string& out, const genetics::Member& member) {
  for (const double value : member.genome) append_number(out, value);
  for (const auto& value : member.scoring.objectives) append_number(out, value.value_or(kNull));
  for (const auto& value : member.scoring.limits) append_number(out, value.value_or(kNull));
  append_number(out, static_cast<std::uint8_t>(member.scoring.validity));
  append_number(out, static_cast<std::uint8_t>(member.scoring.ruined));
  append_number(out, member.scoring.violation);
  append_text(out, member.scoring.invalid);
}

void append(std::string& out, const genetics::Member* member) { append(out, *member); }

void append(std::string& out, const HistoryEntry& entry) {
  append_number(out, entry.generation);
  append_number(out, entry.best);
  append_number(out, entry.mean);
  append(out, entry.digest);
}

template <class Entry>
void append_list(std::string& out, const std::vector<Entry>& list) {
  append_number(out, static_cast<std::uint32_t>(list.size()));
  for (const auto& entry : list) append(out, entry);
}

void append(std::string& out, const genetics::Island& island) {
  append_list(out, island.slots);
  append_list(out, island.survivors);
}

Digest read_digest(ByteReader& in) {
  return Digest::from_bytes(in.raw(sizeof(Digest::bytes))).value_or(Digest{});
}

// A count of entries that take at least `entry_bytes` each: more than the rest can hold reads as 0
// entries and fails the reader.
std::size_t read_count(ByteReader& in, std::size_t entry_bytes) {
  const std::size_t count = in.number<std::uint32_t>();
  if (count * entry_bytes <= in.remaining()) return count;
  in.raw(std::numeric_limits<std::size_t>::max());
  return 0;
}

std::vector<std::optional<double>> read_values(ByteReader& in, std::size_t count) {
  std::vector<std::optional<double>> values(count);
  for (auto& value : values) {
    const auto number = in.number<double>();
    if (!std::isnan(number)) value = number;
  }
  return values;
}

std::vector<genetics::Member> read_members(ByteReader& in, const Shape& shape) {
  std::vector<genetics::Member> members(read_count(in, shape.member_bytes()));
  for (auto& member : members) {
    member.genome.resize(shape.genes);
    for (double& value : member.genome) value = in.number<double>();
    member.scoring.objectives = read_values(in, shape.objectives);
    member.scoring.limits = read_values(in, shape.limits);
    member.scoring.validity =
        static_cast<genetics::Validity>(std::min<int>(3, in.number<std::uint8_t>()));
    member.scoring.ruined = in.number<std::uint8_t>() != 0;
    member.scoring.violation = in.number<double>();
    member.scoring.invalid = in.text();
  }
  return members;
}

SearchState read_search(ByteReader& in, SearchState search) {
  Shape shape;
  shape.genes = in.number<std::uint32_t>();
  shape.objectives = in.number<std::uint32_t>();
  shape.limits = in.number<std::uint32_t>();
  search.islands.resize(read_count(in, 8));
  for (auto& island : search.islands) {
    island.slots = read_members(in, shape);
    island.survivors = read_members(in, shape);
  }
  search.scored = read_members(in, shape);
  search.history.resize(read_count(in, kHistoryBytes));
  for (auto& entry : search.history) {
    entry.generation = in.number<std::int64_t>();
    entry.best = in.number<double>();
    entry.mean = in.number<double>();
    entry.digest = read_digest(in);
  }
  return search;
}

Checkpoint read_body(ByteReader& in) {
  Checkpoint c;
  c.run = in.text();
  c.name = in.text();
  c.state = in.text();
  c.detail = in.text();
  c.experiment = in.text();
  c.created_ns = in.number<std::int64_t>();
  c.dataset_id = read_digest(in);
  c.dataset_file = in.text();
  c.quality = in.text();
  c.dataset_rows = in.number<std::int64_t>();
  c.search.generation = in.number<std::int64_t>();
  c.search.digest = read_digest(in);
  c.birth_generation = in.number<std::int64_t>();
  c.birth_ns = in.number<std::int64_t>();
  c.evaluations = in.number<std::uint64_t>();
  c.redispatched = in.number<std::uint64_t>();
  c.look = in.number<std::int64_t>();
  c.searched_ns = in.number<std::int64_t>();
  c.search.stagnant = in.number<std::int64_t>();
  c.search.stopped_by = in.text();
  c.search = read_search(in, std::move(c.search));
  c.records.resize(read_count(in, 4));
  for (auto& record : c.records) record = in.text();
  return c;
}

}  // namespace

std::string encode(const Checkpoint& c) {
  return encode(c, c.search.islands, genetics::members_of(c.search.scored));
}

std::string encode(const Checkpoint& c, const std::vector<genetics::Island>& islands,
                   const genetics::Members& scored) {
  const Shape shape = shape_of(islands, scored);
  std::string out(kMagic);
  out.reserve(list_bytes(islands, scored, c, shape) + kOtherBytes);
  append_number(out, kCheckpointVersion);
  append_number(out, std::uint16_t{0});
  for (const auto* text : {&c.run, &c.name, &c.state, &c.detail, &c.experiment})
    append_text(out, *text);
  append_number(out, c.created_ns);
  append(out, c.dataset_id);
  append_text(out, c.dataset_file);
  append_text(out, c.quality);
  append_number(out, c.dataset_rows);
  append_number(out, c.search.generation);
  append(out, c.search.digest);
  append_number(out, c.birth_generation);
  append_number(out, c.birth_ns);
  append_number(out, c.evaluations);
  append_number(out, c.redispatched);
  append_number(out, c.look);
  append_number(out, c.searched_ns);
  append_number(out, c.search.stagnant);
  append_text(out, c.search.stopped_by);
  for (const std::uint32_t size : {shape.genes, shape.objectives, shape.limits})
    append_number(out, size);
  append_list(out, islands);
  append_list(out, scored);
  append_list(out, c.search.history);
  append_list(out, c.records);
  append_number(out, checksum(out));
  return out;
}

Error unreadable_checkpoint(std::string_view why) {
  return operator_error(fmt::format(
      "checkpoint: {}; restore the run's folder from a backup, or move it away to drop the run",
      why));
}

Result<Checkpoint> decode_checkpoint(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes + kChecksumBytes || bytes.substr(0, 4) != kMagic)
    return unreadable_checkpoint("not a checkpoint");
  ByteReader header(bytes.substr(4));
  const auto version = header.number<std::uint16_t>();
  if (version != kCheckpointVersion)
    return unreadable_checkpoint(
        fmt::format("version {}, this build reads {}", version, kCheckpointVersion));
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  ByteReader tail(bytes.substr(body.size()));
  if (tail.number<std::uint64_t>() != checksum(body))
    return unreadable_checkpoint("the checksum does not match");
  ByteReader in(body.substr(kHeaderBytes));
  Checkpoint checkpoint = read_body(in);
  if (!in.ok() || in.remaining() != 0)
    return unreadable_checkpoint("fields are missing or left over");
  return checkpoint;
}

}  // namespace mendel::ga_dispatcher

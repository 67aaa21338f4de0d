#include "topology/mendel/pairing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "shared/base/file.hpp"
#include "shared/durable_log/folder.hpp"

namespace mendel::cli {
namespace {

namespace fs = std::filesystem;

std::uint64_t highest_epoch(const std::string& folder) {
  std::uint64_t highest = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    std::uint64_t epoch = 0;
    const auto [stop, code] = std::from_chars(name.data(), name.data() + name.size(), epoch);
    if (code == std::errc() && stop == name.data() + name.size()) {
      highest = std::max(highest, epoch);
    }
  }
  return highest;
}

std::uint64_t size_of(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? 0 : size;
}

Status read_store(const store::Store& store, PairedLog& log) {
  const std::string folder = store.log_path(log.name);
  const auto segments = durable_log::list_segments(folder);
  if (!segments) return segments.error();
  log.segments = segments->size();
  if (!segments->empty()) log.end = {segments->back(), size_of(folder + "/" + segments->back())};
  log.epoch = highest_epoch(fmt::format("{}/epochs/{}", store.path(), log.role));
  if (log.stored.segment.empty()) return {};
  const bool is_there = std::ranges::find(*segments, log.stored.segment) != segments->end();
  log.is_beyond = !is_there || log.stored.offset > size_of(folder + "/" + log.stored.segment);
  return {};
}

Status read_database(database::Connection& connection, const std::string& store_id,
                     PairedLog& log) {
  const auto offset = connection.exec(
      "SELECT segment, \"offset\" FROM mendel.log_offsets WHERE store_id = $1 AND log = $2 "
      "ORDER BY segment COLLATE \"C\" DESC LIMIT 1",
      {store_id, std::string(log.name)});
  if (!offset) return offset.error();
  if (!offset->empty()) {
    log.stored = {std::string(offset->text(0, 0)),
                  static_cast<std::uint64_t>(offset->integer(0, 1))};
  }
  const auto owner =
      connection.exec("SELECT epoch FROM mendel.log_owners WHERE store_id = $1 AND log = $2",
                      {store_id, std::string(log.name)});
  if (!owner) return owner.error();
  if (!owner->empty()) log.claimed = static_cast<std::uint64_t>(owner->integer(0, 0));
  return {};
}

std::string place_text(const durable_log::Position& position) {
  if (position.segment.empty()) return "nothing";
  return fmt::format("{} offset {}", position.segment, position.offset);
}

config::Value place_value(const durable_log::Position& position) {
  config::Value value;
  value.set("segment", position.segment);
  value.set("offset", position.offset);
  return value;
}

}  // namespace

bool Pairing::fits() const {
  return (database_id.empty() || database_id == store_id) &&
         std::ranges::none_of(
             logs, [](const PairedLog& log) { return log.is_beyond || log.is_claimed_beyond(); });
}

Result<Pairing> read_pairing(const store::Store& store, database::Connection& connection) {
  Pairing made;
  made.store_path = store.path();
  made.store_id = store.id();
  const auto runs = store.runs();
  if (!runs) return runs.error();
  made.store_runs = runs->size();
  made.database = connection.describe();
  const auto paired =
      connection.exec("SELECT store_id, paired_at::text FROM mendel.store_identity");
  if (!paired) return paired.error();
  if (!paired->empty()) {
    made.database_id = paired->text(0, 0);
    made.paired_at = paired->text(0, 1);
  }
  const auto count = connection.exec("SELECT count(*) FROM mendel.runs");
  if (!count) return count.error();
  made.database_runs = static_cast<std::uint64_t>(count->integer(0, 0));
  for (PairedLog& log : made.logs) {
    if (Status read = read_database(connection, made.store_id, log); !read) return read.error();
    if (Status read = read_store(store, log); !read) return read.error();
  }
  return made;
}

std::string pairing_text(const Pairing& made) {
  std::string text = fmt::format("store     {}\n          id {}, {} runs\n", made.store_path,
                                 made.store_id, made.store_runs);
  for (const PairedLog& log : made.logs) {
    text += fmt::format("          log {}: {} segments to {}, epoch {}\n", log.name, log.segments,
                        place_text(log.end), log.epoch);
  }
  const std::string owner =
      made.database_id.empty()
          ? "belongs to no store yet"
          : fmt::format("belongs to store {} since {}", made.database_id, made.paired_at);
  text += fmt::format("database  {}\n          {}, {} runs\n", made.database, owner,
                      made.database_runs);
  for (const PairedLog& log : made.logs) {
    text += fmt::format("          log {} of this store: loaded to {}, epoch {}\n", log.name,
                        place_text(log.stored), log.claimed);
  }
  text += "\n";
  if (made.fits()) return text + "they belong together\n";
  if (!made.database_id.empty() && made.database_id != made.store_id) {
    text += "the database belongs to another store: it would belong to this one\n";
  }
  for (const PairedLog& log : made.logs) {
    if (log.is_beyond) {
      text += fmt::format(
          "log {}: the database has loaded more than this store has: the log would be loaded again "
          "from its beginning, rows that are there stay as they are\n",
          log.name);
    }
    if (log.is_claimed_beyond()) {
      text += fmt::format(
          "log {}: epoch {} claimed it, which this store never had: the claim would "
          "be dropped\n",
          log.name, log.claimed);
    }
  }
  return text;
}

config::Value pairing_value(const Pairing& made) {
  config::Value value;
  value.set("store", made.store_id);
  value.set("database_was_of", made.database_id);
  config::Value logs = config::Value::array();
  for (const PairedLog& log : made.logs) {
    config::Value one;
    one.set("log", log.name);
    one.set("end", place_value(log.end));
    one.set("loaded", place_value(log.stored));
    one.set("again", log.is_beyond);
    logs.push(std::move(one));
  }
  value.set("logs", std::move(logs));
  return value;
}

Status pair_anew(const Pairing& made, database::Connection& connection) {
  auto transaction = connection.begin();
  if (!transaction) return transaction.error();
  const auto paired = transaction->exec(
      "INSERT INTO mendel.store_identity (single, store_id) VALUES (true, $1) "
      "ON CONFLICT (single) DO UPDATE SET store_id = excluded.store_id, paired_at = now()",
      {made.store_id});
  if (!paired) return paired.error();
  for (const PairedLog& log : made.logs) {
    for (const auto& [applies, table] : {std::pair{log.is_beyond, "log_offsets"},
                                         std::pair{log.is_claimed_beyond(), "log_owners"}}) {
      if (!applies) continue;
      const auto deleted = transaction->exec(
          fmt::format("DELETE FROM mendel.{} WHERE store_id = $1 AND log = $2", table),
          {made.store_id, std::string(log.name)});
      if (!deleted) return deleted.error();
    }
  }
  return transaction->commit();
}

}  // namespace mendel::cli

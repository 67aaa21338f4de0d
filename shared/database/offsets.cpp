#include "shared/database/offsets.hpp"

#include <fmt/format.h>

#include "shared/database/migrations.hpp"

namespace mendel::database {
namespace {

Status pair_store(Transaction& transaction, const Connection& connection,
                  const std::string& store_id) {
  const auto paired = transaction.exec(
      "INSERT INTO mendel.store_identity (single, store_id) VALUES (true, $1) "
      "ON CONFLICT (single) DO NOTHING",
      {store_id});
  if (!paired) return paired.error();
  const auto known = transaction.exec("SELECT store_id FROM mendel.store_identity");
  if (!known) return known.error();
  if (known->empty() || known->text(0, 0) == store_id) return {};
  return operator_error(fmt::format(
      "{} belongs to store {}, but this store is {}: is the right file system mounted? Nothing was "
      "written; 'mendel adopt' pairs them anew",
      connection.describe(), known->text(0, 0), store_id));
}

Status claim(Transaction& transaction, const LogOwner& owner) {
  const auto claimed = transaction.exec(
      "INSERT INTO mendel.log_owners AS o (store_id, log, epoch) VALUES ($1, $2, $3) "
      "ON CONFLICT (store_id, log) DO UPDATE SET epoch = greatest(o.epoch, excluded.epoch) "
      "RETURNING epoch",
      {owner.store_id, owner.log, to_text(static_cast<std::int64_t>(owner.epoch))});
  if (!claimed) return claimed.error();
  const auto epoch = static_cast<std::uint64_t>(claimed->integer(0, 0));
  if (epoch <= owner.epoch) return {};
  return transient_error(fmt::format("log {} is claimed by epoch {}, this is epoch {}", owner.log,
                                     epoch, owner.epoch));
}

}  // namespace

Result<LogPosition> claim_log(Connection& connection, const LogOwner& owner) {
  const Status schema = check_schema(connection);
  if (!schema) return schema.error();
  Result<Transaction> transaction = connection.begin();
  if (!transaction) return transaction.error();
  const Status paired = pair_store(*transaction, connection, owner.store_id);
  if (!paired) return paired.error();
  const Status claimed = claim(*transaction, owner);
  if (!claimed) return claimed.error();
  const auto stored = transaction->exec(
      "SELECT segment, \"offset\" FROM mendel.log_offsets WHERE store_id = $1 AND log = $2 "
      "ORDER BY segment COLLATE \"C\" DESC LIMIT 1",
      {owner.store_id, owner.log});
  if (!stored) return stored.error();
  LogPosition position;
  if (!stored->empty()) {
    position = {std::string(stored->text(0, 0)), static_cast<std::uint64_t>(stored->integer(0, 1))};
  }
  const Status committed = transaction->commit();
  if (!committed) return committed.error();
  return position;
}

Result<bool> advance_log(Transaction& transaction, const LogOwner& owner, const LogPosition& from,
                         const LogPosition& to) {
  // A statement of its own: what follows must see what the previous holder of the lock committed.
  const auto locked = transaction.exec(
      "SELECT epoch FROM mendel.log_owners WHERE store_id = $1 AND log = $2 FOR UPDATE",
      {owner.store_id, owner.log});
  if (!locked) return locked.error();
  if (locked->empty() || static_cast<std::uint64_t>(locked->integer(0, 0)) != owner.epoch) {
    return false;
  }
  const auto moved = transaction.exec(
      "WITH latest AS (SELECT segment, \"offset\" FROM mendel.log_offsets"
      "  WHERE store_id = $1 AND log = $2 ORDER BY segment COLLATE \"C\" DESC LIMIT 1) "
      "INSERT INTO mendel.log_offsets AS o (store_id, log, segment, \"offset\", epoch) "
      "SELECT $1, $2, $3, $4::bigint, $5::bigint "
      "WHERE coalesce((SELECT segment FROM latest), '') = $6"
      "  AND coalesce((SELECT \"offset\" FROM latest), 0) = $7::bigint "
      "ON CONFLICT (store_id, log, segment) DO UPDATE "
      "SET \"offset\" = excluded.\"offset\", epoch = excluded.epoch "
      "WHERE o.\"offset\" < excluded.\"offset\" RETURNING 1",
      {owner.store_id, owner.log, to.segment, to_text(static_cast<std::int64_t>(to.offset)),
       to_text(static_cast<std::int64_t>(owner.epoch)), from.segment,
       to_text(static_cast<std::int64_t>(from.offset))});
  if (!moved) return moved.error();
  return !moved->empty();
}

}  // namespace mendel::database

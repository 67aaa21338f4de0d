// Store: the directory that stages share (EFS, NFS or a local folder). Everything in it is
// published by write + fsync + rename + fsync of the folder and never modified, so that
// close-to-open consistency is enough; no file locks.
//
//   store.id                     ULID of this store; the database carries the same
//   datasets/<id>.bars           immutable columns (dataset_file.hpp)
//   experiments/<digest>.toml    canonical experiments
//   runs/<run>/checkpoint        the latest checkpoint; runs/<run>/report.json
//   log/{scores,bars}/           durable logs (durable_log)
//   backups/latest               when the database was last backed up
//   epochs/<stage>/<n>           O_EXCL-created; the content names the owner
//   audit.log                    JSON lines
//   reserve                      room for checkpoints on a full disk (space.hpp)
// Threads: any; methods are stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/base/result.hpp"

namespace mendel::store {

class Store {
 public:
  // Opens an existing store; a missing, empty or unwritable one is an error that says what to do.
  static Result<Store> open(const std::string& path);
  // The same for one who only reads (evaluators, which may have the store mounted read-only).
  static Result<Store> open_to_read(const std::string& path);
  // Creates the layout and store.id when the folder is missing or empty, else opens it.
  static Result<Store> create(const std::string& path, std::int64_t wall_ns);

  const std::string& path() const { return path_; }
  const std::string& id() const { return id_; }

  // Publishes under the hash of the text; publishing again is a no-op.
  Status publish_experiment(const Digest& digest, std::string_view text) const;
  // Verifies the hash. A file not visible yet (NFS) is a transient error.
  Result<std::string> read_experiment(const Digest& digest) const;

  // Replaces runs/<run>/<name> atomically and durably.
  Status save_run_file(std::string_view run, std::string_view name, std::string_view bytes) const;
  // nullopt when there is none.
  Result<std::optional<std::string>> read_run_file(std::string_view run,
                                                   std::string_view name) const;
  Result<std::vector<std::string>> runs() const;  // run ids, ascending

  std::string dataset_path(const Digest& id) const;
  std::string log_path(std::string_view log) const;  // "<path>/log/scores"

  // When the database was last backed up: backups/latest. nullopt = never, as far as is known.
  Status note_backup(std::int64_t wall_ns) const;
  std::optional<std::int64_t> latest_backup_ns() const;

  // Appends one JSON line to audit.log.
  void audit(std::string_view json_line) const;

 private:
  Store(std::string path, std::string id) : path_(std::move(path)), id_(std::move(id)) {}
  std::string path_;
  std::string id_;
};

// Writes bytes to path.tmp.<random>, fsyncs, renames to path, fsyncs the folder.
Status publish_file(const std::string& path, std::string_view bytes);

}  // namespace mendel::store

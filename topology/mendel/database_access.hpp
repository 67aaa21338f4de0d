// DatabaseAccess: the database of a pipeline, whether the pipeline runs or not: the private cluster
// of a stopped one is started for as long as the object lives.
// Threads: the main thread; before other threads exist (it may fork).
#pragma once

#include <memory>
#include <string>

#include "shared/base/result.hpp"
#include "shared/config/options.hpp"
#include "shared/database/dsn.hpp"
#include "shared/wiring/topology.hpp"

namespace mendel::cli {

class DatabaseAccess {
 public:
  // `arguments` may carry --database; `command` ("mendel sql") is named to others who want the
  // state directory meanwhile.
  static Result<DatabaseAccess> open(const config::Arguments& arguments,
                                     const wiring::Topology& topology, const std::string& command);
  // The same; a private database that is not there is made, without a schema.
  static Result<DatabaseAccess> open_or_make(const config::Arguments& arguments,
                                             const wiring::Topology& topology,
                                             const std::string& command);
  ~DatabaseAccess();
  DatabaseAccess(DatabaseAccess&&) noexcept;
  DatabaseAccess& operator=(DatabaseAccess&&) noexcept;

  const database::Dsn& dsn() const { return dsn_; }

 private:
  struct Borrowed;  // the lock and the server
  DatabaseAccess(database::Dsn dsn, std::unique_ptr<Borrowed> borrowed);
  static Result<DatabaseAccess> borrow(const wiring::Topology& topology, const std::string& command,
                                       bool make);

  database::Dsn dsn_;
  std::unique_ptr<Borrowed> borrowed_;
};

}  // namespace mendel::cli

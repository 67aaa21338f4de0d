// Draft: an experiment's file while it is read: its tree with the overrides in it, and the first
// thing found wrong. After that every further reading is harmless and changes nothing.
// Section: one table of it, with the keys it may have.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/config/value.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::strategy {

inline constexpr std::size_t kExperimentBytesMax = 1 << 20;
inline constexpr std::size_t kOverridesMax = 1000;

class Draft {
 public:
  Draft(std::string_view text, std::string_view file, const Overrides& overrides);

  const config::Value& root() const { return root_; }
  // The file as it stands, without overrides.
  const config::Value& file_root() const { return file_root_; }
  bool ok() const { return !error_; }
  Status status() const { return error_ ? Status(*error_) : Status(); }

  // Keeps the first complaint, as `file:line:column: what`, and below it the line of the file with
  // a mark where it is.
  void refuse(config::Place place, std::string_view what);
  // The same for byte `offset` of a text value.
  void refuse_inside(const config::Value& text, std::size_t offset, std::string_view what);

 private:
  void apply(const Overrides& overrides, std::size_t number);
  config::Place inside(const config::Value& text, std::size_t offset) const;

  std::string_view text_;
  std::string_view file_;
  std::vector<std::string> override_names_;
  config::Value root_;
  config::Value file_root_;
  std::optional<Error> error_;
};

class Section {
 public:
  // The table `name` of the root ("" = the root itself); unknown keys are refused at once.
  Section(Draft& draft, std::string name, const std::vector<std::string>& keys);
  // A table somewhere else; `name` is how messages call it.
  Section(Draft& draft, const config::Value& table, std::string name,
          const std::vector<std::string>& keys);

  const config::Value* find(std::string_view key) const;
  // Refuses the experiment when the key is absent; nullptr then.
  const config::Value* need(std::string_view key) const;
  config::Place place() const;

  // An absent key leaves `out` as it is; a wrong type or a value outside is refused.
  void number(std::string_view key, double& out, double least, double most) const;
  void whole(std::string_view key, std::int64_t& out, std::int64_t least, std::int64_t most) const;
  void text(std::string_view key, std::string& out) const;
  // The entries of an array of texts.
  std::vector<const config::Value*> texts(std::string_view key, std::size_t count_max) const;

  void refuse(std::string_view key, std::string_view what) const;

 private:
  void refuse_unknown(const std::vector<std::string>& keys) const;

  Draft& draft_;
  std::string name_;
  const config::Value* table_ = nullptr;
};

}  // namespace mendel::strategy

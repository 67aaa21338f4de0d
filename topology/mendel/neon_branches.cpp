#include "topology/mendel/neon_branches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/time.hpp"
#include "topology/mendel/run_list.hpp"
#include "topology/mendel/text_table.hpp"

namespace mendel::cli {
namespace {

bool flag_of(const config::Value& value, std::string_view key) {
  const config::Value* found = value.find(key);
  return found != nullptr && found->is_bool() && found->as_bool();
}

bool is_default(const config::Value& branch) {
  return flag_of(branch, "default") || flag_of(branch, "primary");
}

double gigabytes(const config::Value& branch) {
  const config::Value* size = branch.find("logical_size");
  return size != nullptr && size->is_number() ? size->as_number() / 1e9 : 0;
}

// The branch of that name or id.
Result<config::Value> find_branch(neon::Api& api, const std::string& wanted) {
  const auto branches = api.read_all("/branches", "branches");
  if (!branches) return branches.error();
  std::vector<std::string> names;
  for (const config::Value& branch : *branches) {
    if (text_of(branch, "name") == wanted || text_of(branch, "id") == wanted) return branch;
    names.push_back(text_of(branch, "name"));
  }
  return configuration_error(
      fmt::format("no branch \"{}\"{}", wanted, config::suggestion(wanted, names)));
}

// --at or --lsn, as <prefix>_timestamp or <prefix>_lsn.
Status set_moment(config::Value& into, const std::string& prefix,
                  const config::Arguments& arguments) {
  const std::string at = arguments.text("at");
  const std::string lsn = arguments.text("lsn");
  if (!at.empty() && !lsn.empty()) return configuration_error("give --at or --lsn, not both");
  if (!at.empty()) {
    if (!parse_time(at)) {
      return configuration_error(
          fmt::format("--at {}: write a moment in UTC, as 2026-01-31T12:00:00Z", at));
    }
    into.set(prefix + "_timestamp", at);
  }
  if (!lsn.empty()) into.set(prefix + "_lsn", lsn);
  return {};
}

std::string moment_text(const config::Arguments& arguments) {
  if (arguments.has("at")) return " as of " + arguments.text("at");
  return arguments.has("lsn") ? " as of " + arguments.text("lsn") : "";
}

Result<int> list(neon::Api& api, bool json) {
  auto branches = api.read_all("/branches", "branches");
  if (!branches) return branches.error();
  if (json) {
    fmt::print("{}\n", config::to_json(config::Value(std::move(*branches)), 2));
    return 0;
  }
  std::vector<std::vector<std::string>> lines = {
      {"name", "id", "parent", "state", "GB", "created"}};
  for (const config::Value& branch : *branches) {
    std::string name = text_of(branch, "name");
    if (is_default(branch)) name += " (default)";
    if (flag_of(branch, "protected")) name += " (protected)";
    lines.push_back({config::one_line(name), text_of(branch, "id"), text_of(branch, "parent_id"),
                     text_of(branch, "current_state"), fmt::format("{:.2f}", gigabytes(branch)),
                     text_of(branch, "created_at")});
  }
  fmt::print("{}", left_aligned(lines));
  return 0;
}

// Without --yes says what would be done.
Result<bool> confirmed(const config::Arguments& arguments, const std::string& what) {
  if (arguments.flag("yes")) return true;
  fmt::print("would {}\nnothing was done; --yes does it\n", what);
  return false;
}

Result<int> create(neon::Api& api, const config::Arguments& arguments, const std::string& name) {
  config::Value branch;
  branch.set("name", name);
  std::string parent = "the default branch";
  if (arguments.has("from")) {
    const auto from = find_branch(api, arguments.text("from"));
    if (!from) return from.error();
    branch.set("parent_id", text_of(*from, "id"));
    parent = text_of(*from, "name");
  }
  if (Status set = set_moment(branch, "parent", arguments); !set) return set.error();
  const auto goes = confirmed(arguments, fmt::format("create branch {} of {}{}, with a compute",
                                                     name, parent, moment_text(arguments)));
  if (!goes) return goes.error();
  if (!*goes) return 0;
  config::Value endpoint;
  endpoint.set("type", "read_write");
  config::Value body;
  body.set("branch", std::move(branch));
  body.set("endpoints", config::Value(config::Value::Array{std::move(endpoint)}));
  const auto made = api.change("POST", "/branches", body);
  if (!made) return made.error();
  const config::Value* host = nullptr;
  if (const config::Value* all = made->find("endpoints");
      all != nullptr && all->is_array() && !all->items().empty())
    host = all->items().front().find("host");
  const config::Value* id = made->find_path("branch.id");
  fmt::print("branch {} is {}{}\n", name, id != nullptr && id->is_text() ? id->as_text() : "made",
             host != nullptr && host->is_text() ? " on host " + host->as_text() : "");
  return 0;
}

Result<int> restore(neon::Api& api, const config::Arguments& arguments, const std::string& name) {
  const auto target = find_branch(api, name);
  if (!target) return target.error();
  const auto source = arguments.has("from") ? find_branch(api, arguments.text("from")) : target;
  if (!source) return source.error();
  const bool is_self = text_of(*source, "id") == text_of(*target, "id");
  config::Value body;
  body.set("source_branch_id", text_of(*source, "id"));
  if (Status set = set_moment(body, "source", arguments); !set) return set.error();
  if (is_self && !arguments.has("at") && !arguments.has("lsn")) {
    return configuration_error(
        "restore to when? give --at 2026-01-31T12:00:00Z (or --lsn), or --from another branch");
  }
  const std::string keep = arguments.text("preserve-as");
  if (is_self && keep.empty()) {
    return configuration_error(
        "--preserve-as NAME is needed: what the branch holds now is kept under that name");
  }
  if (!keep.empty()) body.set("preserve_under_name", keep);
  const auto goes = confirmed(
      arguments,
      fmt::format(
          "restore branch {} from {}{}{}; connections to it end", text_of(*target, "name"),
          is_self ? "itself" : text_of(*source, "name"), moment_text(arguments),
          keep.empty() ? ", losing what it holds now" : ", keeping the present as " + keep));
  if (!goes) return goes.error();
  if (!*goes) return 0;
  const auto done =
      api.change("POST", "/branches/" + neon::url_part(text_of(*target, "id")) + "/restore", body);
  if (!done) return done.error();
  fmt::print("branch {} is restored; `mendel verify` compares runs and log with it\n",
             text_of(*target, "name"));
  return 0;
}

Result<int> remove(neon::Api& api, const config::Arguments& arguments, const std::string& name) {
  const auto branch = find_branch(api, name);
  if (!branch) return branch.error();
  if (is_default(*branch) || flag_of(*branch, "protected")) {
    return configuration_error(fmt::format("branch {} is {}: it is not deleted from here", name,
                                           is_default(*branch) ? "the default one" : "protected"));
  }
  const auto goes = confirmed(arguments, fmt::format("delete branch {} ({:.2f} GB)",
                                                     text_of(*branch, "name"), gigabytes(*branch)));
  if (!goes) return goes.error();
  if (!*goes) return 0;
  const auto done = api.change("DELETE", "/branches/" + neon::url_part(text_of(*branch, "id")), {});
  if (!done) return done.error();
  fmt::print("branch {} is deleted\n", text_of(*branch, "name"));
  return 0;
}

}  // namespace

std::vector<config::OptionSpec> neon_branch_options() {
  return {{"from", "branch", "create: the parent; restore: the branch to copy", ""},
          {"at", "time", "create, restore: as of this moment, 2026-01-31T12:00:00Z", ""},
          {"lsn", "lsn", "create, restore: as of this place in the write-ahead log", ""},
          {"preserve-as", "name", "restore: keep what the branch holds now under this name", ""}};
}

Result<int> neon_branch(neon::Api& api, const config::Arguments& arguments) {
  const std::string what = arguments.operands().size() > 1 ? arguments.operands()[1] : "";
  const std::string name = arguments.operands().size() > 2 ? arguments.operands()[2] : "";
  const std::vector<std::string> known = {"create", "list", "restore", "delete"};
  if (std::find(known.begin(), known.end(), what) == known.end()) {
    return configuration_error(fmt::format("mendel neon branch: what? '{}' is none of it{}", what,
                                           config::suggestion(what, known)));
  }
  if (what == "list") return list(api, arguments.flag("json"));
  if (name.empty())
    return configuration_error(fmt::format("mendel neon branch {}: which one? add its name", what));
  if (what == "create") return create(api, arguments, name);
  return what == "restore" ? restore(api, arguments, name) : remove(api, arguments, name);
}

}  // namespace mendel::cli

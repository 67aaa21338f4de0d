#include "tests/support/neon_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "shared/base/check.hpp"

namespace mendel::testing {
namespace {

config::Value parsed(const char* json) {
  auto value = config::parse_json(json, "the service");
  check(static_cast<bool>(value), "a test's JSON is JSON");
  return *std::move(value);
}

ServedResponse said(int status, const std::string& message) {
  config::Value body;
  body.set("code", "");
  body.set("message", message);
  return {status, config::to_json(body), "", false};
}

// Every entry of `patch` replaces that of `into`, table by table.
void merge(config::Value& into, const config::Value& patch) {
  for (const auto& [key, value] : patch.entries()) {
    const config::Value* old = into.find(key);
    if (value.is_table() && old != nullptr && old->is_table()) {
      config::Value merged = *old;
      merge(merged, value);
      into.set(key, std::move(merged));
    } else {
      into.set(key, value);
    }
  }
}

}  // namespace

NeonService::NeonService()
    : project_(parsed(R"({"id":"cool-forest-12345678","name":"prices","region_id":"aws-us-east-1",
        "history_retention_seconds":86400,
        "settings":{"allowed_ips":{"ips":[],"protected_branches_only":false}}})")),
      endpoint_(parsed(R"({"id":"ep-cool-forest-1","type":"read_write","current_state":"idle",
        "host":"ep-cool-forest-1.us-east-1.aws.neon.tech","branch_id":"br-main-1",
        "autoscaling_limit_min_cu":0.25,"autoscaling_limit_max_cu":2,
        "suspend_timeout_seconds":0})")),
      branches_{parsed(R"({"id":"br-main-1","name":"main","default":true,"protected":false,
        "current_state":"ready","logical_size":1500000000,"created_at":"2026-01-01T00:00:00Z"})")} {
  server_ = std::make_unique<HttpServer>([this](const auto& request) { return answer(request); });
}

std::vector<std::string> NeonService::asked() const {
  const std::string root = fmt::format("/api/v2/projects/{}", kNeonProject);
  std::vector<std::string> lines;
  for (const ServedRequest& request : server_->requests()) {
    const std::string path =
        request.path.starts_with(root) ? request.path.substr(root.size()) : request.path;
    lines.push_back(request.method + " " + (path.empty() ? "/" : path) +
                    (request.body.empty() ? "" : " " + request.body));
  }
  return lines;
}

void NeonService::play(Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

config::Value NeonService::operations() {
  const std::string id = fmt::format("op-{}", polled_.size() + 1);
  polled_[id] = 0;
  config::Value operation;
  operation.set("id", id);
  operation.set("action", "apply_config");
  operation.set("status", script_.polls == 0 ? script_.ends_as : "running");
  return config::Value::Array{std::move(operation)};
}

ServedResponse NeonService::answer(const ServedRequest& request) {
  const std::lock_guard lock(mutex_);
  if (!script_.troubles.empty()) {
    ServedResponse trouble = script_.troubles.front();
    script_.troubles.pop_front();
    return trouble;
  }
  if (request.headers.find(fmt::format("Authorization: Bearer {}\r\n", kNeonKey)) ==
      std::string::npos)
    return said(401, "authentication failed");
  const std::string root = fmt::format("/api/v2/projects/{}", kNeonProject);
  if (!request.path.starts_with(root)) return said(404, "project not found");
  const std::string path = request.path.substr(root.size());
  const auto read = config::parse_json(request.body.empty() ? "{}" : request.body, "the body");
  if (!read) return said(400, "the body is not JSON");
  config::Value answer;
  if (path.empty()) {
    if (request.method == "PATCH") {
      if (read->find("project") == nullptr) return said(400, "no project in the body");
      merge(project_, *read->find("project"));
      answer.set("operations", operations());
    }
    answer.set("project", project_);
  } else if (path == "/endpoints") {
    answer.set("endpoints", config::Value(config::Value::Array{endpoint_}));
  } else if (path == "/endpoints/ep-cool-forest-1" && request.method == "PATCH") {
    if (read->find("endpoint") == nullptr) return said(400, "no endpoint in the body");
    merge(endpoint_, *read->find("endpoint"));
    answer.set("endpoint", endpoint_);
    answer.set("operations", operations());
  } else if (path.starts_with("/operations/")) {
    const auto found = polled_.find(path.substr(12));
    if (found == polled_.end()) return said(404, "operation not found");
    config::Value operation;
    operation.set("id", found->first);
    operation.set("action", "apply_config");
    operation.set("status", ++found->second < script_.polls ? "running" : script_.ends_as);
    answer.set("operation", std::move(operation));
  } else if (path.starts_with("/branches")) {
    return branches(request.method, path.substr(9), *read);
  } else {
    return said(404, "not found");
  }
  return {200, config::to_json(answer), "", false};
}

ServedResponse NeonService::branches(const std::string& method, const std::string& path,
                                     const config::Value& body) {
  config::Value answer;
  if (path.empty() && method == "POST") {
    const config::Value* name = body.find_path("branch.name");
    if (name == nullptr) return said(400, "a branch has a name");
    config::Value branch;
    branch.set("id", fmt::format("br-made-{}", branches_.size()));
    branch.set("name", *name);
    branch.set("parent_id", "br-main-1");
    branches_.push_back(branch);
    answer.set("branch", branch);
    answer.set("endpoints", parsed(R"([{"host":"ep-made-1.us-east-1.aws.neon.tech"}])"));
    answer.set("operations", operations());
    return {201, config::to_json(answer), "", false};
  }
  // Two pages, so that a list must be read to its end.
  if (path.empty() || path == "?cursor=second") {
    const auto half = branches_.begin() + (branches_.empty() ? 0 : 1);
    const bool first = path.empty();
    answer.set("branches", config::Value(config::Value::Array(first ? branches_.begin() : half,
                                                              first ? half : branches_.end())));
    if (first && half != branches_.end()) answer.set("pagination", parsed(R"({"next":"second"})"));
    return {200, config::to_json(answer), "", false};
  }
  const std::string id = path.substr(1, path.find('/', 1) - 1);
  const auto found = std::find_if(branches_.begin(), branches_.end(), [&](const auto& branch) {
    return branch.find("id")->as_text() == id;
  });
  if (found == branches_.end()) return said(404, "branch not found");
  answer.set("branch", *found);
  answer.set("operations", operations());
  if (method == "DELETE") branches_.erase(found);
  return {200, config::to_json(answer), "", false};
}

}  // namespace mendel::testing

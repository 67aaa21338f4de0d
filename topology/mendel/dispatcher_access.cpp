#include "topology/mendel/dispatcher_access.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "shared/base/ids.hpp"
#include "shared/base/time.hpp"
#include "shared/store/store.hpp"
#include "stages/ga_dispatcher/stored_runs.hpp"
#include "topology/mendel/evolution.hpp"
#include "topology/mendel/local_pipeline.hpp"
#include "topology/mendel/run_list.hpp"
#include "topology/mendel/state_folder.hpp"

namespace mendel::cli {

DispatcherAccess::DispatcherAccess(const wiring::Topology& topology,
                                   std::optional<runtime::Client> client)
    : topology_(topology), client_(std::move(client)) {}

namespace {

bool has_pipeline(const wiring::Topology& topology) {
  const auto owner = StateLock::owner(topology.state());
  return supervised_elsewhere(topology) || (owner && owner->command == kUpCommand);
}

}  // namespace

Result<DispatcherAccess> DispatcherAccess::open(const wiring::Topology& topology) {
  if (!has_pipeline(topology)) return DispatcherAccess(topology, std::nullopt);
  if (const auto deleted = deleted_sockets(topology)) return transient_error(*deleted);
  Result<runtime::Client> client = runtime::Client::open(topology);
  if (!client) return client.error();
  return DispatcherAccess(topology, std::move(*client));
}

Result<config::Value> DispatcherAccess::list() {
  // Where nothing was ever started there is no run. An empty folder may be an unmounted one.
  if (!is_running() && access(topology_.store().c_str(), F_OK) != 0) return config::Value::array();
  Result<config::Value> answer = ask("list", "");
  if (!answer) return answer.error();
  const config::Value* runs = answer->find("runs");
  return runs != nullptr && runs->is_array() ? *runs : config::Value::array();
}

Result<config::Value> DispatcherAccess::show(const std::string& word) {
  if (is_ulid(word)) return ask("show", word);
  const Result<config::Value> runs = list();
  if (!runs) return runs.error();
  const Result<std::string> run = resolve_run(*runs, word);
  if (!run) return run.error();
  return ask("show", *run);
}

void DispatcherAccess::say_how_they_go_on() const {
  if (is_running()) return;
  std::fflush(stdout);
  fmt::print(stderr, "no pipeline is running; '{}' lets unfinished runs go on\n",
             invocation(topology_, "up"));
}

Result<config::Value> DispatcherAccess::ask(const std::string& action, const std::string& run) {
  if (!client_) return ask_store(action, run);
  // It may be ending.
  const auto is_there = [this] { return has_pipeline(topology_); };
  Result<config::Value> answer = cli::ask(*client_, action, run, is_there);
  if (answer || is_there()) return answer;
  client_.reset();
  return ask_store(action, run);
}

Result<config::Value> DispatcherAccess::ask_store(const std::string& action,
                                                  const std::string& run) const {
  const Result<store::Store> store = store::Store::open_to_read(topology_.store());
  if (!store) return store.error();
  wire::Request request;
  request.request_id = make_incarnation();
  request.action = action;
  request.run = run;
  const auto answer = ga_dispatcher::answer_from(*store, request, read_clocks());
  if (!answer) return answer.error();
  for (const std::string& line : answer->unreadable) {
    fmt::print(stderr, "{}\n", config::one_line(line));
  }
  return body_of(answer->reply);
}

}  // namespace mendel::cli

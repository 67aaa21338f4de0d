#include "stages/ga_dispatcher/stored_runs.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>

#include "shared/base/version.hpp"
#include "shared/kernel/self_test.hpp"
#include "shared/store/epoch.hpp"
#include "stages/ga_dispatcher/checkpoint.hpp"
#include "stages/ga_dispatcher/ga_dispatcher.hpp"

namespace mendel::ga_dispatcher {
namespace {

constexpr std::int64_t kLeaseNs = 10 * kNsPerSecond;  // of no consequence: nothing is handed out

Status restore(const store::Store& store, const std::string& run, Now now, Core& core) {
  const auto bytes = store.read_run_file(run, kCheckpointName);
  if (!bytes) return bytes.error();
  if (!*bytes) return {};  // a submission that was cut off before it was durable
  Actions later;           // what a dispatcher would do next is left to one
  return core.restore(**bytes, now, later);
}

Result<wire::Reply> perform(const store::Store& store, Actions& actions) {
  wire::Reply reply;
  for (auto& action : actions.list()) {
    if (const auto* file = std::get_if<SaveRunFile>(&action)) {
      const Status saved = store.save_run_file(file->run, file->name, file->bytes);
      if (!saved) return saved.error();
    } else if (const auto* audit = std::get_if<AppendAudit>(&action)) {
      store.audit(audit->json_line);
    } else if (const auto* report = std::get_if<ReplyWithReport>(&action)) {
      reply = reply_with_report(store, *report);
    } else if (auto* outgoing = std::get_if<runtime::Outgoing>(&action)) {
      if (auto* said = std::get_if<wire::Reply>(&outgoing->message)) reply = std::move(*said);
    }
  }
  return reply;
}

Result<StoredAnswer> answer(const store::Store& store, const wire::Request& request, Now now) {
  const bool all = request.action == "list";
  std::vector<std::string> runs = {request.run};
  if (all) {
    auto found = store.runs();
    if (!found) return found.error();
    runs = std::move(*found);
    if (runs.size() > kListedMax)
      runs.erase(runs.begin(), runs.end() - static_cast<std::ptrdiff_t>(kListedMax));
  }
  StoredAnswer answer;
  Core core(
      {request.request_id, {kEngineVersion, kernel::kSelfTestDigest, kLeaseNs}, 0, Examine()});
  for (const auto& run : runs) {
    const Status restored = restore(store, run, now, core);
    if (restored) continue;
    std::string line = fmt::format("{}/runs/{}: {}", store.path(), run, restored.error().message);
    if (!all) return Error{std::move(line), restored.error().kind};
    answer.unreadable.push_back(std::move(line));
  }
  Actions actions;
  core.receive({wiring::Edge::requests, "", request}, now, actions);
  auto reply = perform(store, actions);
  if (!reply) return reply.error();
  answer.reply = std::move(*reply);
  return answer;
}

}  // namespace

Result<StoredAnswer> answer_from(const store::Store& store, const wire::Request& request, Now now) {
  if (request.action != "cancel") return answer(store, request, now);
  auto epoch = store::Epoch::take(store, kRole, now);
  if (!epoch) return epoch.error();
  auto answered = answer(store, request, now);
  epoch->release();
  return answered;
}

wire::Reply reply_with_report(const store::Store& store, const ReplyWithReport& effect) {
  wire::Reply reply;
  reply.request_id = effect.request_id;
  config::Value body = effect.body;
  const auto bytes = store.read_run_file(effect.run, effect.file);
  auto document = bytes && *bytes ? config::parse_json(**bytes, effect.file)
                                  : Result<config::Value>(config::Value());
  if (document) body.set(effect.key, std::move(*document));
  reply.body = config::to_json(body);
  return reply;
}

}  // namespace mendel::ga_dispatcher

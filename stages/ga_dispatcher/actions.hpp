// Actions: what the core wants done, in order. The stage performs effects synchronously, and no
// message leaves before every effect in front of it is done: "checkpoint, then hand out".
// Threads: plain values.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/config/value.hpp"
#include "shared/runtime/stage.hpp"

namespace mendel::ga_dispatcher {

// Into the store's experiments, where evaluators read it.
struct PublishExperiment {
  Digest digest;
  std::string text;
};

// Replaces runs/<run>/<name>, durably.
struct SaveRunFile {
  std::string run;
  std::string name;
  std::string bytes;
};

// One line of the store's audit log.
struct AppendAudit {
  std::string json_line;
};

// A reply whose body is `body` with runs/<run>/<file>, a JSON document, under `key`.
struct ReplyWithReport {
  std::string request_id;
  std::string run;
  config::Value body;
  std::string file = "report.json";
  std::string key = "report";
};

using Action =
    std::variant<runtime::Outgoing, PublishExperiment, SaveRunFile, AppendAudit, ReplyWithReport>;

class Actions {
 public:
  void send(wiring::Edge edge, wire::Message message) {
    list_.push_back(runtime::Outgoing{edge, "", std::move(message)});
  }
  void publish(wiring::Edge edge, std::string topic, wire::Message message) {
    list_.push_back(runtime::Outgoing{edge, std::move(topic), std::move(message)});
  }
  template <class Effect>
  void effect(Effect effect) {
    list_.emplace_back(std::in_place_type<Effect>, std::move(effect));
  }
  std::vector<Action>& list() { return list_; }
  std::size_t size() const { return list_.size(); }

 private:
  std::vector<Action> list_;
};

}  // namespace mendel::ga_dispatcher

#include "topology/simulation/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "shared/base/check.hpp"

namespace mendel::simulation {
namespace {

constexpr std::uint16_t kNetworkStream = 1;
constexpr Now kBegin{kNsPerSecond, 1'700'000'000 * kNsPerSecond};
constexpr int kRoundsMax = 10'000;
// Sockets buffer that much before a sender hears that nothing is taken.
constexpr std::size_t kBuffered = 8;
constexpr int kSpeaksEvery = 20;  // ticks
constexpr const char* kWatches = "monitor";

}  // namespace

struct World::Life {
  std::string name;
  std::string role;
  Make make;
  int number = 0;  // of this life
  std::unique_ptr<Process> process;
  std::optional<std::int64_t> paused_at_ns;
  std::deque<std::function<void(Life&)>> held;            // while it is paused
  Readers readers;                                        // of what it publishes: their topics
  std::map<Edge, std::deque<runtime::Outgoing>> waiting;  // pushed while nobody was there
  // Arrived on edges that it does not want to read now, and from whom.
  std::deque<std::pair<std::string, std::shared_ptr<const runtime::Outgoing>>> unread;
  std::int64_t wakes_at_ns = 0;
  int ticks = 0;
};

World::World(std::uint64_t seed, Trace trace)
    : agenda_(kBegin),
      draws_(seed, kNetworkStream, 0, 0, Purpose::sample),
      trace_(std::move(trace)) {}

World::~World() = default;

std::int64_t World::between(double least_ms, double most_ms) {
  return static_cast<std::int64_t>((least_ms + (most_ms - least_ms) * draws_.unit()) *
                                   static_cast<double>(kNsPerMs));
}

void World::note(const std::string& text) {
  if (!trace_) return;
  trace_(fmt::format("{:12.6f}  {}",
                     static_cast<double>(agenda_.elapsed_ns()) / static_cast<double>(kNsPerSecond),
                     text));
}

void World::count(Fault fault, const std::string& whom) {
  ++faults_[index_of(fault)];
  if (trace_) note(fmt::format("! {}: {}", name_of(fault), whom));
}

World::Life& World::life(const std::string& name) const {
  const auto found = lives_.find(name);
  check(found != lives_.end(), "a process is added before it is spoken of: " + name);
  return *found->second;
}

Process* World::find(const std::string& name) const {
  const auto found = lives_.find(name);
  return found == lives_.end() ? nullptr : found->second->process.get();
}

bool World::is_paused(const std::string& name) const { return life(name).paused_at_ns.has_value(); }

std::string World::incarnation(const std::string& name) const {
  return fmt::format("{}.{}", name, life(name).number);
}

// ---- lives -----------------------------------------------------------------------------------

void World::add(const std::string& name, const std::string& role, Make make) {
  auto added = std::make_unique<Life>();
  added->name = name;
  added->role = role;
  added->make = std::move(make);
  const bool is_new = lives_.emplace(name, std::move(added)).second;
  check(is_new, "two processes of one name: " + name);
  start(name);
}

void World::start(const std::string& name) {
  Life& self = life(name);
  if (self.process) return;
  ++self.number;
  self.process = self.make(incarnation(name));
  self.wakes_at_ns = 0;
  note(fmt::format("{} starts, life {}", name, self.number));
  connect(self);
  agenda_.after(between(0, 5), [this, name, number = self.number] { tick(name, number); });
}

void World::kill(const std::string& name) {
  Life& self = life(name);
  if (!self.process) return;
  note(fmt::format("{} dies", name));
  self.process.reset();
  self.paused_at_ns.reset();
  self.held.clear();
  self.readers.clear();
  for (const auto& [edge, waiting] : self.waiting) waiting_ -= waiting.size();
  self.waiting.clear();
  self.unread.clear();
  if (chance(0.5)) cut_.insert({name, self.number});
  for (auto& [other_name, other] : lives_) {
    for (auto entry = other->readers.begin(); entry != other->readers.end();) {
      if (entry->first.second != name) {
        ++entry;
        continue;
      }
      const auto leave = [this, edge = entry->first.first,
                          topics = entry->second](Life& publisher) {
        runtime::Outbox out;
        for (const auto& topic : topics)
          publisher.process->subscription(edge, topic, false, now(), out);
        flush(publisher, out);
        turn(publisher);
      };
      agenda_.after(between(0, 5), [this, leave, other_name = other_name, number = other->number] {
        reach(other_name, number, leave);
      });
      entry = other->readers.erase(entry);
    }
  }
}

void World::pause(const std::string& name) {
  Life& self = life(name);
  if (!self.process || self.paused_at_ns) return;
  self.paused_at_ns = now().monotonic_ns;
}

void World::resume(const std::string& name) {
  Life& self = life(name);
  if (!self.process || !self.paused_at_ns) return;
  note(fmt::format("{} goes on", name));
  self.process->stood_still(now().monotonic_ns - *self.paused_at_ns);
  self.paused_at_ns.reset();
  self.wakes_at_ns = 0;
  for (auto& what : std::exchange(self.held, {}))
    agenda_.after(0, [this, name, number = self.number, what] { reach(name, number, what); });
  agenda_.after(0, [this, name, number = self.number] {
    reach(name, number, [this](Life& same) { turn(same); });
  });
}

void World::ask_to_stop(const std::string& name) {
  Life& self = life(name);
  if (!self.process) return;
  runtime::Outbox out;
  self.process->stop(now(), out);
  flush(self, out);
  const int number = self.number;
  agenda_.after(between(20, 50), [this, name, number] {
    if (life(name).number == number) kill(name);
  });
}

void World::reach(const std::string& name, int number, std::function<void(Life&)> what) {
  Life& self = life(name);
  if (!self.process || self.number != number) return;
  if (self.paused_at_ns)
    self.held.push_back(std::move(what));
  else
    what(self);
}

void World::tick(const std::string& name, int number) {
  Life& self = life(name);
  if (!self.process || self.number != number) return;
  if (!self.paused_at_ns) turn(self);
  if (!self.paused_at_ns && self.process && ++self.ticks % kSpeaksEvery == 0) speak(self);
  agenda_.after(kTickNs, [this, name, number] { tick(name, number); });
}

// The duty cycle, until there is nothing to do.
void World::turn(Life& self) {
  if (!self.process) return;
  const int number = self.number;
  for (const auto& [edge, waiting] : self.waiting)
    self.process->backlog(edge, waiting.size() - std::min(waiting.size(), kBuffered));
  for (int rounds = 0;; ++rounds) {
    check(rounds < kRoundsMax, self.name + " never rests");
    runtime::Outbox out;
    const int done = self.process->work(now(), out);
    flush(self, out);
    if (self.process->crashed()) return kill(self.name);
    if (done == 0 && !read(self)) break;
  }
  if (waiting_ > 0) deliver_waiting(self);
  const auto wakes = self.process->wakes_at_ns();
  if (!wakes || self.wakes_at_ns == *wakes) return;
  self.wakes_at_ns = *wakes;
  agenda_.at(*wakes, [this, name = self.name, number] {
    reach(name, number, [this](Life& same) { turn(same); });
  });
}

// ---- messages --------------------------------------------------------------------------------

void World::flush(Life& from, runtime::Outbox& out) {
  for (auto& outgoing : std::exchange(out.messages(), {})) send(from, std::move(outgoing));
}

void World::send(Life& from, runtime::Outgoing outgoing) {
  const wiring::EdgeSpec& edge = wiring::spec(outgoing.edge);
  check(wiring::sends(from.role, edge), from.role + " does not send " + std::string(edge.name));
  ++messages_;
  if (edge.pattern == wiring::Pattern::publish) {
    const Readers readers = from.readers;
    for (const auto& [reader, topics] : readers) {
      const bool wanted = reader.first == outgoing.edge &&
                          std::any_of(topics.begin(), topics.end(), [&](const std::string& topic) {
                            return outgoing.topic.compare(0, topic.size(), topic) == 0;
                          });
      if (wanted) carry(from, life(reader.second), outgoing);
    }
    return;
  }
  const std::vector<Life*> found = takers(edge);
  auto& waiting = from.waiting[outgoing.edge];
  if (!found.empty() && waiting.empty()) {
    const std::size_t place = found.size() == 1 ? 0 : draws_.below(found.size());
    return carry(from, *found[place], std::move(outgoing));
  }
  waiting.push_back(std::move(outgoing));
  if (waiting.size() > kWaitingMax)
    waiting.pop_front();
  else
    ++waiting_;
}

// A stopped process cannot say that it does not read: its buffers take what comes.
std::vector<World::Life*> World::takers(const wiring::EdgeSpec& edge) const {
  std::vector<Life*> found;
  for (const auto& [name, to] : lives_) {
    if (!to->process || !wiring::reads(to->role, edge)) continue;
    if (to->paused_at_ns || to->process->wants(edge.edge)) found.push_back(to.get());
  }
  return found;
}

void World::part(const std::string& role, const std::string& other, std::int64_t until_ns) {
  parted_until_ns_[std::minmax(role, other)] = until_ns;
}

std::int64_t World::parted_until_ns(const Life& from, const Life& to) const {
  if (parted_until_ns_.empty()) return 0;
  const auto found = parted_until_ns_.find(std::minmax(from.role, to.role));
  return found == parted_until_ns_.end() ? 0 : found->second;
}

// How it is, once a second, to whoever watches.
void World::speak(Life& self) {
  if (!wiring::sends(self.role, wiring::spec(Edge::taps))) return;
  for (const auto& [name, to] : lives_) {
    if (!to->process || to->role != kWatches) continue;
    wire::Stat stat;
    stat.stage = self.role;
    stat.incarnation = incarnation(self.name);
    const auto readiness = self.process->readiness();
    stat.ready = readiness.ready;
    stat.reason = readiness.reason;
    self.process->samples(stat.samples);
    carry(self, *to, {Edge::taps, "stat." + self.role + ".", std::move(stat)});
  }
}

// What waited in its buffers for being wanted.
bool World::read(Life& self) {
  const auto wanted = std::find_if(self.unread.begin(), self.unread.end(), [&](const auto& one) {
    return self.process->wants(one.second->edge);
  });
  if (wanted == self.unread.end()) return false;
  const auto [sender, outgoing] = *wanted;
  self.unread.erase(wanted);
  if (trace_) note(fmt::format("{} > {}  {}", sender, self.name, describe(outgoing->message)));
  runtime::Outbox out;
  self.process->receive({outgoing->edge, outgoing->topic, outgoing->message}, now(), out);
  flush(self, out);
  return true;
}

void World::carry(Life& from, Life& to, runtime::Outgoing outgoing) {
  const auto message = std::make_shared<const runtime::Outgoing>(std::move(outgoing));
  const auto edge = [&] {
    return fmt::format("{} > {} {}", from.name, to.name, describe(message->message));
  };
  const std::int64_t parted_ns = parted_until_ns(from, to);
  const bool parted = parted_ns > now().monotonic_ns;
  const bool pushed = wiring::spec(message->edge).pattern == wiring::Pattern::push_pull;
  if (parted && !pushed && chance(0.5)) return;
  if (chance(weather_.lose)) return count(Fault::message_lost, trace_ ? edge() : "");
  std::int64_t at_ns = (parted ? parted_ns : now().monotonic_ns) + between(0.05, 2);
  if (chance(weather_.duplicate)) {
    count(Fault::message_duplicated, trace_ ? edge() : "");
    arrive(from, to, at_ns + between(0, 1500), message);
  }
  if (chance(weather_.reorder)) {
    count(Fault::message_reordered, trace_ ? edge() : "");
    return arrive(from, to, at_ns + between(0, 1000), message);
  }
  if (chance(weather_.delay)) {
    count(Fault::message_delayed, trace_ ? edge() : "");
    at_ns += between(0, 1000);
  }
  std::int64_t& last_ns = carried_ns_[{from.name, to.name, message->edge}];
  last_ns = std::max(last_ns, at_ns);
  arrive(from, to, last_ns, message);
}

void World::arrive(const Life& from, const Life& to, std::int64_t at_ns,
                   const std::shared_ptr<const runtime::Outgoing>& outgoing) {
  agenda_.at(at_ns, [this, sender = std::pair(from.name, from.number), name = to.name,
                     number = to.number, outgoing] {
    if (cut_.count(sender) > 0) return;
    reach(name, number, [this, sender, outgoing](Life& receiver) {
      const bool pushed = wiring::spec(outgoing->edge).pattern == wiring::Pattern::push_pull;
      if (pushed && !receiver.process->wants(outgoing->edge)) {
        receiver.unread.emplace_back(sender.first, outgoing);
        return;
      }
      if (trace_)
        note(fmt::format("{} > {}  {}", sender.first, receiver.name, describe(outgoing->message)));
      runtime::Outbox out;
      receiver.process->receive({outgoing->edge, outgoing->topic, outgoing->message}, now(), out);
      flush(receiver, out);
      turn(receiver);
    });
  });
}

// ---- connections -----------------------------------------------------------------------------

void World::connect(Life& self) {
  for (auto& [name, other] : lives_) {
    if (!other->process) continue;
    for (const wiring::EdgeSpec& edge : wiring::edges()) {
      if (edge.pattern != wiring::Pattern::publish) continue;
      if (wiring::sends(self.role, edge) && wiring::reads(other->role, edge))
        subscribe(self, *other, edge.edge);
      else if (wiring::sends(other->role, edge) && wiring::reads(self.role, edge))
        subscribe(*other, self, edge.edge);
    }
  }
  agenda_.after(between(1, 20), [this, name = self.name, number = self.number] {
    Life& same = life(name);
    if (same.process && same.number == number) deliver_waiting(same);
  });
}

// A reader's topics become known to the publisher after a while, sometimes a long one.
void World::subscribe(Life& publisher, Life& reader, Edge edge) {
  std::int64_t delay_ns = between(1, 20);
  if (chance(weather_.late_subscription)) {
    count(Fault::late_subscription, reader.name);
    delay_ns = between(100, 3000);
  }
  delay_ns = std::max(delay_ns, parted_until_ns(publisher, reader) - now().monotonic_ns);
  agenda_.after(delay_ns, [this, edge, name = reader.name, number = reader.number,
                           from = publisher.name, from_number = publisher.number] {
    reach(from, from_number, [this, edge, name, number](Life& same) {
      const Life& other = life(name);
      if (!other.process || other.number != number) return;
      same.readers[{edge, name}] = other.process->topics(edge);
      runtime::Outbox out;
      for (const std::string& topic : same.readers[{edge, name}])
        same.process->subscription(edge, topic, true, now(), out);
      flush(same, out);
      turn(same);
    });
  });
}

void World::deliver_waiting(Life& receiver) {
  for (auto& [name, from] : lives_) {
    if (!from->process) continue;
    for (auto& [edge, waiting] : from->waiting) {
      if (waiting.empty() || !wiring::reads(receiver.role, wiring::spec(edge))) continue;
      if (!receiver.process->wants(edge)) continue;
      waiting_ -= waiting.size();
      for (auto& outgoing : std::exchange(waiting, {})) carry(*from, receiver, std::move(outgoing));
      from->process->backlog(edge, 0);
    }
  }
}

}  // namespace mendel::simulation

#include "stages/evaluator/evaluator.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mendel::evaluator {
namespace {

// Weight of the newest piece in the measured cost of a candidate.
constexpr double kNewest = 0.2;

bool same_work(const wire::CandidateBatch& a, const wire::CandidateBatch& b) {
  const auto key = [](const wire::Candidate& candidate) { return candidate.key; };
  return a.run == b.run && a.candidates.size() == b.candidates.size() &&
         std::equal(a.candidates.begin(), a.candidates.end(), b.candidates.begin(),
                    [&](const auto& x, const auto& y) { return key(x) == key(y); });
}

}  // namespace

std::string Evaluator::refusal(const wire::CandidateBatch& batch) const {
  if (stopped_) return "it is stopping";
  if (batch.target != identity_.incarnation) return "it is for " + batch.target;
  if (batch.engine_version != identity_.engine_version) {
    return fmt::format("it is for engine {}, this is {}", batch.engine_version,
                       identity_.engine_version);
  }
  if (batch.candidates.empty()) return "it is empty";
  if (held_.size() >= kBatchesHeldMax) {
    return fmt::format("{} batches are held already", held_.size());
  }
  return "";
}

std::string Evaluator::receive(wire::CandidateBatch batch) {
  const auto twin = std::find_if(held_.begin(), held_.end(), [&](const Held& held) {
    return held.batch->sequence == batch.sequence;
  });
  if (twin != held_.end()) {
    if (same_work(*twin->batch, batch)) return "";
    held_.erase(twin);  // of an earlier dispatcher, which nobody waits for any more
  }
  if (std::string reason = refusal(batch); !reason.empty()) {
    ++dropped_;
    return reason;
  }
  received_through_ = std::max(received_through_, batch.sequence);
  Held held;
  held.ticket = next_ticket_++;
  held.batch = std::make_shared<const wire::CandidateBatch>(std::move(batch));
  deal(held);
  held_.push_back(std::move(held));
  return "";
}

// A piece a thread: what candidates have in common is computed once a piece. Threads that finish
// early go on with the next batch.
void Evaluator::deal(Held& held) const {
  const std::size_t all = held.batch->candidates.size();
  const std::size_t share = (all + identity_.threads - 1) / identity_.threads;
  const std::size_t piece = std::min(share, kWorkCandidatesMax);
  for (std::size_t first = 0; first < all; first += piece) {
    held.pieces.push_back({first, std::min(piece, all - first)});
  }
}

std::optional<Work> Evaluator::next_work(Now now) {
  if (stopped_ || !hindered_.empty() || backlog_ >= kScoresBacklogMax) return std::nullopt;
  for (Held& held : held_) {
    if (held.pieces.empty() || now.monotonic_ns < held.retry_at_ns) continue;
    const Piece piece = held.pieces.front();
    held.pieces.pop_front();
    ++held.running;
    return Work{held.ticket, held.batch, piece.first, piece.count};
  }
  return std::nullopt;
}

void Evaluator::finished(Done done, Now now, runtime::Outbox& out) {
  const auto found = std::find_if(held_.begin(), held_.end(),
                                  [&](const Held& held) { return held.ticket == done.ticket; });
  if (found == held_.end()) return;
  Held& held = *found;
  --held.running;
  if (!done.not_ready.empty()) {
    held.pieces.push_front({done.first, done.count});
    held.retry_at_ns = now.monotonic_ns + kRetryNs;
    held.not_ready = std::move(done.not_ready);
    return;
  }
  held.not_ready.clear();
  held.retry_at_ns = 0;
  measure(*held.batch, done);
  held.scores.emplace_back(done.first, std::move(done.scores));
  if (held.running > 0 || !held.pieces.empty()) return;
  publish(held, out);
  held_.erase(found);
  send_hello(now, out);
}

// The cost as the dispatcher feels it: time per candidate with all threads at work.
void Evaluator::measure(const wire::CandidateBatch& batch, const Done& done) {
  evaluated_ += done.scores.size();
  for (const wire::Score& score : done.scores) invalid_ += score.invalid.empty() ? 0 : 1;
  const double cost = static_cast<double>(done.elapsed_ns) / static_cast<double>(kNsPerMs) /
                      static_cast<double>(done.count * identity_.threads);
  double& known = batch.detail == wire::kDetailNone ? candidate_ms_ : detailed_ms_;
  known = known == 0 ? cost : (1 - kNewest) * known + kNewest * cost;
}

void Evaluator::publish(Held& held, runtime::Outbox& out) {
  std::stable_sort(held.scores.begin(), held.scores.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  wire::ScoreBatch batch{identity_.incarnation, {}};
  std::size_t rows = 0;
  const auto flush = [&] {
    if (!batch.scores.empty()) out.send(runtime::Edge::scores, std::move(batch));
    batch = wire::ScoreBatch{identity_.incarnation, {}};
    rows = 0;
  };
  for (auto& [first, scores] : held.scores) {
    for (wire::Score& score : scores) {
      if (rows + score.rows.size() > kScoreRowsMax) flush();
      rows += score.rows.size();
      batch.scores.push_back(std::move(score));
    }
  }
  flush();
}

void Evaluator::moved(std::uint64_t steps, Now now) {
  const auto running = [](const Held& held) { return held.running > 0; };
  const bool busy = std::any_of(held_.begin(), held_.end(), running);
  if (steps == steps_ && busy) return;
  steps_ = steps;
  moved_ns_ = now.monotonic_ns;
}

std::int64_t Evaluator::hung_ns(Now now) const {
  return moved_ns_ == 0 ? 0 : now.monotonic_ns - moved_ns_;
}

std::string Evaluator::stalled(Now now) const {
  const std::int64_t hung = hung_ns(now);
  if (hung < kHangsNs) return "";
  return fmt::format("the compute threads have not moved for {} s", hung / kNsPerSecond);
}

std::string Evaluator::blocked(Now now) const {
  if (!hindered_.empty()) return hindered_;
  if (backlog_ >= kScoresBacklogMax) return "scores are not taken";
  const auto waits = [&](const Held& held) {
    return held.running == 0 && now.monotonic_ns < held.retry_at_ns;
  };
  if (held_.empty() || !std::all_of(held_.begin(), held_.end(), waits)) return "";
  return held_.front().not_ready;
}

int Evaluator::hello(Now now, runtime::Outbox& out) {
  if (stopped_) return 0;
  const bool late = now.monotonic_ns - hello_at_ns_ >= kHelloNs;
  if (!hello_due_ && !late && blocked(now) == said_blocked_) return 0;
  send_hello(now, out);
  return 1;
}

void Evaluator::send_hello(Now now, runtime::Outbox& out) {
  wire::Credit credit;
  credit.incarnation = identity_.incarnation;
  credit.host = identity_.host;
  credit.pid = identity_.pid;
  credit.engine_version = identity_.engine_version;
  credit.self_test_digest = identity_.self_test_digest;
  credit.capacity = stopped_ ? 0 : kBatchesHeldMax;
  credit.received_through = received_through_;
  for (const Held& held : held_) credit.held.push_back(held.batch->sequence);
  credit.progress = progress_;
  credit.blocked = blocked(now);
  credit.candidate_ms = candidate_ms_;
  credit.detailed_ms = detailed_ms_;
  said_blocked_ = credit.blocked;
  hello_due_ = false;
  hello_at_ns_ = now.monotonic_ns;
  out.send(runtime::Edge::credits, std::move(credit));
}

void Evaluator::stop(Now now, runtime::Outbox& out) {
  if (stopped_) return;
  stopped_ = true;
  held_.clear();
  send_hello(now, out);
}

}  // namespace mendel::evaluator

// What a trace says of a message: one short line.
#include <fmt/format.h>

#include "shared/wire/codec.hpp"
#include "topology/simulation/world.hpp"

namespace mendel::simulation {
namespace {

std::string text_of(const wire::Request& m) {
  return fmt::format("request {} {}", m.action, m.run);
}
std::string text_of(const wire::Reply& m) {
  return fmt::format("reply {}{}{}", m.request_id, m.error.empty() ? "" : ": ", m.error);
}
std::string text_of(const wire::DatasetOrder& m) { return "dataset order " + m.order_id; }
std::string text_of(const wire::Dataset& m) { return "dataset for " + m.order_id; }
std::string text_of(const wire::CandidateBatch& m) {
  return fmt::format("batch {}: {} candidates of generation {}", m.sequence, m.candidates.size(),
                     m.generation);
}
std::string text_of(const wire::Credit& m) {
  return fmt::format("hello of {}: through {}, holds {}, progress {}{}{}", m.incarnation,
                     m.received_through, m.held.size(), m.progress,
                     m.blocked.empty() ? "" : ", blocked: ", m.blocked);
}
std::string text_of(const wire::ScoreBatch& m) { return fmt::format("{} scores", m.scores.size()); }
std::string text_of(const wire::RunRecord& m) { return "record " + m.record_id; }
std::string text_of(const wire::GenerationRecord& m) { return "record " + m.record_id; }
std::string text_of(const wire::Verdict& m) { return "record " + m.record_id; }
std::string text_of(const wire::Query& m) {
  return fmt::format("query {}: {} keys, {} records", m.query_id, m.keys.size(),
                     m.record_ids.size());
}
std::string text_of(const wire::Recorded& m) {
  return fmt::format("recorded {}.{}{}{}: {} scores, {} records, {} missing", m.epoch, m.sequence,
                     m.query_id.empty() ? "" : ", answer to ", m.query_id, m.scores.size(),
                     m.record_ids.size(), m.missing_keys.size() + m.missing_record_ids.size());
}
std::string text_of(const wire::Progress& m) {
  return fmt::format("progress: {}, generation {}, {} evaluations{}{}", m.state, m.generation,
                     m.evaluations, m.detail.empty() ? "" : ", ", m.detail);
}
template <class Other>
std::string text_of(const Other& m) {
  return std::string(wire::kind_name(wire::Message(m)));
}

}  // namespace

std::string describe(const wire::Message& message) {
  return std::visit([](const auto& m) { return text_of(m); }, message);
}

}  // namespace mendel::simulation

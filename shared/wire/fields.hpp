// The fields of every message, named once: codec and JSON are made from these lists.
// fields(visitor, message) calls visitor("name", member) for each field in wire order; the lists
// of a version are frozen. A new field stands last, and kNewFields says how many the version before
// did not have.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "shared/wire/messages.hpp"

namespace mendel::wire {

// Fields at the end of a struct's list that version kWireVersion - 1 did not have.
template <class Struct>
inline constexpr std::uint32_t kNewFields = 0;
template <>
inline constexpr std::uint32_t kNewFields<Score> = 1;  // blocks
template <>
inline constexpr std::uint32_t kNewFields<DatasetOrder> = 1;  // shuffle
template <>
inline constexpr std::uint32_t kNewFields<Credit> = 1;  // detailed_ms

template <class V, class M>
void fields_of_bar_batch(V& v, M& m) {
  v("source", m.source);
  v("incarnation", m.incarnation);
  v("sequence", m.sequence);
  v("symbol", m.symbol);
  v("timeframe", m.timeframe);
  v("revision", m.revision);
  v("bars", m.bars);
}

template <class V, class M>
void fields_of_receipt(V& v, M& m) {
  v("source", m.source);
  v("incarnation", m.incarnation);
  v("durable_through", m.durable_through);
  v("stored_through", m.stored_through);
  v("inserted", m.inserted);
  v("equal", m.equal);
  v("replaced", m.replaced);
  v("conflicts", m.conflicts);
}

template <class V, class M>
void fields_of_dataset_order(V& v, M& m) {
  v("order_id", m.order_id);
  v("source", m.source);
  v("symbols", m.symbols);
  v("timeframe", m.timeframe);
  v("from_ns", m.from_ns);
  v("to_ns", m.to_ns);
  v("warm_up_bars", m.warm_up_bars);
  v("shuffle", m.shuffle);
}

template <class V, class M>
void fields_of_dataset(V& v, M& m) {
  v("order_id", m.order_id);
  v("dataset_id", m.dataset_id);
  v("file", m.file);
  v("rows", m.rows);
  v("quality", m.quality);
  v("error", m.error);
}

template <class V, class M>
void fields_of_candidate(V& v, M& m) {
  v("key", m.key);
  v("genome", m.genome);
}

template <class V, class M>
void fields_of_candidate_batch(V& v, M& m) {
  v("run", m.run);
  v("generation", m.generation);
  v("born_at_ns", m.born_at_ns);
  v("target", m.target);
  v("sequence", m.sequence);
  v("dataset_id", m.dataset_id);
  v("experiment_digest", m.experiment_digest);
  v("windows", m.windows);
  v("detail", m.detail);
  v("engine_version", m.engine_version);
  v("candidates", m.candidates);
}

template <class V, class M>
void fields_of_credit(V& v, M& m) {
  v("incarnation", m.incarnation);
  v("host", m.host);
  v("pid", m.pid);
  v("engine_version", m.engine_version);
  v("self_test_digest", m.self_test_digest);
  v("capacity", m.capacity);
  v("received_through", m.received_through);
  v("held", m.held);
  v("progress", m.progress);
  v("blocked", m.blocked);
  v("candidate_ms", m.candidate_ms);
  v("detailed_ms", m.detailed_ms);
}

template <class V, class M>
void fields_of_score_row(V& v, M& m) {
  v("window", m.window);
  v("symbol", m.symbol);
  v("metrics", m.metrics);
}

template <class V, class M>
void fields_of_score(V& v, M& m) {
  v("key", m.key);
  v("run", m.run);
  v("generation", m.generation);
  v("born_at_ns", m.born_at_ns);
  v("invalid", m.invalid);
  v("ruined", m.ruined);
  v("rows", m.rows);
  v("blocks", m.blocks);
}

template <class V, class M>
void fields_of_score_batch(V& v, M& m) {
  v("evaluator", m.evaluator);
  v("scores", m.scores);
}

template <class V, class M>
void fields_of_run_record(V& v, M& m) {
  v("record_id", m.record_id);
  v("run", m.run);
  v("name", m.name);
  v("state", m.state);
  v("experiment_digest", m.experiment_digest);
  v("semantics_digest", m.semantics_digest);
  v("dataset_id", m.dataset_id);
  v("experiment", m.experiment);
  v("seed", m.seed);
  v("engine_version", m.engine_version);
  v("at_ns", m.at_ns);
  v("detail", m.detail);
}

template <class V, class M>
void fields_of_generation_slot(V& v, M& m) {
  v("genome", m.genome);
  v("key", m.key);
  v("rank", m.rank);
  v("invalid", m.invalid);
}

template <class V, class M>
void fields_of_generation_record(V& v, M& m) {
  v("record_id", m.record_id);
  v("run", m.run);
  v("island", m.island);
  v("generation", m.generation);
  v("born_at_ns", m.born_at_ns);
  v("digest", m.digest);
  v("genes", m.genes);
  v("slots", m.slots);
}

template <class V, class M>
void fields_of_reported_candidate(V& v, M& m) {
  v("rank", m.rank);
  v("genes", m.genes);
  v("in_sample_key", m.in_sample_key);
  v("out_of_sample_key", m.out_of_sample_key);
}

template <class V, class M>
void fields_of_verdict(V& v, M& m) {
  v("record_id", m.record_id);
  v("run", m.run);
  v("at_ns", m.at_ns);
  v("reported", m.reported);
  v("report", m.report);
}

template <class V, class M>
void fields_of_query(V& v, M& m) {
  v("query_id", m.query_id);
  v("keys", m.keys);
  v("record_ids", m.record_ids);
}

template <class V, class M>
void fields_of_recorded(V& v, M& m) {
  v("epoch", m.epoch);
  v("sequence", m.sequence);
  v("scores", m.scores);
  v("record_ids", m.record_ids);
  v("query_id", m.query_id);
  v("missing_keys", m.missing_keys);
  v("missing_record_ids", m.missing_record_ids);
  v("records_total", m.records_total);
  v("stored_total", m.stored_total);
}

template <class V, class M>
void fields_of_request(V& v, M& m) {
  v("request_id", m.request_id);
  v("action", m.action);
  v("run", m.run);
  v("name", m.name);
  v("experiment", m.experiment);
}

template <class V, class M>
void fields_of_reply(V& v, M& m) {
  v("request_id", m.request_id);
  v("error", m.error);
  v("error_kind", m.error_kind);
  v("body", m.body);
}

template <class V, class M>
void fields_of_progress(V& v, M& m) {
  v("run", m.run);
  v("name", m.name);
  v("state", m.state);
  v("detail", m.detail);
  v("generation", m.generation);
  v("generations", m.generations);
  v("best", m.best);
  v("mean", m.mean);
  v("diversity", m.diversity);
  v("evaluations", m.evaluations);
  v("evaluations_per_second", m.evaluations_per_second);
  v("eta_seconds", m.eta_seconds);
  v("redispatched", m.redispatched);
  v("evaluators", m.evaluators);
  v("digest", m.digest);
}

template <class V, class M>
void fields_of_sample(V& v, M& m) {
  v("name", m.name);
  v("labels", m.labels);
  v("value", m.value);
}

template <class V, class M>
void fields_of_stat(V& v, M& m) {
  v("stage", m.stage);
  v("incarnation", m.incarnation);
  v("host", m.host);
  v("pid", m.pid);
  v("uptime_seconds", m.uptime_seconds);
  v("ready", m.ready);
  v("reason", m.reason);
  v("samples", m.samples);
}

// fields(visitor, message) and kind_word(message) for every struct of messages.hpp, const or not.
// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot be put into parentheses here.
#define MENDEL_WIRE_FIELDS(Struct, word) \
  template <class V>                     \
  void fields(V& v, Struct& m) {         \
    fields_of_##word(v, m);              \
  }                                      \
  template <class V>                     \
  void fields(V& v, const Struct& m) {   \
    fields_of_##word(v, m);              \
  }                                      \
  inline std::string_view kind_word(const Struct&) { return #word; }
// NOLINTEND(bugprone-macro-parentheses)

MENDEL_WIRE_FIELDS(BarBatch, bar_batch)
MENDEL_WIRE_FIELDS(Receipt, receipt)
MENDEL_WIRE_FIELDS(DatasetOrder, dataset_order)
MENDEL_WIRE_FIELDS(Dataset, dataset)
MENDEL_WIRE_FIELDS(Candidate, candidate)
MENDEL_WIRE_FIELDS(CandidateBatch, candidate_batch)
MENDEL_WIRE_FIELDS(Credit, credit)
MENDEL_WIRE_FIELDS(ScoreRow, score_row)
MENDEL_WIRE_FIELDS(Score, score)
MENDEL_WIRE_FIELDS(ScoreBatch, score_batch)
MENDEL_WIRE_FIELDS(RunRecord, run_record)
MENDEL_WIRE_FIELDS(GenerationSlot, generation_slot)
MENDEL_WIRE_FIELDS(GenerationRecord, generation_record)
MENDEL_WIRE_FIELDS(ReportedCandidate, reported_candidate)
MENDEL_WIRE_FIELDS(Verdict, verdict)
MENDEL_WIRE_FIELDS(Query, query)
MENDEL_WIRE_FIELDS(Recorded, recorded)
MENDEL_WIRE_FIELDS(Request, request)
MENDEL_WIRE_FIELDS(Reply, reply)
MENDEL_WIRE_FIELDS(Progress, progress)
MENDEL_WIRE_FIELDS(Sample, sample)
MENDEL_WIRE_FIELDS(Stat, stat)
#undef MENDEL_WIRE_FIELDS

}  // namespace mendel::wire

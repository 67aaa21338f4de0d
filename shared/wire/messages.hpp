// The messages of every edge (docs/wire.md). Each has `kKind` and a `fields` list, from which the
// codec, its size checks and the JSON of `mendel tap` are made: a field is named once.
// Messages are immutable values: a stage derives new ones.
// Threads: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/market/bar.hpp"
#include "shared/market/metrics.hpp"

namespace mendel::wire {

// Kind numbers are frozen; a new message takes a new one.
enum class Kind : std::uint8_t {
  bar_batch = 1,
  receipt = 2,
  dataset_order = 3,
  dataset = 4,
  candidate_batch = 5,
  credit = 6,
  score_batch = 7,
  run_record = 8,
  generation_record = 9,
  verdict = 10,
  query = 11,
  recorded = 12,
  request = 13,
  reply = 14,
  progress = 15,
  stat = 16,
};

// ---- bars, receipts --------------------------------------------------------------------------

struct BarBatch {
  static constexpr Kind kKind = Kind::bar_batch;
  std::string source;
  std::string incarnation;     // of the sender; with sequence it identifies the batch
  std::uint64_t sequence = 0;  // 1, 2, … per incarnation
  std::string symbol;
  std::string timeframe;
  std::int64_t revision = 0;
  std::vector<market::Bar> bars;  // ascending in time, at most kBarsPerBatchMax
};

// Published under topic `receipt.<incarnation>.`; cumulative counts for that incarnation.
struct Receipt {
  static constexpr Kind kKind = Kind::receipt;
  std::string source;
  std::string incarnation;
  std::uint64_t durable_through = 0;  // fsynced: the sender may forget up to here
  std::uint64_t stored_through = 0;   // committed to market_data
  std::uint64_t inserted = 0;         // rows that are new
  std::uint64_t equal = 0;            // rows that were there with the same values
  std::uint64_t replaced = 0;         // rows of a lower revision
  std::uint64_t conflicts = 0;        // rows refused: other values, no higher revision
};

// ---- dataset_orders, datasets ----------------------------------------------------------------

struct DatasetOrder {
  static constexpr Kind kKind = Kind::dataset_order;
  std::string order_id;  // repeated orders are the same order
  std::string source;
  std::vector<std::string> symbols;
  std::string timeframe;
  std::int64_t from_ns = 0;  // first bar of the earliest window; warm-up comes before it
  std::int64_t to_ns = 0;    // half-open
  std::int64_t warm_up_bars = 0;
  // 0 = the bars as they are; else the number of a null: in the range, the bars' moves are shuffled
  // in blocks of days. Since version 2.
  std::uint32_t shuffle = 0;
};

// Published under topic `dataset.<order_id>.`.
struct Dataset {
  static constexpr Kind kKind = Kind::dataset;
  std::string order_id;
  Digest dataset_id;      // content hash; zero when `error` is set
  std::string file;       // relative to the store: "datasets/<id>.bars"
  std::int64_t rows = 0;  // over all symbols
  std::string quality;    // JSON: the quality report per symbol
  std::string error;      // "" = ok; else what is missing and what there is
};

// ---- candidates, credits, scores -------------------------------------------------------------

struct Candidate {
  Digest key;                  // evaluation key, echoed in the score
  std::vector<double> genome;  // one value per gene, in canonical order; empty: buy-and-hold
};

// What an evaluator is asked to report beyond the metrics. Bits.
enum Detail : std::uint8_t { kDetailNone = 0, kDetailDailyBlocks = 1, kDetailTrades = 2 };

// Published under topic `ev.<target>.`.
struct CandidateBatch {
  static constexpr Kind kKind = Kind::candidate_batch;
  std::string run;
  std::int64_t generation = 0;
  std::int64_t born_at_ns = 0;  // wall time of the generation; the rows' timestamp
  std::string target;           // incarnation of the evaluator it is for
  std::uint64_t sequence = 0;   // 1, 2, … per target: a gap is a lost batch
  Digest dataset_id;
  Digest experiment_digest;
  std::uint8_t windows = 0;  // bits 1 << Window
  std::uint8_t detail = kDetailNone;
  std::uint32_t engine_version = 0;
  std::vector<Candidate> candidates;
};

// An evaluator's hello, every 200 ms and after every batch.
struct Credit {
  static constexpr Kind kKind = Kind::credit;
  std::string incarnation;
  std::string host;
  std::int64_t pid = 0;
  std::uint32_t engine_version = 0;
  std::string self_test_digest;        // hex
  std::uint32_t capacity = 0;          // batches it is willing to hold
  std::uint64_t received_through = 0;  // highest batch sequence seen
  std::vector<std::uint64_t> held;     // sequences received and not yet scored
  std::uint64_t progress = 0;  // candidates finished: stands still when the compute threads do
  std::string blocked;         // why it cannot compute now ("" = it can)
  double candidate_ms = 0;     // measured cost of one candidate, 0 = not yet known
  double detailed_ms = 0;      // the same of one that is to be reported in detail
};

// Metrics of one window and one symbol; symbol "portfolio" is the sum over all.
struct ScoreRow {
  market::Window window = market::Window::in_sample;
  std::string symbol;
  market::Metrics metrics;
};

struct Score {
  Digest key;
  std::string run;  // for whom it was first evaluated
  std::int64_t generation = 0;
  std::int64_t born_at_ns = 0;
  std::string invalid;         // "" = valid; else why there are no metrics
  bool ruined = false;         // infeasible: the account was lost in an evaluated window
  std::vector<ScoreRow> rows;  // per window: portfolio first, then symbols
  // Asked for with kDetailDailyBlocks: statistics::to_numbers of the in-sample portfolio's daily
  // returns in blocks; else empty. Since version 2.
  std::vector<double> blocks;
};

struct ScoreBatch {
  static constexpr Kind kKind = Kind::score_batch;
  std::string evaluator;  // incarnation
  std::vector<Score> scores;
};

// ---- records, queries, recorded --------------------------------------------------------------

struct RunRecord {
  static constexpr Kind kKind = Kind::run_record;
  std::string record_id;  // "run.<run>.<state>"
  std::string run;
  std::string name;
  std::string state;  // running | finished | failed | cancelled
  Digest experiment_digest;
  Digest semantics_digest;
  Digest dataset_id;
  std::string experiment;  // canonical text
  std::uint64_t seed = 0;
  std::uint32_t engine_version = 0;
  std::int64_t at_ns = 0;  // created, or ended
  std::string detail;      // JSON: counts, reason of a failure
};

struct GenerationSlot {
  std::vector<double> genome;
  Digest key;
  std::int64_t rank = 0;  // 0 = best of its generation
  std::string invalid;    // why it is infeasible or undefined; "" = feasible
};

struct GenerationRecord {
  static constexpr Kind kKind = Kind::generation_record;
  std::string record_id;  // "generation.<run>.<island>.<generation>"
  std::string run;
  std::int64_t island = 0;
  std::int64_t generation = 0;
  std::int64_t born_at_ns = 0;
  Digest digest;                   // of the whole generation, all islands
  std::vector<std::string> genes;  // names, in the order of a genome
  std::vector<GenerationSlot> slots;
};

// A reported candidate: the pick and the few beside it.
struct ReportedCandidate {
  std::int64_t rank = 0;  // 0 = the pick
  std::string genes;      // JSON object: name -> value
  Digest in_sample_key;
  Digest out_of_sample_key;  // zero when the experiment has no such window
};

struct Verdict {
  static constexpr Kind kKind = Kind::verdict;
  std::string record_id;  // "verdict.<run>"
  std::string run;
  std::int64_t at_ns = 0;
  std::vector<ReportedCandidate> reported;
  std::string report;  // JSON: what `mendel demo --json` prints of it
};

struct Query {
  static constexpr Kind kKind = Kind::query;
  std::string query_id;
  std::vector<Digest> keys;
  std::vector<std::string> record_ids;
};

// Published under topic `recorded.`: everything in it is fsynced.
struct Recorded {
  static constexpr Kind kKind = Kind::recorded;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;  // 1, 2, … per epoch: a gap or a new epoch means: ask
  std::vector<Score> scores;
  std::vector<std::string> record_ids;
  std::string query_id;              // "" = a notice; else the answer to that query
  std::vector<Digest> missing_keys;  // asked for and not recorded
  std::vector<std::string> missing_record_ids;
  std::uint64_t records_total = 0;  // records in the log
  std::uint64_t stored_total = 0;   // of these, committed to the database
};

// ---- requests, progress ----------------------------------------------------------------------

struct Request {
  static constexpr Kind kKind = Kind::request;
  std::string request_id;
  std::string action;  // submit | list | show | cancel
  std::string run;     // ULID; for submit chosen by the sender
  std::string name;
  std::string experiment;  // TOML text, for submit
};

// Published on progress under topic `reply.<request_id>.`.
struct Reply {
  static constexpr Kind kKind = Kind::reply;
  std::string request_id;
  std::string error;            // "" = ok
  std::int64_t error_kind = 0;  // exit code for the command
  std::string body;             // JSON
};

// Published under topic `progress.<run>.`.
struct Progress {
  static constexpr Kind kKind = Kind::progress;
  std::string run;
  std::string name;
  std::string state;             // waiting | running | reporting | finished | failed | cancelled
  std::string detail;            // what it waits for, why it failed
  std::int64_t generation = 0;   // last closed one, from 0; none while digest is zero
  std::int64_t generations = 0;  // evaluated in all
  double best = 0;               // first objective; NaN = none yet
  double mean = 0;
  double diversity = 0;  // share of distinct genomes in the generation
  std::uint64_t evaluations = 0;
  double evaluations_per_second = 0;  // of the search, while it lasted; 0 = not measured
  double eta_seconds = 0;             // NaN = unknown
  std::uint64_t redispatched = 0;
  std::uint32_t evaluators = 0;
  Digest digest;  // of the last closed generation
};

// ---- taps ------------------------------------------------------------------------------------

struct Sample {
  std::string name;    // Prometheus name without prefix: "messages_in_total"
  std::string labels;  // `edge="bars"` or ""
  double value = 0;
};

// Published once a second under topic `stat.<stage>.`.
struct Stat {
  static constexpr Kind kKind = Kind::stat;
  std::string stage;
  std::string incarnation;
  std::string host;
  std::int64_t pid = 0;
  double uptime_seconds = 0;
  bool ready = false;
  std::string reason;  // why not ready
  std::vector<Sample> samples;
};

using Message = std::variant<BarBatch, Receipt, DatasetOrder, Dataset, CandidateBatch, Credit,
                             ScoreBatch, RunRecord, GenerationRecord, Verdict, Query, Recorded,
                             Request, Reply, Progress, Stat>;

}  // namespace mendel::wire

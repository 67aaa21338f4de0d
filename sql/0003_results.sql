-- One row a run. Columns are null until the record that tells them has come: records of one run may
-- be loaded in any order.
CREATE TABLE mendel.runs (
  run               text PRIMARY KEY,
  name              text,
  state             text,
  experiment_digest text,
  semantics_digest  text,
  dataset_id        text,
  experiment        text,
  seed              numeric(20, 0),
  engine_version    bigint,
  created_at        timestamptz,
  ended_at          timestamptz,
  detail            jsonb,
  reported_at       timestamptz,
  report            jsonb,
  -- The first objective, read from the canonical experiment: what "best" means in the views.
  objective text GENERATED ALWAYS AS (coalesce(substring(
      experiment FROM 'objectives\s*=\s*\[\s*["'']\s*([a-z_]+)\s+(?:min|max)'), 'sharpe_ratio')) STORED,
  maximise boolean GENERATED ALWAYS AS (coalesce(substring(
      experiment FROM 'objectives\s*=\s*\[\s*["'']\s*[a-z_]+\s+(min|max)'), 'max') = 'max') STORED
);

CREATE TABLE mendel.generation_records (
  run         text NOT NULL,
  island      integer NOT NULL,
  generation  integer NOT NULL,
  "timestamp" timestamptz NOT NULL,
  digest      text NOT NULL,
  PRIMARY KEY (run, island, generation)
);

-- Who was in a generation. strategy_id is the evaluation key: the candidate's row in strategy_metrics.
CREATE TABLE mendel.candidates (
  run         text NOT NULL,
  island      integer NOT NULL,
  generation  integer NOT NULL,
  slot        integer NOT NULL,
  strategy_id text NOT NULL,
  genes       jsonb NOT NULL,
  rank        bigint NOT NULL,
  invalid     text,
  PRIMARY KEY (run, island, generation, slot)
);
CREATE INDEX candidates_strategy_id ON mendel.candidates (strategy_id);

CREATE UNLOGGED TABLE mendel.candidates_staging (
  run         text NOT NULL,
  island      integer NOT NULL,
  generation  integer NOT NULL,
  slot        integer NOT NULL,
  strategy_id text NOT NULL,
  genes       jsonb NOT NULL,
  rank        bigint NOT NULL,
  invalid     text
);

-- The pick (rank 0) and the few beside it, chosen by the in-sample window alone.
CREATE TABLE mendel.reported (
  run              text NOT NULL,
  rank             integer NOT NULL,
  genes            jsonb NOT NULL,
  strategy_id      text NOT NULL,
  out_of_sample_id text,
  PRIMARY KEY (run, rank)
);

-- Per evaluation key, window and symbol ('portfolio' = all together). "timestamp" is the birth of
-- the generation, never a clock of a writer. An undefined metric is NULL; `undefined` says why.
CREATE TABLE mendel.strategy_metrics (
  "timestamp"       timestamptz NOT NULL,
  strategy_id       text NOT NULL,
  run               text NOT NULL,
  generation        integer NOT NULL,
  window_name       text NOT NULL,
  symbol            text NOT NULL,
  sharpe_ratio      double precision,
  sortino_ratio     double precision,
  total_return      double precision,
  cagr              double precision,
  max_drawdown      double precision,
  calmar_ratio      double precision,
  max_drawdown_bars double precision,
  trade_count       integer,
  win_rate          double precision,
  profit_factor     double precision,
  average_trade     double precision,
  exposure          double precision,
  turnover          double precision,
  skewness          double precision,
  kurtosis          double precision,
  ruined            boolean NOT NULL,
  undefined         jsonb,
  PRIMARY KEY ("timestamp", strategy_id, window_name, symbol)
);
CREATE INDEX strategy_metrics_strategy_id_timestamp
  ON mendel.strategy_metrics (strategy_id, "timestamp" DESC);

-- Filled by COPY and emptied in the same transaction.
CREATE UNLOGGED TABLE mendel.strategy_metrics_staging (LIKE mendel.strategy_metrics);

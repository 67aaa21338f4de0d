-- Bars, as data_loader stores them. "timestamp" is the OPEN time of a bar.
CREATE TABLE mendel.market_data (
  "timestamp" timestamptz NOT NULL,
  symbol      text NOT NULL,
  open        double precision NOT NULL,
  high        double precision NOT NULL,
  low         double precision NOT NULL,
  close       double precision NOT NULL,
  volume      double precision NOT NULL,
  source      text NOT NULL,
  timeframe   text NOT NULL,
  revision    bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (source, symbol, timeframe, "timestamp")
);
CREATE INDEX market_data_symbol_timestamp ON mendel.market_data (symbol, "timestamp" DESC);

-- Filled by COPY and emptied in the same transaction; nobody ever sees a row in it. `batch` numbers
-- the bar batches of one transaction. No vacuum statistics are worth keeping.
CREATE UNLOGGED TABLE mendel.market_data_staging (
  batch       integer NOT NULL,
  "timestamp" timestamptz NOT NULL,
  symbol      text NOT NULL,
  open        double precision NOT NULL,
  high        double precision NOT NULL,
  low         double precision NOT NULL,
  close       double precision NOT NULL,
  volume      double precision NOT NULL,
  source      text NOT NULL,
  timeframe   text NOT NULL,
  revision    bigint NOT NULL
);

-- What became of the bars of one sender: its receipts survive a restart of data_loader.
CREATE TABLE mendel.bar_receipts (
  store_id       text NOT NULL,
  incarnation    text NOT NULL,
  source         text NOT NULL,
  stored_through bigint NOT NULL,
  inserted       bigint NOT NULL,
  equal          bigint NOT NULL,
  replaced       bigint NOT NULL,
  conflicts      bigint NOT NULL,
  PRIMARY KEY (store_id, incarnation)
);

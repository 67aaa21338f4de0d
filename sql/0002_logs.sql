-- Which store this database belongs to: the first that drained into it.
CREATE TABLE mendel.store_identity (
  single    boolean PRIMARY KEY CHECK (single),
  store_id  text NOT NULL,
  paired_at timestamptz NOT NULL DEFAULT now()
);

-- Who may drain a log: the owner of the largest epoch. Its row is the lock of every drain.
CREATE TABLE mendel.log_owners (
  store_id text NOT NULL,
  log      text NOT NULL,
  epoch    bigint NOT NULL,
  PRIMARY KEY (store_id, log)
);

-- How far each segment of a log is loaded; moved in the transaction that stores the rows.
CREATE TABLE mendel.log_offsets (
  store_id text NOT NULL,
  log      text NOT NULL,
  segment  text NOT NULL,
  "offset" bigint NOT NULL,
  epoch    bigint NOT NULL,
  PRIMARY KEY (store_id, log, segment)
);

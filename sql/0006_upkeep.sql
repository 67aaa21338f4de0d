-- Hypertables, compression and retention. Each is called by `mendel`, never by a timer of the
-- database: what Neon runs is TimescaleDB's Apache edition, which has no jobs.

-- {absent, apache, timescale}, as found by whoever asks.
CREATE FUNCTION mendel.timescale_edition() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN 'absent'
    WHEN current_setting('timescaledb.license', true) = 'timescale' THEN 'timescale'
    ELSE 'apache' END
$$;

-- Called by `mendel migrate` whenever TimescaleDB is installed. Bars of a day are few: a database
-- of daily bars wants chunks of a year, one of minutes 7 days. A changed length is that of chunks
-- to come.
DROP FUNCTION mendel.make_hypertables();
CREATE FUNCTION mendel.make_hypertables(bar_chunk_days integer) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  place text := (SELECT extnamespace::regnamespace::text FROM pg_extension
                 WHERE extname = 'timescaledb');
  target record;
BEGIN
  IF place IS NULL THEN RETURN 'absent'; END IF;
  FOR target IN
    SELECT * FROM (VALUES ('mendel.market_data', make_interval(days => bar_chunk_days),
                           'source, symbol, timeframe'),
                          ('mendel.strategy_metrics', interval '30 days', 'run'))
      AS tables (name, chunk, segments)
  LOOP
    EXECUTE format(
      'SELECT %1$s.create_hypertable(%2$L::regclass, ''timestamp''::name, '
      'chunk_time_interval => %3$L::interval, if_not_exists => true, '
      'create_default_indexes => false, migrate_data => true)', place, target.name, target.chunk);
    EXECUTE format('SELECT %s.set_chunk_time_interval(%L::regclass, %L::interval)',
                   place, target.name, target.chunk);
    CONTINUE WHEN mendel.timescale_edition() <> 'timescale';
    EXECUTE format('ALTER TABLE %s SET (timescaledb.compress, timescaledb.compress_segmentby = %L)',
                   target.name, target.segments);
    EXECUTE format('SELECT %s.add_compression_policy(%L::regclass, interval ''90 days'', '
                   'if_not_exists => true)', place, target.name);
  END LOOP;
  RETURN mendel.timescale_edition();
END $$;

-- What is older than so many days goes: whole chunks of a hypertable, rows of a plain table. NULL
-- keeps a table. Nothing goes while a run is unfinished: its data may be of any age.
CREATE FUNCTION mendel.apply_retention(bars_days integer, metrics_days integer, dry_run boolean)
RETURNS TABLE (relation text, older_than timestamptz, rows_gone bigint, held_by text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  place text := (SELECT extnamespace::regnamespace::text FROM pg_extension
                 WHERE extname = 'timescaledb');
  unfinished text := (SELECT min(run) FROM mendel.runs
                      WHERE coalesce(state, 'running') NOT IN ('finished', 'failed', 'cancelled'));
  target record;
  condition text;
  chunked boolean;
BEGIN
  FOR target IN
    SELECT * FROM (VALUES ('market_data', bars_days), ('strategy_metrics', metrics_days))
      AS tables (name, days) WHERE days IS NOT NULL
  LOOP
    IF target.days < 1 THEN
      RAISE EXCEPTION 'retention of % days: at least 1 is kept', target.days;
    END IF;
    relation := 'mendel.' || target.name;
    older_than := now() - make_interval(days => target.days);
    held_by := unfinished;
    chunked := false;
    IF place IS NOT NULL THEN
      EXECUTE format('SELECT EXISTS (SELECT FROM timescaledb_information.hypertables '
                     'WHERE hypertable_schema = ''mendel'' AND hypertable_name = %L)', target.name)
        INTO chunked;
    END IF;
    condition := format('"timestamp" < %L', older_than);
    IF chunked THEN
      -- A chunk goes when all of it is old.
      EXECUTE format('SELECT format(''"timestamp" < %%L'', max(range_end)) '
                     'FROM timescaledb_information.chunks WHERE hypertable_schema = ''mendel'' '
                     'AND hypertable_name = %L AND range_end <= %L', target.name, older_than)
        INTO condition;
    END IF;
    rows_gone := 0;
    IF condition IS NOT NULL THEN
      EXECUTE format('SELECT count(*) FROM %s WHERE %s', relation, condition) INTO rows_gone;
    END IF;
    IF NOT dry_run AND unfinished IS NULL AND rows_gone > 0 THEN
      IF chunked THEN
        EXECUTE format('SELECT %s.drop_chunks(%L::regclass, %L::timestamptz)',
                       place, relation, older_than);
      ELSE
        EXECUTE format('DELETE FROM %s WHERE %s', relation, condition);
      END IF;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION mendel.apply_retention(integer, integer, boolean) FROM PUBLIC;

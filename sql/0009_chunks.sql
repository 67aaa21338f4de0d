-- Chunks of market_data follow the bars that are written: 7 days for intraday bars, a year for
-- daily and longer ones, of which a week has five. Where a chunk is there already, it takes both.
-- (Bars of a year in chunks of a week: 52 pieces to plan each query with, for 250 rows.)
CREATE FUNCTION mendel.bar_chunk(daily boolean) RETURNS interval LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN daily THEN interval '365 days' ELSE interval '7 days' END
$$;

-- "1d", "2d", "1w".
CREATE FUNCTION mendel.is_daily(timeframe text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT timeframe ~ '[dw]$'
$$;

-- Called by data_loader in a transaction that writes bars, for the chunks that it makes. A
-- hypertable's owner alone may change it, so this is done in the owner's name, for whoever may
-- write bars.
CREATE FUNCTION mendel.choose_bar_chunk(daily boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  place text := (SELECT extnamespace::regnamespace::text FROM pg_extension
                 WHERE extname = 'timescaledb');
  stands interval;
BEGIN
  IF place IS NULL THEN RETURN; END IF;
  IF NOT has_table_privilege(session_user, 'mendel.market_data', 'INSERT') THEN
    RAISE insufficient_privilege USING MESSAGE = session_user || ' may not write bars';
  END IF;
  EXECUTE 'SELECT time_interval FROM timescaledb_information.dimensions '
          'WHERE hypertable_schema = ''mendel'' AND hypertable_name = ''market_data'''
    INTO stands;
  IF stands IS NULL OR stands = mendel.bar_chunk(daily) THEN RETURN; END IF;
  EXECUTE format('SELECT %s.set_chunk_time_interval(%L::regclass, %L::interval)',
                 place, 'mendel.market_data', mendel.bar_chunk(daily));
END $$;

-- Called by `mendel migrate` whenever TimescaleDB is installed. Rows that are there move into
-- chunks.
DROP FUNCTION mendel.make_hypertables(integer);
CREATE FUNCTION mendel.make_hypertables() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  place text := (SELECT extnamespace::regnamespace::text FROM pg_extension
                 WHERE extname = 'timescaledb');
  only_daily boolean := EXISTS (SELECT FROM mendel.market_data) AND NOT EXISTS (
    SELECT FROM mendel.market_data WHERE NOT mendel.is_daily(timeframe));
  target record;
BEGIN
  IF place IS NULL THEN RETURN 'absent'; END IF;
  FOR target IN
    SELECT * FROM (VALUES ('mendel.market_data', mendel.bar_chunk(only_daily),
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

-- The roles of a shared database, made by `mendel migrate --roles`: the owner of everything, who
-- cannot log in; the migrator, who may act as the owner; the loader and the writer, who may touch
-- what their stage does; the reader. All but the owner may log in as soon as they have a password.
CREATE FUNCTION mendel.make_roles(loader_connections integer, writer_connections integer)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  one record;
BEGIN
  FOR one IN
    SELECT * FROM (VALUES ('mendel_owner', 'NOLOGIN', -1), ('mendel_migrator', 'LOGIN', 4),
                          ('mendel_loader', 'LOGIN', loader_connections),
                          ('mendel_writer', 'LOGIN', writer_connections),
                          ('mendel_reader', 'LOGIN', 8)) AS roles (name, login, connections)
  LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = one.name) THEN
      EXECUTE format('CREATE ROLE %I', one.name);
    END IF;
    EXECUTE format('ALTER ROLE %I %s CONNECTION LIMIT %s', one.name, one.login, one.connections);
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET idle_in_transaction_session_timeout = %L',
                   one.name, current_database(), '5min');
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET statement_timeout = %L', one.name,
                   current_database(), CASE WHEN one.name = 'mendel_migrator' THEN '0' ELSE '2min' END);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), one.name);
    EXECUTE format('GRANT USAGE ON SCHEMA mendel TO %I', one.name);
    EXECUTE format('GRANT SELECT ON mendel.schema_version TO %I', one.name);
  END LOOP;
  EXECUTE format('GRANT CREATE ON DATABASE %I TO mendel_owner', current_database());
  GRANT mendel_owner TO mendel_migrator;
  IF NOT pg_has_role(current_user, 'mendel_owner', 'MEMBER') THEN
    EXECUTE format('GRANT mendel_owner TO %I', current_user);
  END IF;

  GRANT SELECT, INSERT, UPDATE, DELETE ON mendel.store_identity, mendel.log_owners,
    mendel.log_offsets TO mendel_loader, mendel_writer;
  GRANT SELECT, INSERT, UPDATE, DELETE ON mendel.market_data, mendel.market_data_staging,
    mendel.bar_receipts TO mendel_loader;
  GRANT SELECT, INSERT, UPDATE, DELETE ON mendel.runs, mendel.generation_records,
    mendel.candidates, mendel.candidates_staging, mendel.reported, mendel.strategy_metrics,
    mendel.strategy_metrics_staging TO mendel_writer;
  GRANT SELECT ON ALL TABLES IN SCHEMA mendel TO mendel_reader;
  GRANT EXECUTE ON FUNCTION mendel.apply_retention(integer, integer, boolean) TO mendel_loader;
  BEGIN
    -- What the loader's gauges of the server need; without it they are absent.
    GRANT pg_read_all_stats TO mendel_loader;
  EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'pg_read_all_stats was not granted to mendel_loader';
  END;
END $$;

-- Hands everything over to the owner. Hypertables take their chunks along.
CREATE FUNCTION mendel.own_everything() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  one record;
BEGIN
  FOR one IN
    SELECT format('ALTER %s %s OWNER TO mendel_owner',
                  CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, oid::regclass) AS change
    FROM pg_class WHERE relnamespace = 'mendel'::regnamespace AND relkind IN ('r', 'p', 'v')
    UNION ALL
    SELECT format('ALTER FUNCTION %s OWNER TO mendel_owner', oid::regprocedure)
    FROM pg_proc WHERE pronamespace = 'mendel'::regnamespace
    UNION ALL
    SELECT 'ALTER SCHEMA mendel OWNER TO mendel_owner'
  LOOP
    EXECUTE one.change;
  END LOOP;
END $$;

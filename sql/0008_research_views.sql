-- '15m' -> 15 minutes; NULL for what is no timeframe.
CREATE FUNCTION mendel.timeframe_length(timeframe text) RETURNS interval LANGUAGE sql IMMUTABLE AS $$
  SELECT substring(timeframe FROM '^([0-9]+)[smhdw]$')::integer * CASE right(timeframe, 1)
    WHEN 's' THEN interval '1 second' WHEN 'm' THEN interval '1 minute'
    WHEN 'h' THEN interval '1 hour' WHEN 'd' THEN interval '1 day'
    WHEN 'w' THEN interval '7 days' END
$$;

-- Bars of a UTC day, of every timeframe that is stored (each by itself).
CREATE VIEW mendel.bars_daily AS
SELECT date_trunc('day', "timestamp", 'UTC') AS day, source, symbol, timeframe,
       (array_agg(open ORDER BY "timestamp"))[1]       AS open,
       max(high)                                       AS high,
       min(low)                                        AS low,
       (array_agg(close ORDER BY "timestamp" DESC))[1] AS close,
       sum(volume)                                     AS volume,
       count(*)                                        AS bars
FROM mendel.market_data
GROUP BY 1, source, symbol, timeframe;

-- Where the next bar comes later than its timeframe says: weekends and holidays too, where the
-- market keeps them.
CREATE VIEW mendel.gaps AS
SELECT source, symbol, timeframe, "timestamp" AS after, next_bar AS before,
       (extract(epoch FROM next_bar - "timestamp") / extract(epoch FROM length))::bigint - 1
         AS missing
FROM (SELECT source, symbol, timeframe, "timestamp", mendel.timeframe_length(timeframe) AS length,
             lead("timestamp") OVER (PARTITION BY source, symbol, timeframe
                                     ORDER BY "timestamp") AS next_bar
      FROM mendel.market_data) bars
WHERE next_bar - "timestamp" > length;

-- How many different strategies each run tried, and how many were tried on its data by then: what
-- the best of them must be measured against.
CREATE VIEW mendel.trials AS
SELECT run, name, state, dataset_id, experiment_digest, created_at, strategies,
       sum(strategies) OVER (PARTITION BY dataset_id ORDER BY created_at, run) AS strategies_so_far
FROM (SELECT r.run, r.name, r.state, r.dataset_id, r.experiment_digest, r.created_at,
             (SELECT count(DISTINCT c.strategy_id) FROM mendel.candidates c WHERE c.run = r.run)
               AS strategies
      FROM mendel.runs r) counted;

-- The objectives of a canonical experiment in their order, with 1 for max and -1 for min.
CREATE FUNCTION mendel.objectives_of(experiment text) RETURNS TABLE (metric text, sign integer)
LANGUAGE sql IMMUTABLE AS $$
  SELECT parts[1], CASE parts[2] WHEN 'min' THEN -1 ELSE 1 END
  FROM regexp_matches(substring(experiment FROM 'objectives\s*=\s*\[([^\]]*)\]'),
                      '["'']\s*([a-z_]+)\s+(min|max)', 'g') WITH ORDINALITY AS found (parts, at)
  ORDER BY at
$$;

-- The feasible candidates of a run's last generation that no other one beats in every objective.
CREATE FUNCTION mendel.front_of(of_run text)
RETURNS TABLE (strategy_id text, generation integer, genes jsonb, objectives jsonb)
LANGUAGE sql STABLE AS $$
  WITH last AS (
    SELECT DISTINCT ON (c.strategy_id) c.strategy_id, c.generation, c.genes
    FROM mendel.candidates c
    WHERE c.run = of_run AND c.invalid IS NULL
      AND c.generation = (SELECT max(g.generation) FROM mendel.candidates g WHERE g.run = of_run)
    ORDER BY c.strategy_id
  ), scored AS MATERIALIZED (
    SELECT l.*, s.scores, s.named
    FROM last l
    CROSS JOIN LATERAL (
      SELECT to_jsonb(m) AS metrics FROM mendel.strategy_metrics m
      WHERE m.strategy_id = l.strategy_id AND m.window_name = 'in_sample' AND m.symbol = 'portfolio'
      ORDER BY m."timestamp" LIMIT 1
    ) found
    CROSS JOIN LATERAL (
      SELECT array_agg(o.sign * (found.metrics ->> o.metric)::double precision) AS scores,
             jsonb_object_agg(o.metric, found.metrics -> o.metric) AS named
      FROM mendel.objectives_of((SELECT experiment FROM mendel.runs WHERE run = of_run)) o
    ) s
    WHERE array_position(s.scores, NULL) IS NULL
  )
  SELECT a.strategy_id, a.generation, a.genes, a.named
  FROM scored a
  WHERE NOT EXISTS (
    SELECT FROM scored b
    WHERE b.scores <> a.scores
      AND NOT EXISTS (SELECT FROM unnest(a.scores, b.scores) AS pair (ours, theirs)
                      WHERE ours > theirs))
$$;

-- Ask it for one run: WHERE run = '…'.
CREATE VIEW mendel.pareto_front AS
SELECT r.run, r.name, r.dataset_id, f.strategy_id, f.generation, f.genes, f.objectives
FROM mendel.runs r CROSS JOIN LATERAL mendel.front_of(r.run) f;

-- Generations with what their candidates scored in sample.
CREATE VIEW mendel.generations AS
SELECT g.run, r.name, r.experiment_digest, r.dataset_id, g.island, g.generation, g."timestamp",
       g.digest, r.objective,
       CASE WHEN r.maximise THEN max(m.fitness) ELSE min(m.fitness) END AS best,
       avg(m.fitness) AS mean,
       count(c.slot) AS candidates,
       count(DISTINCT c.strategy_id) AS distinct_candidates,
       count(c.slot) FILTER (WHERE c.invalid IS NULL) AS feasible
FROM mendel.generation_records g
LEFT JOIN mendel.runs r ON r.run = g.run
LEFT JOIN mendel.candidates c
  ON c.run = g.run AND c.island = g.island AND c.generation = g.generation
LEFT JOIN LATERAL (
  SELECT (to_jsonb(s) ->> coalesce(r.objective, 'sharpe_ratio'))::double precision AS fitness
  FROM mendel.strategy_metrics s
  WHERE s.strategy_id = c.strategy_id AND s.window_name = 'in_sample' AND s.symbol = 'portfolio'
    AND c.invalid IS NULL
  ORDER BY s."timestamp" LIMIT 1
) m ON true
GROUP BY g.run, r.name, r.experiment_digest, r.dataset_id, g.island, g.generation, g."timestamp",
         g.digest, r.objective, r.maximise;

-- The reported candidates of every run, in sample and out of sample side by side. Ordered by what
-- was known in sample; out-of-sample columns are there to be read, not to be sorted by.
CREATE VIEW mendel.leaderboard AS
SELECT p.run, r.name, r.state, r.experiment_digest, r.dataset_id, r.seed, r.created_at,
       p.rank, p.genes, p.strategy_id, p.out_of_sample_id,
       i.generation                                       AS generation,
       i.sharpe_ratio                                     AS in_sample_sharpe_ratio,
       i.sortino_ratio                                    AS in_sample_sortino_ratio,
       i.total_return                                     AS in_sample_total_return,
       i.cagr                                             AS in_sample_cagr,
       i.max_drawdown                                     AS in_sample_max_drawdown,
       i.calmar_ratio                                     AS in_sample_calmar_ratio,
       i.trade_count                                      AS in_sample_trade_count,
       i.win_rate                                         AS in_sample_win_rate,
       i.profit_factor                                    AS in_sample_profit_factor,
       i.exposure                                         AS in_sample_exposure,
       o.sharpe_ratio                                     AS out_of_sample_sharpe_ratio,
       o.sortino_ratio                                    AS out_of_sample_sortino_ratio,
       o.total_return                                     AS out_of_sample_total_return,
       o.cagr                                             AS out_of_sample_cagr,
       o.max_drawdown                                     AS out_of_sample_max_drawdown,
       o.calmar_ratio                                     AS out_of_sample_calmar_ratio,
       o.trade_count                                      AS out_of_sample_trade_count,
       o.win_rate                                         AS out_of_sample_win_rate,
       o.profit_factor                                    AS out_of_sample_profit_factor,
       o.exposure                                         AS out_of_sample_exposure
FROM mendel.reported p
LEFT JOIN mendel.runs r ON r.run = p.run
LEFT JOIN LATERAL (
  SELECT * FROM mendel.strategy_metrics s
  WHERE s.strategy_id = p.strategy_id AND s.window_name = 'in_sample' AND s.symbol = 'portfolio'
  ORDER BY s."timestamp" LIMIT 1
) i ON true
LEFT JOIN LATERAL (
  SELECT * FROM mendel.strategy_metrics s
  WHERE s.strategy_id = p.out_of_sample_id AND s.window_name = 'out_of_sample'
    AND s.symbol = 'portfolio'
  ORDER BY s."timestamp" LIMIT 1
) o ON true
ORDER BY p.run, p.rank;

-- Called by `mendel migrate` whenever TimescaleDB is installed; does nothing where it is done.
CREATE FUNCTION mendel.make_hypertables() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  place text := (SELECT extnamespace::regnamespace::text FROM pg_extension
                 WHERE extname = 'timescaledb');
  target text;
BEGIN
  IF place IS NULL THEN RETURN; END IF;
  FOREACH target IN ARRAY ARRAY['mendel.market_data', 'mendel.strategy_metrics'] LOOP
    EXECUTE format(
      'SELECT %s.create_hypertable(%L::regclass, ''timestamp''::name, '
      'chunk_time_interval => interval ''30 days'', if_not_exists => true, '
      'create_default_indexes => false, migrate_data => true)', place, target);
  END LOOP;
END $$;

-- Which score of mendel.strategy_metrics is a run's buy-and-hold. A score is stored once, under the
-- run that recorded it first: a later run on the same data finds it by this id, and not by its run.
ALTER TABLE mendel.runs ADD COLUMN buy_and_hold_id text
  GENERATED ALWAYS AS (report -> 'buy_and_hold' ->> 'strategy_id') STORED;

-- As before, and beside every candidate what buy-and-hold did in the same windows.
CREATE OR REPLACE VIEW mendel.leaderboard AS
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
       o.exposure                                         AS out_of_sample_exposure,
       r.buy_and_hold_id,
       bi.sharpe_ratio                                    AS in_sample_buy_and_hold_sharpe_ratio,
       bi.total_return                                    AS in_sample_buy_and_hold_total_return,
       bi.max_drawdown                                    AS in_sample_buy_and_hold_max_drawdown,
       bo.sharpe_ratio                                    AS out_of_sample_buy_and_hold_sharpe_ratio,
       bo.total_return                                    AS out_of_sample_buy_and_hold_total_return,
       bo.max_drawdown                                    AS out_of_sample_buy_and_hold_max_drawdown
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
LEFT JOIN LATERAL (
  SELECT * FROM mendel.strategy_metrics s
  WHERE s.strategy_id = r.buy_and_hold_id AND s.window_name = 'in_sample' AND s.symbol = 'portfolio'
  ORDER BY s."timestamp" LIMIT 1
) bi ON true
LEFT JOIN LATERAL (
  SELECT * FROM mendel.strategy_metrics s
  WHERE s.strategy_id = r.buy_and_hold_id AND s.window_name = 'out_of_sample'
    AND s.symbol = 'portfolio'
  ORDER BY s."timestamp" LIMIT 1
) bo ON true
ORDER BY p.run, p.rank;

-- The rows of the list as a service would have them computed by the database; `flags` as bits, named by the program.
-- `terms` is a table of the connection: what holds for all rows of an exchange. :now is unix milliseconds.
SELECT uid, exchange, exchange_symbol, base || quote AS symbol, asset_id, base, quote, settle, multiplier, asset_class,
  funding_rate, funding_rate * 100 AS funding_rate_pct,
  funding_rate * (24 / funding_interval_hours) * 36500 AS annualized_pct,
  funding_rate * (8 / funding_interval_hours) * 100 AS rate_8h_pct,
  funding_interval_hours,
  CASE
    WHEN next_funding_at > :now THEN next_funding_at / 1000
    WHEN next_funding_at + 3 * period_ms >= :now THEN
      (next_funding_at + (1 + CAST((:now - next_funding_at) / (funding_interval_hours * 3600000) AS INTEGER))
        * CAST(funding_interval_hours * 3600000 AS INTEGER)) / 1000
  END AS next_funding_time,
  accrual, predicted_rate, instant_rate, settled_rate, settled_at / 1000 AS settled_at,
  mark_price, index_price, last_price,
  CASE WHEN index_price > 0 THEN (mark_price - index_price) / index_price * 100 END AS premium_pct,
  CASE WHEN doubts & 2 = 0 THEN open_interest_usd END AS open_interest_usd,
  CASE WHEN doubts & 1 = 0 THEN volume_24h_usd END AS volume_24h_usd,
  taker_fee_bps, observed_at / 1000 AS observed_at, (:now - observed_at) / 1000 AS age_seconds,
  marks
    | (frozen OR :now > observed_at + max(3 * period_ms, 180000))
    | (coalesce(:now > next_funding_at + 3 * period_ms, 0) << 1)
    | ((funding_interval_hours IS NULL) << 2)
    | ((identity = 'conflict') << 3)
    | ((doubts <> 0 OR (accrual = 'periodic' AND next_funding_at IS NULL)) << 4)
    | (coalesce(abs(funding_rate - rate_cap) <= 1e-9, 0) << 5)
    | (coalesce(abs(funding_rate - rate_floor) <= 1e-9, 0) << 6)
    | ((coalesce(abs(funding_rate - baseline_rate) <= 1e-9, 0)
        AND (NOT interest_of_coins OR coalesce(asset_class, 'crypto') = 'crypto')) << 7)
    | ((doubts & 1 <> 0 OR coalesce(volume_24h_usd, 0) < 100000) << 8)
    | ((settling OR coalesce(next_funding_at <= :now, 0)) << 9) AS flags
FROM (
  SELECT i.uid, i.exchange, i.exchange_symbol, i.base, i.quote, i.settle, i.asset_id, i.identity, i.accrual,
    coalesce(i.proven_multiplier, i.multiplier) AS multiplier, coalesce(i.settled_class, i.asset_class) AS asset_class,
    i.doubts | CASE
      WHEN q.volume_24h_usd <> 0 AND q.open_interest_usd <> 0
        AND q.volume_24h_usd / q.open_interest_usd NOT BETWEEN 0.0005 AND 2000 THEN 3
      ELSE 0
    END AS doubts,
    q.*, s.period_ms, t.marks, t.interest_of_coins
  FROM instruments i
  JOIN quotes q ON q.instrument_id = i.id
  JOIN exchange_state s ON s.exchange = i.exchange
  JOIN terms t ON t.exchange = i.exchange
  WHERE i.status = 'listed'
)

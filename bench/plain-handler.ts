/** A process with the naive handler: queries SQLite and serialises for every request. */
import { Database } from "bun:sqlite";

/** Everything that a row of the API consists of, without flags. */
const SELECT = `SELECT i.uid, i.exchange, i.exchange_symbol, i.base || i.quote AS symbol, i.asset_id, i.base, i.quote,
    i.settle, i.multiplier, i.asset_class, q.funding_rate, q.funding_rate * 100 AS funding_rate_pct,
    q.funding_rate * (24 / q.funding_interval_hours) * 365 * 100 AS annualized_pct, q.funding_interval_hours,
    q.next_funding_at / 1000 AS next_funding_time, i.accrual, q.predicted_rate, q.instant_rate, q.settled_rate,
    q.settled_at / 1000 AS settled_at, q.mark_price, q.index_price, q.open_interest_usd, q.volume_24h_usd,
    q.observed_at / 1000 AS observed_at
  FROM instruments i JOIN quotes q ON q.instrument_id = i.id
  WHERE i.status = 'listed'`;

if (import.meta.main) {
  const db = new Database(process.argv[2] ?? "", { readonly: true });
  const page = db.query(`${SELECT} ORDER BY i.exchange, i.exchange_symbol LIMIT ?`);
  const symbol = db.query(`${SELECT} AND i.base = ? ORDER BY i.exchange, i.exchange_symbol`);
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    fetch(request) {
      const url = new URL(request.url);
      const base = /^\/api\/funding\/symbol\/(\w+)$/.exec(url.pathname)?.[1];
      const rows =
        base === undefined
          ? page.all(Number(url.searchParams.get("limit") ?? -1))
          : symbol.all(base);
      return Response.json({ count: rows.length, rows });
    },
  });
  process.send?.(server.port);
}

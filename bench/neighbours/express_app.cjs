/** The four questions on Express and node:sqlite: PORT and SETTINGS in the environment. */
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { DatabaseSync } = require("node:sqlite");
const { gzip } = require("node:zlib");
const express = require("express");

const FLAGS = [
  "stale",
  "expired",
  "interval_unknown",
  "identity_conflict",
  "suspect",
  "pinned_cap",
  "pinned_floor",
  "pinned_baseline",
  "thin",
  "settling",
  "unverified_rate",
];
const NAMES = Array.from({ length: 1 << FLAGS.length }, (_, bits) =>
  FLAGS.filter((_name, bit) => ((bits >> bit) & 1) === 1),
);
const BLOCKING = 0b11111;
const HOLDS_PER_YEAR = 365;
const REFUSED_GAP_PCT = 10;
const SHOWN_PAIRS = 100;
const ROWS = readFileSync(join(__dirname, "rows.sql"), "utf8");

const { database, terms } = JSON.parse(process.env.SETTINGS);
const db = new DatabaseSync(database, { readOnly: true });
db.exec("PRAGMA mmap_size = 268435456");
db.exec("CREATE TEMP TABLE terms (exchange PRIMARY KEY, marks, interest_of_coins, taker_bps)");
const addTerms = db.prepare("INSERT INTO terms VALUES (?, ?, ?, ?)");
for (const one of terms)
  addTerms.run(one.exchange, one.marks, one.interest_of_coins, one.taker_bps);
const fees = new Map(terms.map((one) => [one.exchange, one.taker_bps]));

const list = db.prepare(`${ROWS} ORDER BY exchange, exchange_symbol`);
const symbol = db.prepare(`${ROWS} WHERE base = :base ORDER BY exchange, exchange_symbol`);
const legs =
  db.prepare(`SELECT * FROM (${ROWS}) WHERE asset_id IS NOT NULL AND flags & ${BLOCKING} = 0
  AND volume_24h_usd >= 1000000 ORDER BY exchange, exchange_symbol`);

function rowsOf(statement, parameters) {
  const rows = statement.all({ ":now": Date.now(), ...parameters });
  for (const row of rows) row.flags = NAMES[row.flags];
  return rows;
}

function feeOf(leg) {
  return leg.taker_fee_bps ?? fees.get(leg.exchange);
}

function unitPrice(leg) {
  const price = leg.mark_price ?? leg.index_price ?? leg.last_price;
  return price === null ? null : price / leg.multiplier;
}

function gapPct(long, short) {
  if (long === null || short === null || long + short <= 0) return null;
  return ((short - long) / ((long + short) / 2)) * 100;
}

/** The pair of one asset that yields most after fees; null where there is none. */
function bestOf(group) {
  const known = group.map((leg) => ({ leg, fee: feeOf(leg), price: unitPrice(leg) }));
  let best = null;
  for (let left = 0; left < known.length; left += 1) {
    for (let right = left + 1; right < known.length; right += 1) {
      const isLower = known[left].leg.annualized_pct <= known[right].leg.annualized_pct;
      const [long, short] = isLower ? [known[left], known[right]] : [known[right], known[left]];
      const gross = short.leg.annualized_pct - long.leg.annualized_pct;
      const isKnown = long.fee !== null && short.fee !== null;
      const feesPct = isKnown ? (2 * (long.fee + short.fee)) / 100 : null;
      const net = isKnown ? gross - feesPct * HOLDS_PER_YEAR : -Infinity;
      if (best !== null && net <= best.net) continue;
      if (long.leg.exchange === short.leg.exchange) continue;
      const gap = gapPct(long.price, short.price);
      if (gap !== null && Math.abs(gap) > REFUSED_GAP_PCT) continue;
      best = { net, long: long.leg, short: short.leg, gross, feesPct, gap };
    }
  }
  return best;
}

function shown({ net, long, short, gross, feesPct, gap }) {
  const bounds = [long, short].flatMap((leg) => [leg.open_interest_usd, leg.volume_24h_usd]);
  return {
    base: long.asset_id.split("~")[0],
    asset_id: long.asset_id,
    long: { ...long, taker_fee_bps: feeOf(long) },
    short: { ...short, taker_fee_bps: feeOf(short) },
    price_gap_pct: gap,
    gross_apr_pct: gross,
    fees_pct: feesPct,
    net_apr_pct: feesPct === null ? null : net,
    capacity_usd: bounds.includes(null) ? null : Math.min(...bounds) * 0.01,
  };
}

function order(left, right) {
  const key = ({ long }) => `${long.exchange} ${long.exchange_symbol}`;
  return right.net - left.net || (key(left) < key(right) ? -1 : 1);
}

function pairs() {
  const groups = new Map();
  for (const leg of rowsOf(legs, {})) {
    const group = groups.get(leg.asset_id);
    if (group === undefined) groups.set(leg.asset_id, [leg]);
    else group.push(leg);
  }
  const best = [...groups.values()].map(bestOf).filter((pair) => pair !== null);
  return { total: best.length, rows: best.toSorted(order).slice(0, SHOWN_PAIRS).map(shown) };
}

function send(request, response, rows, total) {
  const fetchedAt = Math.floor(Date.now() / 1000);
  const body = JSON.stringify({ fetched_at: fetchedAt, count: rows.length, total, rows });
  response.type("application/json");
  if (!request.acceptsEncodings("gzip")) {
    response.send(body);
    return;
  }
  gzip(body, { level: 6 }, (error, bytes) => {
    if (error === null) response.set("Content-Encoding", "gzip").send(bytes);
    else response.sendStatus(500);
  });
}

const app = express();
app.set("etag", false);
app.get("/api/funding/current", (request, response) => {
  const rows = rowsOf(list, {});
  send(request, response, rows, rows.length);
});
app.get("/api/funding/symbol/:base", (request, response) => {
  const rows = rowsOf(symbol, { ":base": request.params.base });
  send(request, response, rows, rows.length);
});
app.get("/api/funding/arb", (request, response) => {
  const { rows, total } = pairs();
  send(request, response, rows, total);
});
app.listen(Number(process.env.PORT), "127.0.0.1");

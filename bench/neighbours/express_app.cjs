/** The four questions on Express: PORT and SETTINGS in the environment. */
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { gzip } = require("node:zlib");
const express = require("express");
const { openedDatabase } = require("./express_database.cjs");

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
const { all } = openedDatabase(database, terms);
const fees = new Map(terms.map((one) => [one.exchange, one.taker_bps]));

const LIST = `${ROWS} ORDER BY exchange, exchange_symbol`;
const SYMBOL = `${ROWS} WHERE base = :base ORDER BY exchange, exchange_symbol`;
const LEGS = `SELECT * FROM (${ROWS}) WHERE asset_id IS NOT NULL AND flags & ${BLOCKING} = 0
  AND volume_24h_usd >= 1000000 ORDER BY exchange, exchange_symbol`;

async function rowsOf(sql, parameters) {
  const rows = await all(sql, { ":now": Date.now(), ...parameters });
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

/** The pair of one asset with the highest yield after fees; null if there is none. */
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

async function pairs() {
  const groups = new Map();
  for (const leg of await rowsOf(LEGS, {})) {
    const group = groups.get(leg.asset_id);
    if (group === undefined) groups.set(leg.asset_id, [leg]);
    else group.push(leg);
  }
  const best = [...groups.values()].map(bestOf).filter((pair) => pair !== null);
  // oxlint-disable-next-line unicorn/no-array-sort -- Node 18 has no toSorted
  return { total: best.length, rows: best.sort(order).slice(0, SHOWN_PAIRS).map(shown) };
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
/** Sends what `ask` finds; Express 4 does not see a rejection by itself. */
function answered(ask) {
  return (request, response) => {
    ask(request.params).then(
      ({ rows, total }) => send(request, response, rows, total),
      (error) => response.status(500).send(error.message),
    );
  };
}

async function listed(sql, parameters) {
  const rows = await rowsOf(sql, parameters);
  return { rows, total: rows.length };
}

app.get(
  "/api/funding/current",
  answered(() => listed(LIST, {})),
);
app.get(
  "/api/funding/symbol/:base",
  answered(({ base }) => listed(SYMBOL, { ":base": base })),
);
app.get("/api/funding/arb", answered(pairs));
app.listen(Number(process.env.PORT), "127.0.0.1");

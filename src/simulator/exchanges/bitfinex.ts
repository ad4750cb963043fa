import type { Asset, AssetTable } from "../assets.ts";
import { type Payment, paymentsOf, WHOLE_PAST } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers, rateAt } from "../market.ts";
import { pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import type { Shown } from "../truth.ts";
import { rounded, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { type Asked, type Call, encoderOfCalls } from "./calls.ts";

const COINS = 57;
const PAPER = 14;
const IN_BTC = 4;
const SPOT_PAIRS = 100;
const PERIOD_MS = 8 * HOUR_MS;
const MINUTE_MS = 60_000;
/** Minutes in one reply of the past, at most. */
const PAST_ROWS = 5_000;
/** A sample of the premium is taken every three seconds. */
const SAMPLE_MS = 3_000;
/** Averages within this band around zero cost nothing. */
const BAND = 0.0005;
const USUAL_LIMIT = 0.0025;
const LIMITS: Readonly<Record<string, number>> = { SOL: 0.025, CRV: 0.005 };
/** The exchange's own names of coins. */
const CODES: Readonly<Record<string, string>> = {
  ALGO: "ALG",
  ATOM: "ATO",
  IOTA: "IOT",
  MANA: "MNA",
  LUNC: "LUNA",
};
/** Elements of a status row: as documented, as in earlier times without bounds, and with room for more. */
const LENGTH = 24;
const SHORT_LENGTH = 19;
const LONG_LENGTH = 27;

function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const wireBase = extra.wireBase ?? CODES[asset.ticker] ?? asset.ticker;
    const { quote = "USDT" } = extra;
    const code = quote === "USDT" ? "UST" : quote;
    return roster.add({
      asset,
      wireBase,
      symbol: `t${wireBase}F0:${code}F0`,
      quote,
      settle: quote,
      intervalHours: 8,
      cap: LIMITS[asset.ticker] ?? USUAL_LIMIT,
      ...extra,
    });
  };
  const { coin, index, forex, metal, commodity } = assets.byKind;
  const coins = pickAssets(roster, coin, Math.round(COINS * scale));
  for (const [place, asset] of coins.entries()) {
    const fromEnd = coins.length - place;
    add(asset, fromEnd <= 2 ? { marks: ["short"] } : fromEnd <= 6 ? { marks: ["long"] } : {});
  }
  for (const asset of coin.filter(({ ticker }) => ticker in CODES)) add(asset);
  // The coin that took over another one's name has a code with a number.
  const successor = coin.find((asset) => !coins.includes(asset) && !(asset.ticker in CODES));
  if (successor) add(successor, { wireBase: "LUNA2", base: "LUNA" });
  for (const [place, asset] of index.slice(0, Math.max(2, Math.round(10 * scale))).entries())
    add(asset, place % 3 === 0 ? { marks: ["unlimited"] } : {});
  for (const asset of [...forex.slice(0, 2), ...metal.slice(0, 2), ...commodity.slice(0, 1)])
    add(asset);
  for (const asset of coins.slice(0, PAPER))
    add(asset, { symbol: `tTEST${asset.ticker}F0:TESTUSDTF0`, product: "other" });
  const [btc] = coin;
  for (const asset of btc ? coins.slice(1, 1 + IN_BTC) : [])
    add({ ...asset, priceUsd: asset.priceUsd / (btc?.priceUsd ?? 1) }, { quote: "BTC" });
}

const onWire = (listing: Listing): boolean => listing.state !== "gone";

/** The average premium after `elapsedMs` of a period: it restarts at each settlement. */
function averageAt(listing: Listing, timeMs: number, elapsedMs: number): number {
  return rounded(rateAt(listing, timeMs) * (elapsedMs / PERIOD_MS) ** 0.5, 8);
}

/** The rate that results from an average: reduced by the band towards zero, within the limit. */
function charged(average: number, limit: number): number {
  const outside = Math.max(Math.abs(average) - BAND, 0);
  return outside === 0 ? 0 : Math.sign(average) * Math.min(outside, limit);
}

function limitOf(listing: Listing): number | null {
  return listing.marks.has("unlimited") ? null : listing.cap;
}

/** A status row by the meaning of its positions; `wrap` arranges them. */
function statusRow(listing: Listing, view: Pick<MarketView, "nowMs" | "stampMs">): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const elapsedMs = view.nowMs - live.previousAtMs;
  const price = (value: number): number => rounded(value, listing.priceDecimals + 2);
  const decided = averageAt(listing, live.previousAtMs, PERIOD_MS);
  return {
    key: listing.symbol,
    time: view.stampMs,
    derivMid: price(live.last),
    // The exchange's own spot market: on half of the rows an old price.
    spot: price(listing.key % 2 === 0 ? live.index : live.dayAgo),
    insurance: 36_950_860.76010306,
    nextAt: live.nextAtMs,
    average: averageAt(listing, view.nowMs, elapsedMs),
    samples: Math.floor(elapsedMs / SAMPLE_MS),
    rate: rounded(charged(decided, limitOf(listing) ?? Number.POSITIVE_INFINITY), 8),
    mark: price(live.mark),
    openInterest: rounded(live.openInterest, 8),
    band: BAND,
    limit: limitOf(listing),
    length: lengthOf(listing),
  };
}

function lengthOf({ marks }: Listing): number {
  if (marks.has("short")) return SHORT_LENGTH;
  return marks.has("long") ? LONG_LENGTH : LENGTH;
}

/** Positions of a status row; others hold null. */
const PLACES: Readonly<Record<number, string>> = {
  0: "key",
  1: "time",
  3: "derivMid",
  4: "spot",
  6: "insurance",
  8: "nextAt",
  9: "average",
  10: "samples",
  12: "rate",
  15: "mark",
  18: "openInterest",
  22: "band",
  23: "limit",
};

function positional(row: WireRow): readonly unknown[] {
  return Array.from(
    { length: Number(row["length"]) },
    (_, place) => row[PLACES[place] ?? ""] ?? null,
  );
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): number => rounded(value, listing.priceDecimals);
  return {
    row: [
      listing.symbol,
      price(live.bid),
      rounded(live.volume / 9_000, 8),
      price(live.ask),
      rounded(live.volume / 8_000, 8),
      price(live.last - live.dayAgo),
      rounded(live.last / live.dayAgo - 1, 8),
      price(live.last),
      rounded(live.volume, 8),
      price(live.high),
      price(live.low),
    ],
  };
}

/** Lending markets have rows with another length and meaning. */
function lendingRow(currency: string): WireRow {
  const row = [`f${currency}`, 0.0003, 0.00029, 120, 1_000_000, 0.00031, 2, 500_000];
  return { row: [...row, 0.00001, 0.03, 0.0003, 9_000_000, 0.0004, 0.0001, null, null, 800_000] };
}

function tickers(view: MarketView): WireRow[] {
  const spot = view.listings
    .filter((row) => row.product === "perp" && row.asset.kind === "coin" && row.quote === "USDT")
    .slice(0, SPOT_PAIRS)
    .map((row) => tickerRow({ ...row, symbol: `t${row.wireBase}USD` }, view));
  const perps = view.listings.filter(onWire).map((row) => tickerRow(row, view));
  return [...spot, ...["USD", "UST", "BTC"].map(lendingRow), ...perps];
}

function pairRow(listing: Listing): WireRow {
  const [min, max] = [20 / listing.asset.priceUsd, 100_000 / listing.asset.priceUsd];
  const sizes = [trimmed(min, 8), trimmed(max, 2)];
  return {
    row: [listing.symbol.slice(1), [null, null, null, ...sizes, null, null, null, 0.01, 0.005]],
  };
}

const rowsOf = (rows: readonly WireRow[]): readonly unknown[] => rows.map((row) => row["row"]);
const invalid = (parameter: string): WireError =>
  wireError(500, ["error", 10_020, `${parameter}: invalid`]);

function isAskedFor(symbol: string, { query }: Asked): boolean {
  const keys = query.get("keys") ?? "";
  return keys === "ALL" || keys.split(",").includes(symbol);
}

/**
 * The newest rows until `end`, one for each minute, without the key. Of periods whose payment is missing there are none.
 */
const pastMinutes: Call = {
  kind: "history",
  one: { name: "key" },
  past: (listing, view, { query }) => {
    const endMs = Math.min(Number(query.get("end") ?? view.nowMs), view.nowMs);
    const limit = Math.min(Number(query.get("limit") ?? 125), PAST_ROWS, view.maxPastRows);
    const rows: WireRow[] = [];
    for (const payment of paymentsOf(listing, view, WHOLE_PAST, 0).toReversed()) {
      const fromMs = payment.slotMs - payment.intervalHours * HOUR_MS;
      let atMs = Math.floor(Math.min(endMs, payment.slotMs - 1) / MINUTE_MS) * MINUTE_MS;
      for (; atMs >= fromMs && rows.length < limit; atMs -= MINUTE_MS)
        rows.push({ row: pastRow(listing, payment, atMs) });
    }
    return rows;
  },
};

/** A status row as the past has it: every position is one lower, as it has no key. */
function pastRow(listing: Listing, payment: Payment, atMs: number): readonly unknown[] {
  const row = statusRow(listing, { nowMs: atMs, stampMs: atMs });
  return positional({ ...row, nextAt: payment.slotMs, rate: rounded(payment.rate, 8) }).slice(1);
}

function show(listing: Listing, view: MarketView): Shown {
  const row = positional(statusRow(listing, view));
  const ticker = tickerRow(listing, view)["row"];
  const mark = Number(row[15]);
  const [last, volume] = Array.isArray(ticker) ? [Number(ticker[7]), Number(ticker[8])] : [0, 0];
  const limit = row[23] === null ? Number.POSITIVE_INFINITY : Number(row[23]);
  return {
    funding_rate: Number(row[12]),
    funding_interval_hours: 8,
    next_funding_time: Number(row[8]) / 1000,
    // A row without the band has no prediction.
    predicted_rate: row[22] === undefined ? null : charged(Number(row[9]), limit),
    mark_price: mark,
    index_price: mark,
    volume_24h_usd: volume * last,
    open_interest_usd: Number(row[18]) * mark,
  };
}

export const bitfinex: ExchangeEncoder = encoderOfCalls({
  id: "bitfinex",
  fields: { rate: "rate", prices: ["mark"], symbol: "key" },
  createListings,
  calls: {
    "/v2/status/deriv": {
      kind: "rates",
      has: (row, asked) => onWire(row) && isAskedFor(row.symbol, asked),
      row: statusRow,
      wrap: (rows) => rows.map(positional),
    },
    "/v2/status/deriv/{key}/hist": pastMinutes,
    "/v2/tickers": {
      kind: "secondary",
      refuse: ({ query }) => (query.get("symbols") === "ALL" ? null : invalid("symbol")),
      rows: tickers,
    },
    "/v2/conf/pub:info:pair:futures": {
      kind: "list",
      row: pairRow,
      wrap: (rows) => [rowsOf(rows)],
    },
    "/v2/platform/status": { kind: "secondary", rows: () => [{ row: 1 }] },
  },
  wrap: rowsOf,
  notFound: wireError(404, { error: "not found" }),
  wrongMethod: invalid("method"),
  show,
  historyLimit: { requests: 90, perMs: 60_000 },
  rateLimitBody: { error: "ERR_RATE_LIMIT" },
  errorBody: ["error", 10_020, "symbol: invalid"],
  delistedState: "gone",
  usual: [
    { path: "/v2/status/deriv?keys=ALL" },
    { path: "/v2/tickers?symbols=ALL" },
    { path: "/v2/conf/pub:info:pair:futures" },
  ],
});

import type { Asset, AssetTable } from "../assets.ts";
import type { Listing } from "../listing.ts";
import { liveNumbers } from "../market.ts";
import { DELIVERY_AT_MS, drawHours, type ListingPlan, type Roster } from "../roster.ts";
import { COIN_TICKERS } from "../tickers.ts";
import type { Shown } from "../truth.ts";
import { fixed, tickText, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { bodyField } from "./call-paths.ts";
import { type Asked, encoderOfCalls } from "./calls.ts";
import { pastRates } from "./grvt-history.ts";

/** Live perpetuals, one of them LIT. */
const COINS = [...new Set(COIN_TICKERS)].slice(0, 114);
const RETIRED = 4;
const PREFIX: Readonly<Record<string, readonly [string, number]>> = {
  PEPE: ["KPEPE", 1000],
  SHIB: ["KSHIB", 1000],
  BONK: ["KBONK", 1000],
  FLOKI: ["1000FLOKI", 1000],
};
const CAP = 0.0075;
const MAJOR_CAP = 0.003;
const HOURS = [
  [8, 0.68],
  [4, 0.24],
  [1, 0.08],
] as const;
/** The digits after the milliseconds in nanosecond times. */
const WHOLE_MS = "000000";
const EVENT_NS = "025205";

const nameOf = (ticker: string): string => PREFIX[ticker]?.[0] ?? ticker;
const instrumentOf = (ticker: string): string => `${nameOf(ticker)}_USDT_Perp`;

function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const symbol = extra.symbol ?? instrumentOf(asset.ticker);
    return roster.add({
      asset,
      wireBase: nameOf(asset.ticker),
      multiplier: PREFIX[asset.ticker]?.[1] ?? 1,
      quote: "USDT",
      settle: "USDT",
      intervalHours: drawHours(roster, symbol, HOURS),
      cap: asset.ticker === "BTC" || asset.ticker === "ETH" ? MAJOR_CAP : CAP,
      ...extra,
      symbol,
    });
  };
  const byTicker = new Map(assets.byKind.coin.map((asset) => [asset.ticker, asset]));
  const coins = COINS.slice(0, Math.round(COINS.length * scale)).flatMap(
    (ticker) => byTicker.get(ticker) ?? [],
  );
  for (const asset of coins) add(asset);
  add(assets.litOld);
  for (const asset of assets.byKind.coin.slice(-RETIRED)) add(asset, { state: "halted" });
  const dated = { deliveryAtMs: DELIVERY_AT_MS, intervalHours: 8 } as const;
  for (const asset of coins.slice(0, 2)) {
    const { ticker } = asset;
    const strike = Number(asset.priceUsd.toPrecision(1));
    add(asset, { ...dated, symbol: `${ticker}_USDT_Fut_25Dec26`, product: "dated" });
    for (const kind of ["Call", "Put"]) {
      const symbol = `${ticker}_USDT_${kind}_25Dec26_${strike}`;
      add(asset, { ...dated, symbol, product: "other", marks: ["option", kind] });
    }
  }
}

/** Retired instruments are only listed if active ones are not requested; their ticker still works. */
const onWire = (listing: Listing): boolean => listing.state !== "gone";

function kindOf(listing: Listing): string {
  if (listing.product === "dated") return "FUTURE";
  if (listing.marks.has("Call")) return "CALL";
  return listing.marks.has("Put") ? "PUT" : "PERPETUAL";
}

/** @param place its index in the list: the same field is a number on some rows and a string on others */
function instrumentRow(listing: Listing, place: number): WireRow {
  const kind = kindOf(listing);
  const mixed = (value: number): number | string => (place % 3 === 1 ? String(value) : value);
  const percent = trimmed(listing.cap * 100, 4);
  const funding =
    kind === "PERPETUAL"
      ? {
          funding_interval_hours: mixed(listing.intervalHours),
          adjusted_funding_rate_cap: percent,
          adjusted_funding_rate_floor: `-${percent}`,
        }
      : {};
  return {
    instrument: listing.symbol,
    instrument_hash: `0x0${(listing.key % 0xfffff).toString(16).padStart(5, "0")}`,
    base: listing.wireBase,
    quote: listing.quote,
    kind,
    venues: ["ORDERBOOK", "RFQ"],
    settlement_period: kind === "PERPETUAL" ? "PERPETUAL" : "MONTHLY",
    base_decimals: mixed(9),
    quote_decimals: mixed(6),
    tick_size: tickText(listing.priceDecimals),
    min_size: "0.001",
    create_time: `${listing.listedAtMs}${EVENT_NS}`,
    max_position_size: "1000.0",
    ...funding,
    min_notional: "100.0",
    asset_class: "UNSPECIFIED",
  };
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => fixed(value, listing.priceDecimals);
  // Percentage points; the old names have the same figure, whatever the interval.
  const points = trimmed(live.rate * 100, 6);
  const funding =
    kindOf(listing) === "PERPETUAL"
      ? {
          funding_rate_8h_curr: points,
          funding_rate_8h_avg: points,
          funding_rate: points,
          next_funding_time: `${live.nextAtMs}${WHOLE_MS}`,
        }
      : {};
  return {
    event_time: `${view.stampMs}${EVENT_NS}`,
    instrument: listing.symbol,
    mark_price: fixed(live.mark, Math.max(9, listing.priceDecimals)),
    index_price: fixed(live.index, Math.max(9, listing.priceDecimals)),
    last_price: price(live.last),
    last_size: "0.001",
    mid_price: fixed(live.last, listing.priceDecimals + 1),
    best_bid_price: price(live.bid),
    best_bid_size: "5.332",
    best_ask_price: price(live.ask),
    best_ask_size: "0.009",
    interest_rate: "0.0",
    forward_price: "0.0",
    buy_volume_24h_b: trimmed(live.volume * 0.49, 3),
    sell_volume_24h_b: trimmed(live.volume * 0.51, 3),
    buy_volume_24h_q: trimmed(live.turnoverUsd * 0.49, 4),
    sell_volume_24h_q: trimmed(live.turnoverUsd * 0.51, 4),
    high_price: price(live.high),
    low_price: price(live.low),
    open_price: price(live.dayAgo),
    open_interest: trimmed(live.openInterest, 9),
    long_short_ratio: fixed(0.7 + (listing.key % 1000) / 1000, 6),
    ...funding,
  };
}

function refused(status: number, code: number, message: string): WireError {
  return wireError(status, { code, message, status });
}

const unknown = refused(400, 1012, "Invalid instrument");

function refusedBody({ body }: Asked): WireError | null {
  return typeof body === "object" && body !== null ? null : refused(400, 1003, "Request malformed");
}

function instrumentRows(view: MarketView, { body }: Asked): readonly WireRow[] {
  const isActive = bodyField(body, "is_active") === true;
  return view.listings
    .filter((row) => onWire(row) && (!isActive || row.state === "live"))
    .map(instrumentRow);
}

function show(listing: Listing, view: MarketView): Shown {
  const row = tickerRow(listing, view);
  const mark = Number(row["mark_price"]);
  return {
    funding_rate: Number(row["funding_rate"]) / 100,
    funding_interval_hours: Number(instrumentRow(listing, 0)["funding_interval_hours"]),
    next_funding_time: Number(String(row["next_funding_time"]).slice(0, -WHOLE_MS.length)) / 1000,
    mark_price: mark,
    index_price: Number(row["index_price"]),
    volume_24h_usd: Number(row["buy_volume_24h_q"]) + Number(row["sell_volume_24h_q"]),
    open_interest_usd: Number(row["open_interest"]) * mark,
  };
}

const ticker = (instrument: string): { path: string; body: unknown } => ({
  path: "/full/v1/ticker",
  body: { instrument },
});

export const grvt: ExchangeEncoder = encoderOfCalls({
  id: "grvt",
  fields: { rate: "funding_rate", prices: ["mark_price", "index_price"], symbol: "instrument" },
  createListings,
  calls: {
    "/full/v1/all_instruments": {
      kind: "list",
      method: "POST",
      refuse: refusedBody,
      rows: instrumentRows,
    },
    "/full/v1/funding": pastRates(refusedBody),
    "/full/v1/ticker": {
      kind: "rates",
      method: "POST",
      refuse: refusedBody,
      row: tickerRow,
      one: {
        name: "instrument",
        unknown,
        missing: unknown,
        wrap: (result) => ({ result }),
        inTurn: true,
      },
    },
  },
  wrap: (result) => ({ result }),
  notFound: refused(404, 1004, "Data Not Found"),
  wrongMethod: refused(405, 1005, "Method not allowed"),
  skipMarks: ["option"],
  show,
  // Clients assume 1,200 a minute.
  historyLimit: { requests: 1_200, perMs: 60_000 },
  rateLimitBody: {
    code: 1006,
    message: "You have surpassed the allocated rate limit",
    status: 429,
  },
  errorBody: { code: 1002, message: "Internal Server Error", status: 500 },
  delistedState: "gone",
  exceptions: { many_rows: "a reply holds the rate of one instrument" },
  usual: [
    // Without the flag, retired instruments are listed as well.
    { path: "/full/v1/all_instruments", body: {} },
    { path: "/full/v1/all_instruments", body: { is_active: true } },
    ...[...COINS, "LIT"].map((each) => ticker(instrumentOf(each))),
  ],
});

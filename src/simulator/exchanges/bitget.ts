import type { Asset, AssetKind, AssetTable } from "../assets.ts";
import { countOf, pageOf, paymentsOf, WHOLE_PAST } from "../history.ts";
import type { Listing } from "../listing.ts";
import { liveNumbers } from "../market.ts";
import { DELIVERY_AT_MS, drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import type { Shown, TruthAssetClass } from "../truth.ts";
import { trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type PayloadKind,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { tradfiAssets } from "./asset-groups.ts";
import { instrumentRow, tickerRow, turnoverOf } from "./bitget-rows.ts";
import { type Asked, type Call, type RowOf, encoderOfCalls } from "./calls.ts";

const COINS = 462;
const USDC_PERPS = 49;
const RWA = 320;
const UNLISTED_SYMBOLS = ["PLAYUSDT", "TRUTHUSDT", "BGTESTMEUSDT", "RWATESTMEUSDT"];
const UNLISTED_COUNT = 12;
const THOUSANDS = new Set("BONK SATS RATS CAT XEC".split(" "));
const HOURS = [
  [4, 0.475],
  [1, 0.006],
  [2, 0.003],
  [8, 0.516],
] as const;

function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, quote: string, extra: Partial<ListingPlan> = {}): boolean => {
    const thousand = asset.kind === "coin" && THOUSANDS.has(asset.ticker);
    const wireBase = thousand ? `1000${asset.ticker}` : asset.ticker;
    const symbol = extra.symbol ?? wireBase + quote;
    const intervalHours = drawHours(roster, symbol, HOURS);
    return roster.add({
      asset,
      quote,
      settle: quote,
      wireBase,
      multiplier: thousand ? 1000 : 1,
      intervalHours,
      cap: 0.018,
      ...extra,
      symbol,
    });
  };
  const unlisted = new Set(UNLISTED_SYMBOLS.map((symbol) => symbol.replace("USDT", "")));
  const known = assets.byKind.coin.filter((asset) => !unlisted.has(asset.ticker));
  const coins = pickAssets(roster, known, Math.round(COINS * scale));
  for (const asset of coins) add(asset, "USDT");
  add(assets.litOld, "USDT");
  for (const { asset } of assets.chinese) add(asset, "USDT");
  let rwa = 0;
  for (const asset of tradfiAssets(assets)) {
    if (rwa >= Math.round(RWA * scale)) break;
    if (add(asset, "USDT", { marks: ["rwa"] })) rwa += 1;
  }
  for (const asset of coins.slice(0, Math.round(USDC_PERPS * scale))) {
    const base = THOUSANDS.has(asset.ticker) ? `1000${asset.ticker}` : asset.ticker;
    add(asset, "USDC", { symbol: `${base}PERP` });
  }
  const dead = known.filter((asset) => !coins.includes(asset));
  for (const asset of dead.slice(0, 5)) add(asset, "USDT", { state: "halted" });
  for (const asset of dead.slice(5, 7)) add(asset, "USDT", { state: "pending" });
  for (const asset of coins.slice(0, 2)) {
    for (const code of ["Z26", "H27"]) {
      const dated = { product: "dated", deliveryAtMs: DELIVERY_AT_MS } as const;
      add(asset, "USDT", { ...dated, symbol: `${asset.ticker}USD${code}` });
    }
  }
  for (let i = 0; i < UNLISTED_COUNT; i += 1) {
    const asset = dead[10 + i];
    if (asset)
      add(asset, "USDT", {
        symbol: UNLISTED_SYMBOLS[i] ?? `${asset.ticker}TESTUSDT`,
        product: "other",
      });
  }
}

const onWire = (listing: Listing): boolean => listing.state !== "gone";
const known = (listing: Listing): boolean => onWire(listing) && listing.product !== "other";

function rateRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const isUnlisted = listing.product === "other";
  const dated = listing.product === "dated";
  return {
    symbol: listing.symbol,
    fundingRate: dated ? "0" : trimmed(live.rate, 6),
    fundingRateInterval: dated ? "0" : String(listing.intervalHours),
    nextUpdate: dated ? "0" : String(live.nextAtMs),
    minFundingRate: isUnlisted ? null : trimmed(-listing.cap, 6),
    maxFundingRate: isUnlisted ? null : trimmed(listing.cap, 6),
  };
}

const FAMILIES: Readonly<Record<string, string>> = {
  "USDT-FUTURES": "USDT",
  "USDC-FUTURES": "USDC",
};

function refused(status: number, code: string, msg: string): WireError {
  return wireError(status, { code, msg, requestTime: 0, data: null });
}

/** The two generations name the family's parameter differently; v2 takes it in lower case too. */
function familyOf({ path, query }: Asked): string | undefined {
  const given = path.startsWith("/api/v3/")
    ? query.get("category")
    : query.get("productType")?.toUpperCase();
  return FAMILIES[given ?? ""];
}

const invalid = refused(400, "400172", "Parameter verification failed");
const refusedFamily = (asked: Asked): WireError | null =>
  familyOf(asked) === undefined ? invalid : null;

/** A list of one family of contracts, of one of them where a symbol is given. */
const ofFamily = (kind: PayloadKind, has: (listing: Listing) => boolean, row: RowOf): Call => ({
  kind,
  refuse: refusedFamily,
  has: (listing, asked) => has(listing) && listing.settle === familyOf(asked),
  row,
  one: { name: "symbol" },
});
const rates = ofFamily("rates", onWire, rateRow);
const tickers = (generation: "v2" | "v3"): Call =>
  ofFamily("secondary", known, (row, view) => tickerRow(row, view, generation));
const instruments = (generation: "v2" | "v3"): Call =>
  ofFamily("list", known, (row) => instrumentRow(row, generation));

/** A page of all rows, newest first. */
const pastRates: Call = {
  kind: "history",
  refuse: refusedFamily,
  has: (row, asked) => known(row) && row.product === "perp" && row.settle === familyOf(asked),
  one: { name: "symbol", missing: invalid },
  past: (listing, view, { query }) => {
    const size = countOf(view, query.get("pageSize"), { usual: 20, max: 100 });
    const payments = paymentsOf(listing, view, WHOLE_PAST);
    return pageOf(payments, size, query.get("pageNo")).map(({ rate, slotMs }) => ({
      symbol: listing.symbol,
      fundingRate: trimmed(rate, 6),
      fundingTime: String(slotMs),
    }));
  },
};

/** What symbolType and isRwa state: an index is called a stock there, forex neither. */
const CLASS_OF_KIND: Readonly<Record<AssetKind, TruthAssetClass | null>> = {
  coin: "crypto",
  stock: "stock",
  index: "stock",
  basket: "crypto",
  metal: "metal",
  commodity: "commodity",
  forex: null,
  pre_ipo: null,
};

function show(listing: Listing, view: MarketView): Shown {
  const rate = rateRow(listing, view);
  const ticker = tickerRow(listing, view, "v3");
  const mark = Number(ticker["markPrice"]);
  return {
    asset_class: CLASS_OF_KIND[listing.asset.kind],
    funding_rate: Number(rate["fundingRate"]),
    funding_interval_hours: Number(rate["fundingRateInterval"]),
    next_funding_time: Number(rate["nextUpdate"]) / 1000,
    mark_price: mark,
    index_price: Number(ticker["indexPrice"]),
    volume_24h_usd: Number(turnoverOf(ticker)),
    open_interest_usd: Number(ticker["openInterest"]) * mark,
  };
}

export const bitget: ExchangeEncoder = encoderOfCalls({
  id: "bitget",
  fields: { rate: "fundingRate", prices: [], symbol: "symbol" },
  createListings,
  calls: {
    "/api/v3/market/current-fund-rate": rates,
    "/api/v3/market/tickers": tickers("v3"),
    "/api/v3/market/instruments": instruments("v3"),
    "/api/v2/mix/market/current-fund-rate": rates,
    "/api/v2/mix/market/tickers": tickers("v2"),
    "/api/v2/mix/market/contracts": instruments("v2"),
    "/api/v2/mix/market/history-fund-rate": pastRates,
  },
  wrap: (data, view) => ({ code: "00000", msg: "success", requestTime: view.stampMs, data }),
  notFound: refused(404, "40404", "Request URL NOT FOUND"),
  show,
  historyLimit: { requests: 20, perMs: 1_000 },
  rateLimitBody: { code: "429", msg: "Too Many Requests", requestTime: 0, data: null },
  errorBody: { code: "40725", msg: "service return an error", requestTime: 0, data: null },
  delistedState: "gone",
  usual: ["USDT-FUTURES", "USDC-FUTURES"].flatMap((family) =>
    ["current-fund-rate", "tickers", "instruments"].map((name) => ({
      path: `/api/v3/market/${name}?category=${family}`,
    })),
  ),
});

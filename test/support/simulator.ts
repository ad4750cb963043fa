import { handle } from "../../src/simulator/handler.ts";
import type { ExchangeName } from "../../src/simulator/listing.ts";
import { Market } from "../../src/simulator/running-market.ts";

/** On a market step, off every settlement and its minute. */
export const DEMO_START_MS = Date.UTC(2026, 10, 2, 12, 17, 0);

export type Json = Readonly<Record<string, unknown>>;

/** A market whose wall time stands still; `step` moves it. */
export function demoMarket(
  options: { readonly seed?: number; readonly atMs?: number; readonly scale?: number } = {},
): Market {
  const { seed = 1, atMs = DEMO_START_MS, scale = 1 } = options;
  return new Market({ nowMs: () => atMs, seed, scale });
}

/** One request of an exchange: path with query, or a JSON body for the one that takes POST. */
export interface DemoRequest {
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks the simulator without a socket, as `/<exchange><path>`. */
export function ask(market: Market, exchange: string, request: DemoRequest): Promise<Response> {
  const { path, body, headers = {} } = request;
  const post = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  return handle(market, new Request(`http://simulator/${exchange}${path}`, { headers, ...post }));
}

export async function askJson(
  market: Market,
  exchange: string,
  request: DemoRequest,
): Promise<unknown> {
  const response = await ask(market, exchange, request);
  return response.json();
}

/** The object at a place, {} where there is none: what a test reads next is then undefined. */
export function objectOf(value: unknown): Json {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** What lies at a path of keys and places in an answer. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce((inner: unknown, key) => objectOf(inner)[String(key)], value);
}

/** The list at a path, as rows. Throws where there is none: nothing could be said about its rows. */
export function rowsAt(value: unknown, ...path: readonly (string | number)[]): readonly Json[] {
  const list = at(value, ...path);
  if (!Array.isArray(list)) throw new Error(`no list at ${path.join(".")}`);
  return list.map(objectOf);
}

/** The request for an exchange's rates, where its rows are, and the words it uses there. */
interface RatesPayload {
  readonly request: DemoRequest;
  readonly rowsPath: readonly (string | number)[];
  readonly rate: string;
  readonly prices: readonly string[];
  /** Fields in which a row says when it was made; none where the format has no such field. */
  readonly stamps: readonly string[];
}

/** As the exchanges document them, written down here a second time on purpose. */
export const RATES = {
  binance: {
    request: { path: "/fapi/v1/premiumIndex" },
    rowsPath: [],
    rate: "lastFundingRate",
    prices: ["markPrice", "indexPrice"],
    stamps: ["time"],
  },
  bybit: {
    request: { path: "/v5/market/tickers?category=linear" },
    rowsPath: ["result", "list"],
    rate: "fundingRate",
    prices: ["markPrice", "indexPrice"],
    stamps: [],
  },
  okx: {
    request: { path: "/api/v5/public/funding-rate?instId=ANY" },
    rowsPath: ["data"],
    rate: "fundingRate",
    prices: [],
    stamps: ["ts"],
  },
  bitget: {
    request: { path: "/api/v3/market/current-fund-rate?category=USDT-FUTURES" },
    rowsPath: ["data"],
    rate: "fundingRate",
    prices: [],
    stamps: [],
  },
  gate: {
    request: { path: "/api/v4/futures/usdt/contracts" },
    rowsPath: [],
    rate: "funding_rate",
    prices: ["mark_price", "index_price"],
    stamps: [],
  },
  kucoin: {
    request: { path: "/api/v1/contracts/active" },
    rowsPath: ["data"],
    rate: "fundingFeeRate",
    prices: ["markPrice", "indexPrice"],
    stamps: [],
  },
  hyperliquid: {
    request: { path: "/info", body: { type: "metaAndAssetCtxs" } },
    rowsPath: [1],
    rate: "funding",
    prices: ["markPx", "oraclePx"],
    stamps: [],
  },
  kraken: {
    request: { path: "/derivatives/api/v3/tickers" },
    rowsPath: ["tickers"],
    rate: "fundingRate",
    prices: ["markPrice", "indexPrice"],
    stamps: ["lastTime"],
  },
} as const satisfies Partial<Record<ExchangeName, RatesPayload>>;

/** The exchanges whose wires are told here; those of all others are in demo-wires. */
export type FirstName = keyof typeof RATES;

export const FIRST = [
  "binance",
  "bybit",
  "okx",
  "bitget",
  "gate",
  "kucoin",
  "hyperliquid",
  "kraken",
] as const satisfies readonly FirstName[];

/** The rows of an exchange's rates payload as they are served now. */
export async function ratesRows(market: Market, exchange: FirstName): Promise<readonly Json[]> {
  const { request, rowsPath } = RATES[exchange];
  return rowsAt(await askJson(market, exchange, request), ...rowsPath);
}

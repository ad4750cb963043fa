import { MAX_ABS_RATE, nextGridTimeMs, observedAtMs } from "../domain/funding.ts";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange, type ExchangeFacts, type Source } from "./exchange.ts";
import { history } from "./kraken-history-wire.ts";
import { loadInstruments, loadTickers, RATE_LIMIT_ERROR, timeOf } from "./kraken-wire.ts";
import type { InstrumentRow, Raw, TickerRow } from "./kraken-wire.ts";
import { NOT_PUBLISHED, readListings } from "./wire-join.ts";
import { collectRows } from "./wire-rows.ts";
import {
  lastDigitOf,
  numberOf,
  type Numeric,
  positiveOf,
  product,
  quantityOf,
  rateBoundOf,
  rateOf,
  RowReject,
} from "./wire.ts";

/**
 * Kraken Futures: the linear `PF_` perpetuals. Their published rate is an amount in USD per unit of base and hour; the
 * fraction is that amount divided by the index price (approximately, as the exchange used the index of an earlier
 * moment), clamped to the bounds of the contract.
 *
 * Not settled by the sources: the public rate limit; what the rate shows in the first seconds after the full hour.
 *
 * Sample row, with made-up numbers:
 * tickers { symbol: "PF_XBTUSD", tag: "perpetual", suspended: false, postOnly: false, pair: "XBT:USD",
 *   fundingRate: 1.07299685142, fundingRatePrediction: 0.889696883518, markPrice: 83612.17064, indexPrice: 83585.9,
 *   openInterest: 105787.3493, volumeQuote: 10153755479.8495 }
 * instruments { symbol: "PF_XBTUSD", type: "flexible_futures", tradeable: true, postOnly: false, base: "BTC",
 *   quote: "USD", openingDate: "2025-05-14T00:00:00Z", category: "Community", tradfi: false,
 *   maxRelativeFundingRate: 0.005 }
 */
const facts = {
  id: "kraken",
  name: "Kraken",
  kind: "centralised",
  hosts: { main: "https://futures.kraken.com" },
  // Not documented for public calls; a known client uses 5 per second.
  pacing: { requests: 2, perMs: 1_000 },
  accrual: "periodic",
  documentation: "https://docs.kraken.com/api-reference/market-data",
  requestsPerRefresh: 1,
  rateRule:
    "fundingRate of the tickers is an amount in USD per unit of base and hour: divided by indexPrice, it is a fraction per hour, limited to the range from minRelativeFundingRate (if absent, minus the maximum) to maxRelativeFundingRate of the instrument.",
  intervalRule: "One hour for every perpetual, as documented; charged on the full hour.",
  providedFields: [
    "nextFundingAtMs",
    "predictedRate",
    "rateCap",
    "rateFloor",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
    "listedAtMs",
    "exchangeTimeMs",
  ],
  caveats: [
    "Kraken publishes no rate limit for its public futures calls.",
    "Rates are divided by the current index price; Kraken divided by that of the moment when it computed the rate.",
    "What the rate shows in the first seconds after the full hour is not known.",
    "A rate without a maxRelativeFundingRate is shown unlimited, as published.",
    "The category xStocks contains funds as well as shares: all are shown as stocks. Commodities and RWA may be tokens or goods and have no asset class.",
  ],
  classifyFailure: (_status, bodyStart) =>
    bodyStart.includes(`"${RATE_LIMIT_ERROR}"`) ? "rate_limited" : null,
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;

/** Every perpetual settles at the full hour. */
const INTERVAL_HOURS = 1;

/** If index and mark price of a contract are further apart, one of them is wrong. */
const MAX_PRICE_RATIO = 10;

/** The rate as a fraction, in the terms of `explain`. */
const FRACTION = "{tickers.fundingRate} / {tickers.indexPrice}";
const CAP = "{instruments.maxRelativeFundingRate}";
const FLOOR = "{instruments.minRelativeFundingRate}";

/** Linear, multi-collateral, quoted in USD. PI_ and FI_ are inverse, FF_ is dated. */
const LINEAR_PREFIX = "PF_";
const QUOTE = "USD";

const PRE_IPO = "pre-ipo";
/** Kraken's names for kinds of coins; `Commodities`, `RWA` and `DTF` are ambiguous and excluded. */
const COIN_CATEGORIES: ReadonlySet<string> = new Set([
  "AI",
  "Community",
  "DEX",
  "DePIN",
  "DeFi",
  "Gaming",
  "Infrastructure",
  "Layer 1",
  "Layer 2",
  "Meme",
  "NFT",
  "Privacy",
  "Stablecoin",
  "Utility",
  "Web3",
]);

async function fetchRaw(source: Source): Promise<Raw> {
  const [tickers, instruments] = await Promise.all([
    source.essential("tickers", loadTickers),
    source.instruments("instruments", INSTRUMENTS_EVERY_MS, loadInstruments),
  ]);
  return { tickers, instruments };
}

/** Custom join: both the list and the rate row state whether a contract is live. */
function parse({ tickers, instruments }: Raw): Batch {
  const named = instrumentsOf(instruments.value.rows);
  const listings = readListings(
    instruments.value,
    (row) => row.symbol,
    (row) => (isListedLive(row) ? { exchangeSymbol: row.symbol } : null),
  );
  const ours = tickers.value.rows.filter((row) => isLinear(row.symbol));
  const { serverTimeMs } = tickers.value;
  let unlisted = 0;
  const { quotes, rejects } = collectRows(
    ours,
    (row) => row.symbol,
    (row) => {
      const instrument = named(row.symbol);
      if (instrument === undefined) {
        if (numberOf(row.fundingRate) !== null) unlisted += 1;
        return null;
      }
      // A contract halted only in the tickers remains expected: a reply that halts by mistake must show up.
      if (!listings.live.has(instrument.symbol) || !isTrading(row, instrument)) return null;
      return quoteOf(row, instrument, serverTimeMs, tickers.receivedAtMs);
    },
  );
  const badRows = [...tickers.value.rejects, ...listings.rejects].filter(
    // A row without a name may be that of any contract.
    (reject) => !reject.exchangeSymbol || isLinear(reject.exchangeSymbol),
  );
  return { quotes, rejects: [...badRows, ...rejects], expected: listings.live.size, unlisted };
}

/**
 * Finds the instrument that a symbol refers to: the one with exactly this name, as a share (GMx) and a coin (GMX) may
 * differ only in case; otherwise the one in any case, as symbols used to be lower case.
 */
function instrumentsOf(rows: readonly InstrumentRow[]) {
  const exact = new Map(rows.map((row) => [row.symbol, row]));
  const inAnyCase = new Map(rows.map((row) => [keyOf(row.symbol), row]));
  return (symbol: string) => exact.get(symbol) ?? inAnyCase.get(keyOf(symbol));
}

function keyOf(symbol: string): string {
  return symbol.toUpperCase();
}

function isLinear(symbol: string): boolean {
  return keyOf(symbol).startsWith(LINEAR_PREFIX);
}

/** Throws RowReject if a linear contract does not state its type or whether it is tradeable. */
function isListedLive(row: InstrumentRow): boolean {
  if (!isLinear(row.symbol)) return false;
  if (typeof row.type !== "string" || row.type === "" || typeof row.tradeable !== "boolean")
    throw new RowReject("bad_row", "type is missing, or tradeable is neither true nor false");
  if (row.type !== "flexible_futures" || !row.tradeable) return false;
  if (row.lastTradingTime !== null && row.lastTradingTime !== undefined) return false;
  if (row.category?.toLowerCase() === PRE_IPO) return false;
  const foreign = typeof row.quote === "string" && row.quote !== "" && row.quote !== QUOTE;
  return row.postOnly !== true && !foreign;
}

/** Throws RowReject if a deciding field is unreadable: the contract may not trade. */
function isTrading(row: TickerRow, instrument: InstrumentRow): boolean {
  const { tag, suspended, postOnly = instrument.postOnly } = row;
  if (suspended === true || postOnly === true) return false;
  if (typeof tag === "string" && tag !== "" && tag !== "perpetual")
    throw new RowReject("unknown_kind", "tag is none that is known");
  if (tag === "perpetual" && suspended === false && postOnly === false) return true;
  throw new RowReject("bad_row", "tag, suspended or postOnly cannot be read");
}

function quoteOf(
  row: TickerRow,
  instrument: InstrumentRow,
  serverTimeMs: number | null,
  receivedAtMs: number,
): Quote {
  const markPrice = positiveOf(row.markPrice);
  const indexPrice = indexPriceOf(row, markPrice);
  const bounds = boundsOf(instrument);
  return {
    ...NOT_PUBLISHED,
    exchangeSymbol: row.symbol,
    ...canonicalAsset(tickerOf(row, instrument), []),
    quote: QUOTE,
    settle: QUOTE,
    assetClass: assetClassOf(instrument),
    accrual: facts.accrual,
    listedAtMs: timeOf(instrument.openingDate),
    fundingRate: fractionOf(row.fundingRate, indexPrice, bounds),
    fundingIntervalHours: INTERVAL_HOURS,
    intervalSource: "documented_default",
    nextFundingAtMs: nextGridTimeMs(observedAtMs(serverTimeMs, receivedAtMs), INTERVAL_HOURS),
    predictedRate: predictionOf(row.fundingRatePrediction, indexPrice, bounds),
    ...bounds,
    markPrice,
    indexPrice,
    openInterestDigit: lastDigitOf(row.openInterest),
    openInterestUsd: product(quantityOf(row.openInterest), markPrice),
    volume24hUsd: quantityOf(row.volumeQuote),
    exchangeTimeMs: serverTimeMs,
    receivedAtMs,
  };
}

/**
 * The index price, which the fraction requires; it must be of the same magnitude as the mark price, if that is known.
 */
function indexPriceOf(row: TickerRow, markPrice: number | null): number {
  const indexPrice = positiveOf(row.indexPrice);
  if (indexPrice === null) throw new RowReject("bad_price", "indexPrice is not a price");
  const ratio = markPrice === null ? 1 : indexPrice / markPrice;
  if (ratio > MAX_PRICE_RATIO || ratio < 1 / MAX_PRICE_RATIO) {
    throw new RowReject("bad_price", "indexPrice and markPrice are far apart");
  }
  return indexPrice;
}

type Bounds = Pick<Quote, "rateCap" | "rateFloor">;

/** A separate floor may be above 0; without one the cap applies in both directions. Crossing bounds are unknown. */
function boundsOf(instrument: InstrumentRow): Bounds {
  const rateCap = rateBoundOf(instrument.maxRelativeFundingRate);
  const floor = instrument.minRelativeFundingRate ?? null;
  if (floor === null) return { rateCap, rateFloor: rateCap === null ? null : -rateCap };
  const rateFloor = numberOf(floor);
  if (rateFloor === null || Math.abs(rateFloor) > MAX_ABS_RATE) return { rateCap, rateFloor: null };
  const isCrossed = rateCap !== null && rateFloor > rateCap;
  return isCrossed ? { rateCap: null, rateFloor: null } : { rateCap, rateFloor };
}

function assetClassOf({ category, tradfi }: InstrumentRow): AssetClass | null {
  switch (category) {
    case "Forex":
      return "forex";
    case "xStocks":
      return "stock";
    default:
      return tradfi !== true && COIN_CATEGORIES.has(category ?? "") ? "crypto" : null;
  }
}

function fractionOf(absolute: Numeric, indexPrice: number, bounds: Bounds): number {
  const amount = numberOf(absolute);
  if (amount === null) throw new RowReject("bad_rate", "fundingRate is not a number");
  return held(rateOf(amount / indexPrice, "fundingRate over indexPrice"), bounds);
}

/** The estimate is not clamped on the wire, but no more than the cap is charged. Null if too large to be a rate. */
function predictionOf(absolute: Numeric, indexPrice: number, bounds: Bounds): number | null {
  const fraction = (numberOf(absolute) ?? Number.NaN) / indexPrice;
  return Math.abs(fraction) <= MAX_ABS_RATE ? held(fraction, bounds) : null;
}

function held(fraction: number, { rateCap, rateFloor }: Bounds): number {
  const atLeast = rateFloor === null ? fraction : Math.max(rateFloor, fraction);
  return rateCap === null ? atLeast : Math.min(rateCap, atLeast);
}

/** The instrument's base, else the left side of `BTC:USD`. A tokenised stock has an x: AAPLx is AAPL. */
function tickerOf(row: TickerRow, instrument: InstrumentRow): string {
  const base = instrument.base || row.pair?.split(":")[0];
  if (!base) throw new RowReject("bad_row", "neither base nor pair names the asset");
  return /^[\dA-Z.]+x$/.test(base) ? base.slice(0, -1) : base;
}

/** Clamped to the bounds of the contract, if there are any. */
function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const tickers = raw.tickers.value.rows.find(({ symbol }) => symbol === exchangeSymbol);
  const instruments = instrumentsOf(raw.instruments.value.rows)(exchangeSymbol);
  if (tickers === undefined || instruments === undefined) return null;
  const { rateCap, rateFloor } = boundsOf(instruments);
  const hasFloor = (instruments.minRelativeFundingRate ?? null) !== null;
  const low = rateFloor === null ? FRACTION : `max(${hasFloor ? FLOOR : `-${CAP}`}, ${FRACTION})`;
  return {
    rows: { tickers, instruments },
    formula: rateCap === null ? low : `min(${CAP}, ${low})`,
  };
}

export const kraken = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });

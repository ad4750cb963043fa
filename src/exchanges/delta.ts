import { HOURS_PER_DAY, nextGridTimeMs, observedAtMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin, Reject } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { history } from "./delta-history-wire.ts";
import { isGlobal, loadProducts, loadTickers, PERPETUAL } from "./delta-wire.ts";
import type { ProductRow, Products, TickerRow } from "./delta-wire.ts";
import { defineExchange, type ExchangeFacts, type Reply, type Source } from "./exchange.ts";
import { joinRates, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import type { Listed, ListedBatch } from "./wire-join.ts";
import type { Rows } from "./wire-rows.ts";
import { intervalHoursOf } from "./wire-times.ts";
import {
  epochMsOf,
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
 * Delta Exchange, two platforms with one API: India (contracts in USD) is the main one, global adds a few in USDT and
 * may fail separately. The published rate is a percentage. Neither the interval nor the next settlement comes with the
 * rate: the interval is the product's, the settlement the next point of its grid. See `caveats` for open questions.
 *
 * Sample row, with made-up numbers:
 * tickers { symbol: "BTCUSD", contract_type: "perpetual_futures", funding_rate: "0.00491999",
 *   mark_price: "83546.99181", spot_price: "83579.30423", oi_contracts: "638687110", oi_value_usd: "5336038674.5646",
 *   turnover_usd: 11939202600.012083, timestamp: 1793621820000000 }
 */
const facts = {
  id: "delta",
  name: "Delta Exchange",
  kind: "centralised",
  hosts: { main: "https://api.india.delta.exchange", global: "https://api.delta.exchange" },
  // The documented quota is per five minutes, its size is unknown: this is little in any case.
  pacing: { requests: 20, perMs: 60_000 },
  accrual: "periodic",
  documentation: "https://docs.delta.exchange",
  requestsPerRefresh: 2,
  rateRule:
    "funding_rate of the tickers: the current estimate of the next charge, in percent, divided by 100.",
  intervalRule:
    "rate_exchange_interval in product_specs of the product, seconds divided by 3600; the next settlement is the next point of its UTC grid.",
  providedFields: [
    "nextFundingAtMs",
    "rateCap",
    "rateFloor",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "listedAtMs",
    "exchangeTimeMs",
  ],
  interestOf: "coins",
  caveats: [
    "The size of the request quota is not known.",
    "No response has a contract's next settlement time: a changed interval appears with the next product list, up to ten minutes late.",
    "Whether Delta India lists contracts on 1000 units is not known; such a prefix is read as a multiplier, which the price confirms or refutes.",
    "Whether Delta India's product list respects its filter is not known; other kinds of contract are skipped either way.",
    "Delta's own texts disagree on whether the average of the past or of the current interval is charged; the data fit the current one.",
    "The cap is read from annualized_funding as the sources derive it: 10.95 is 1 % per 8 h.",
  ],
} satisfies ExchangeFacts;

/** The shortest period documented for this heavy list, since it contains the intervals. */
const INSTRUMENTS_EVERY_MS = 10 * 60_000;
/** Intervals older than this are treated as unknown. */
const INTERVAL_LIFETIME_MS = 30 * 60_000;

const SECONDS_PER_HOUR = 3600;
const HOURS_PER_YEAR = 365 * HOURS_PER_DAY;
const PERCENT = 100;
const MICROSECONDS_PER_MS = 1000;
/** Documented: an interest of 0.01 % per 8 h. */
const INTEREST_PER_HOUR = 0.0001 / 8;

const DOLLARS: ReadonlySet<string> = new Set(["USD", "USDT", "USDC"]);
const ISO_UTC = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** The payloads of one platform. */
interface Platform {
  readonly tickers: Reply<Rows<TickerRow>> | null;
  readonly products: Reply<Products>;
}

interface Raw {
  readonly platforms: readonly Platform[];
}

type Identity = Listed<"listedAtMs">;

/** A live perpetual, and the terms of its funding. */
interface Listing {
  readonly exchangeSymbol: string;
  readonly identity: Identity;
  readonly intervalHours: number | null;
  readonly annualCap: Numeric;
}

async function fetchRaw(source: Source): Promise<Raw> {
  const [tickers, products, globalTickers, globalProducts] = await Promise.all([
    source.essential("tickers", loadTickers("main")),
    source.instruments("products", INSTRUMENTS_EVERY_MS, loadProducts("main")),
    // Six contracts on another host: a failure there must not affect the two hundred of India.
    source.secondary("globalTickers", loadTickers("global"), undefined, isGlobal),
    source.secondary("globalProducts", loadProducts("global"), INSTRUMENTS_EVERY_MS, isGlobal),
  ]);
  const india = { tickers, products };
  return {
    platforms:
      globalProducts === null
        ? [india]
        : [india, { tickers: globalTickers, products: globalProducts }],
  };
}

function parse(raw: Raw): Batch {
  const quotes: Quote[] = [];
  const rejects: Reject[] = [];
  let expected = 0;
  let unlisted = 0;
  for (const platform of raw.platforms) {
    const batch = batchOf(platform, new Set(quotes.map((quote) => quote.exchangeSymbol)));
    quotes.push(...batch.quotes);
    rejects.push(...batch.rejects);
    expected += batch.expected;
    unlisted += batch.unlisted;
  }
  const cut = raw.platforms.filter(({ products }) => products.value.isCut);
  const read = cut.reduce((sum, { products }) => sum + products.value.rows.length, 0);
  const leftOut = cut.length === 0 ? {} : { leftOut: `products after the first ${read}` };
  return { quotes, rejects, expected, unlisted, ...leftOut };
}

/** `taken`: symbols shown for the other platform; the same name would denote two markets. */
function batchOf({ tickers, products }: Platform, taken: ReadonlySet<string>): ListedBatch {
  const listings = readListings(products.value, (row) => row.symbol, listingOf);
  if (tickers === null)
    return { quotes: [], rejects: listings.rejects, expected: listings.live.size, unlisted: 0 };
  const isYoung = tickers.receivedAtMs - products.receivedAtMs <= INTERVAL_LIFETIME_MS;
  return joinRates({
    rates: tickers.value,
    symbolOf: (row) => row.symbol,
    listings,
    quoteOf: (row, listing) => {
      if (!isPerpetual(row)) return null;
      if (taken.has(row.symbol)) throw new RowReject("ambiguous", "another platform shows it");
      return quoteOf(row, listing, isYoung ? listing.intervalHours : null, tickers.receivedAtMs);
    },
    shouldBeListed: isPerpetual,
  });
}

function isPerpetual({ contract_type: type }: TickerRow): boolean {
  return !type || type === PERPETUAL;
}

/** Null for a row that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: ProductRow): Listing | null {
  const { contract_type: type, state, trading_status: status, notional_type: notional } = row;
  if (!type || !state || !status || !notional) {
    throw new RowReject("bad_row", "a field that tells the kind of contract is missing");
  }
  if (type !== PERPETUAL || state !== "live" || status !== "operational") return null;
  if (notional !== "vanilla" || row.is_quanto === true) return null;
  if (row.is_quanto !== false)
    throw new RowReject("bad_row", "is_quanto is neither true nor false");
  const base = row.underlying_asset?.symbol ?? row.contract_unit_currency;
  const quote = row.quoting_asset?.symbol;
  const settle = row.settling_asset?.symbol;
  if (!base || !quote || !settle) throw new RowReject("bad_row", "an asset is missing");
  if (settle !== quote || !DOLLARS.has(quote)) return null;
  const launch = row.launch_time ?? "";
  return {
    exchangeSymbol: row.symbol,
    identity: {
      exchangeSymbol: row.symbol,
      ...canonicalAsset(base, ["numeric_prefix"]),
      quote,
      settle,
      listedAtMs: ISO_UTC.test(launch) ? epochMsOf(Date.parse(launch)) : null,
    },
    intervalHours: intervalHoursOf(row.product_specs?.rate_exchange_interval, SECONDS_PER_HOUR),
    annualCap: row.annualized_funding,
  };
}

function quoteOf(
  row: TickerRow,
  { identity, annualCap }: Listing,
  hours: number | null,
  receivedAtMs: number,
): Quote {
  const percent = numberOf(row.funding_rate);
  const stampUs = positiveOf(row.timestamp);
  const exchangeTimeMs =
    stampUs === null ? null : epochMsOf(Math.floor(stampUs / MICROSECONDS_PER_MS));
  const yearlyCap = positiveOf(annualCap);
  const rateCap =
    yearlyCap === null || hours === null ? null : rateBoundOf((yearlyCap * hours) / HOURS_PER_YEAR);
  return {
    ...NOT_PUBLISHED,
    ...identity,
    accrual: facts.accrual,
    fundingRate: rateOf(percent === null ? null : percent / PERCENT, "funding_rate"),
    fundingIntervalHours: hours,
    intervalSource: hours === null ? null : "published",
    nextFundingAtMs:
      hours === null ? null : nextGridTimeMs(observedAtMs(exchangeTimeMs, receivedAtMs), hours),
    rateCap,
    rateFloor: rateCap === null ? null : -rateCap,
    baselineRate: product(hours, INTEREST_PER_HOUR),
    markPrice: positiveOf(row.mark_price),
    indexPrice: positiveOf(row.spot_price),
    openInterestDigit: lastDigitOf(row.oi_contracts),
    openInterestUsd: quantityOf(row.oi_value_usd),
    volume24hUsd: quantityOf(row.turnover_usd),
    exchangeTimeMs,
    receivedAtMs,
  };
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  // A name that is dead on one platform may be live on the other: use the one that shows it.
  const platform = raw.platforms.find((each) =>
    batchOf(each, new Set()).quotes.some((quote) => quote.exchangeSymbol === exchangeSymbol),
  );
  const isAsked = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const tickers = platform?.tickers?.value.rows.find(isAsked);
  const products = platform?.products.value.rows.find(isAsked);
  return originOf("{tickers.funding_rate} / 100", { tickers }, { products });
}

export const delta = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });

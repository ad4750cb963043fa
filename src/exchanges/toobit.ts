import { z } from "zod";
import { coinByExclusion } from "../domain/pre-ipo.ts";
import type { AssetClass, Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { history } from "./toobit-history-wire.ts";
import { successOf } from "./toobit-wire.ts";
import { joinRates, NOT_PUBLISHED, originOf, readListings } from "./wire-join.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  anyValue,
  decodeEnvelope,
  lastDigitOf,
  nonEmpty,
  numeric,
  type Numeric,
  positiveOf,
  product,
  quantityOf,
  rateCapOf,
  rateFloorOf,
  rateOf,
  RowReject,
  word,
} from "./wire.ts";

/**
 * Toobit perpetuals in USDT and USDC. Rates, marks, index prices and volumes are four replies, joined to the contract
 * list; rates and marks also contain test, dated and delisted contracts. The index is named by token, not by contract.
 * For a while after a settlement the row still shows it as the next one, with the charged rate.
 *
 * Sample row, with made-up numbers:
 * rates { symbol: "BTC-SWAP-USDT", rate: "-0.00121959", period: "8H", nextFundingTime: "1793635200000",
 *   interest: "0.0001", fundingRateCap: "0.003", fundingRateFloor: "-0.003" }
 * contracts { symbol: "BTC-SWAP-USDT", status: "TRADING", inverse: false, underlying: "BTC", quoteAsset: "USDT",
 *   marginToken: "USDT", indexToken: "BTCUSDT", contractMultiplier: "0.001", isRwa: false, categories: [] }
 */
const facts = {
  id: "toobit",
  name: "Toobit",
  kind: "centralised",
  hosts: { main: "https://api.toobit.com" },
  // Documented: weight 3,000 per minute, of which a refresh takes 52, and 5 requests per second for the marks.
  pacing: { requests: 4, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://api-docs.toobit.com/api/usdt-m-market-data.html",
  requestsPerRefresh: 4,
  rateRule:
    "rate: the estimate for nextFundingTime, whose last value is what is charged; a fraction per contract period, used as is.",
  intervalRule: 'period of the same row, as in "8H"; unknown if absent.',
  providedFields: [
    "nextFundingAtMs",
    "rateCap",
    "rateFloor",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "assetClass",
  ],
  coinsByExclusion: true,
  caveats: [
    "That longs pay a positive rate is the usual convention; the exchange pages consulted do not state it.",
    "That op, the open interest of the tickers in contracts, counts both sides follows from its values: all are even, unlike those of the volume. Half of it is shown.",
    "The interest in a row is taken as that of 8 h and scaled to the interval, because 4-hour contracts rest at half of it; no document says so.",
    "rwaType says STOCK for gold, euros and indices too: except for Forex, the asset class of anything but coins is unknown.",
    "Some tickers mean another asset elsewhere (TON is priced as GRAM); they are distinguished by price alone.",
    "Toobit settles at the rates of WEEX and Binance: a spread between these three is a delay, not a profit.",
    "A contract with trading hours is shown until its status changes.",
    "Which regions are blocked, and how, is not known; a 403 comes from the web firewall.",
  ],
  classifyFailure: (status, bodyStart) => {
    if (TOO_FREQUENT.test(bodyStart)) return "rate_limited";
    return status === 403 ? "banned" : null;
  },
} satisfies ExchangeFacts;

const TOO_FREQUENT = /"code"\s*:\s*"?-10(03|15)\b/;
const INSTRUMENTS_EVERY_MS = 30 * 60_000;
/** The row rolls over about 75 s after the settlement; the rest is for clock differences. */
const SETTLING_WINDOW_MS = 90_000;
const INTEREST_PERIOD_HOURS = 8;
/** Open interest counts the long and the short side of each contract. */
const SIDES = 2;
const PERIOD = /^(\d{1,2})H$/;
const DOLLARS: ReadonlySet<string> = new Set(["USDT", "USDC"]);
/** Rows of the rates that belong to no contract. */
const UNRELATED_PREFIX = "TBV_";

const symbol = nonEmpty;
const rateRow = z.object({
  symbol,
  rate: numeric,
  period: word,
  nextFundingTime: numeric,
  interest: numeric,
  fundingRateCap: numeric,
  fundingRateFloor: numeric,
});
type RateRow = z.infer<typeof rateRow>;
const markRow = z.object({ symbolId: symbol, price: numeric });
const tickerRow = z.object({ s: symbol, qv: numeric, op: numeric });
type TickerRow = z.infer<typeof tickerRow>;
const contractRow = z.object({
  symbol,
  status: word,
  inverse: anyValue,
  underlying: word,
  quoteAsset: word,
  marginToken: word,
  indexToken: word,
  contractMultiplier: numeric,
  isRwa: anyValue,
  categories: anyValue,
});
type ContractRow = z.infer<typeof contractRow>;

type RowsOf<S extends z.ZodType> = Rows<z.infer<S>>;

interface Raw {
  readonly rates: Reply<Rows<RateRow>>;
  readonly marks: Reply<RowsOf<typeof markRow>> | null;
  readonly index: Reply<Readonly<Record<string, Numeric>>> | null;
  readonly tickers: Reply<Rows<TickerRow>> | null;
  readonly instruments: Reply<Rows<ContractRow>>;
}

/** A live linear perpetual of the contract list. */
interface Listing {
  readonly exchangeSymbol: string;
  readonly indexToken: string | null;
  /** Coins, or thousands of them, per contract. */
  readonly contractSize: number | null;
  readonly identity: Pick<Quote, "base" | "multiplier" | "quote" | "settle" | "assetClass">;
}

const indexReply = z.object({ index: z.record(z.string(), numeric) });
const exchangeInfo = z.object({ contracts: z.unknown() });

const load =
  <S extends z.ZodType>(path: string, row: S, key: string): Load<RowsOf<S>> =>
  (http) =>
    http.get(path, (body) => decodeRows(row, successOf(body), key));

const loadIndex: Load<Readonly<Record<string, Numeric>>> = (http) =>
  http.get("/quote/v1/index", (body) => decodeEnvelope(indexReply, successOf(body)).index);

const loadContracts: Load<Rows<ContractRow>> = (http) =>
  http.get("/api/v1/exchangeInfo", (body) =>
    decodeRows(contractRow, decodeEnvelope(exchangeInfo, successOf(body)).contracts, "symbol"),
  );

async function fetchRaw(source: Source): Promise<Raw> {
  const [rates, marks, index, tickers, instruments] = await Promise.all([
    source.essential("rates", load("/api/v1/futures/fundingRate", rateRow, "symbol")),
    source.secondary("marks", load("/quote/v1/markPrice", markRow, "symbolId")),
    source.secondary("index", loadIndex),
    source.secondary("tickers", load("/quote/v1/contract/ticker/24hr", tickerRow, "s")),
    source.instruments("instruments", INSTRUMENTS_EVERY_MS, loadContracts),
  ]);
  return { rates, marks, index, tickers, instruments };
}

function parse({ rates, marks, index, tickers, instruments }: Raw): Batch {
  const markOf = new Map(marks?.value.rows.map((row) => [row.symbolId, positiveOf(row.price)]));
  const tickerOf = new Map(tickers?.value.rows.map((row) => [row.s, row]));
  return joinRates({
    rates: rates.value,
    symbolOf: (row) => row.symbol,
    listings: readListings(instruments.value, (row) => row.symbol, listingOf),
    quoteOf: (row, listing) => {
      const { indexToken, contractSize } = listing;
      const markPrice = markOf.get(row.symbol) ?? null;
      const ticker = tickerOf.get(row.symbol);
      const money = {
        markPrice,
        indexPrice: indexToken === null ? null : positiveOf(index?.value[indexToken]),
        openInterestDigit: lastDigitOf(ticker?.op),
        openInterestUsd: product(quantityOf(ticker?.op), contractSize, markPrice, 1 / SIDES),
        volume24hUsd: quantityOf(ticker?.qv),
      };
      return quoteOf(row, listing, money, rates.receivedAtMs);
    },
    shouldBeListed: (row) => !row.symbol.startsWith(UNRELATED_PREFIX),
  });
}

/** Null for a row that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: ContractRow): Listing | null {
  // ID2-SWAP-USDT replaced an earlier contract: its asset is ID.
  const { status, inverse, underlying: base, quoteAsset, marginToken } = row;
  if (!status) throw new RowReject("bad_row", "status is missing");
  if (status !== "TRADING" || inverse === true) return null;
  if (inverse !== false) throw new RowReject("bad_row", "inverse is neither true nor false");
  if (!base || !quoteAsset || !marginToken) throw new RowReject("bad_row", "a token is missing");
  if (!DOLLARS.has(quoteAsset) || !DOLLARS.has(marginToken)) return null;
  return {
    exchangeSymbol: row.symbol,
    indexToken: row.indexToken ?? null,
    contractSize: positiveOf(row.contractMultiplier),
    identity: {
      ...canonicalAsset(base, ["numeric_prefix"]),
      quote: quoteAsset,
      settle: marginToken,
      assetClass: assetClassOf(row, base),
    },
  };
}

/** All real-world assets are called stocks there; the categories distinguish currencies. */
function assetClassOf({ isRwa, categories }: ContractRow, base: string): AssetClass | null {
  if (isRwa === false) return coinByExclusion(base);
  const isForex = Array.isArray(categories) && categories.includes("Forex");
  return isRwa === true && isForex ? "forex" : null;
}

function quoteOf(
  row: RateRow,
  { exchangeSymbol, identity }: Listing,
  money: Pick<Quote, "markPrice" | "indexPrice" | "openInterestUsd" | "volume24hUsd">,
  receivedAtMs: number,
): Quote | null {
  const fundingRate = rateOf(row.rate, "rate");
  const hours = intervalHoursOf(PERIOD.exec(row.period ?? "")?.[1]);
  const times = fundingTimesOf(
    positiveOf(row.nextFundingTime),
    receivedAtMs,
    { hours, source: "published" },
    "nextFundingTime",
  );
  if (times === null) return null;
  const sinceMs = receivedAtMs - (times.nextFundingAtMs ?? Number.POSITIVE_INFINITY);
  return {
    ...NOT_PUBLISHED,
    exchangeSymbol,
    ...identity,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    rateCap: rateCapOf(row.fundingRateCap),
    rateFloor: rateFloorOf(row.fundingRateFloor),
    baselineRate: product(
      rateCapOf(row.interest),
      times.fundingIntervalHours,
      1 / INTEREST_PERIOD_HOURS,
    ),
    settling: sinceMs >= 0 && sinceMs < SETTLING_WINDOW_MS,
    ...money,
    receivedAtMs,
  };
}

/** The rates row as received; the rate needs no conversion. */
function explain(payloads: Raw, exchangeSymbol: string): RateOrigin | null {
  const ours = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const rates = payloads.rates.value.rows.find(ours);
  const contracts = payloads.instruments.value.rows.find(ours);
  const { marks, tickers, index } = payloads;
  const token = contracts?.indexToken ?? "";
  return originOf(
    "{rates.rate}",
    { rates, contracts },
    {
      marks: marks?.value.rows.find((row) => row.symbolId === exchangeSymbol),
      tickers: tickers?.value.rows.find((row) => row.s === exchangeSymbol),
      index: index?.value[token] === undefined ? null : { [token]: index.value[token] },
    },
  );
}

export const toobit = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });

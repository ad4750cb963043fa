import { z } from "zod";
import { HOUR_MS } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, ExchangeHttp, Load, Reply, Source } from "./exchange.ts";
import { collectRows, decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf } from "./wire-times.ts";
import {
  badEnvelope,
  decodeEnvelope,
  msOfNanoseconds,
  numeric,
  positiveOf,
  quantityOf,
  rateOf,
  RowReject,
  text,
} from "./wire.ts";

/**
 * Aevo perpetuals: one request per instrument, times in nanoseconds. Off by default, for nobody has recorded its
 * replies: that the rate is a fraction per hour is not confirmed. The interval is an hour only where the next epoch
 * is a full hour and at most an hour ahead, else unknown. The shape of open interest is not known, so it is null.
 */
const facts = {
  id: "aevo",
  name: "Aevo",
  kind: "decentralised",
  hosts: { main: "https://api.aevo.xyz" },
  // The number is not published; a known client keeps to 10 in a second per path.
  pacing: { requests: 4, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://api-docs.aevo.xyz/reference/getfunding",
  requestsPerRefresh: 0,
  requestsPerInstrument: 1,
  sweepInFlight: 3,
  rateRule:
    "funding_rate of each instrument: taken as a fraction of notional per hour (not confirmed).",
  intervalRule:
    "Derived: one hour where next_epoch is a full UTC hour and at most an hour ahead, else unknown.",
  gives: ["nextFundingAtMs", "markPrice", "indexPrice", "volume24hUsd"],
  switchedOff: "its rate's unit and interval are not confirmed by any recorded reply",
  knownUnknowns: [
    "The unit of the rate is not confirmed: compare BTC with other exchanges before trusting it.",
    "That funding is charged each hour is not confirmed: in the last hour of a longer period it would look the same.",
    "Pre-launch perpetuals cannot be told from ordinary ones.",
    "The shape of open interest is not known, so open interest is unknown.",
    "That a leading 1000, 10000 or 1000000 is a multiplier is not confirmed.",
    "The limits, the words of errors and what the API does with United States addresses are not known.",
  ],
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
/** The same reply has the prices, and identity needs one of the last minutes. */
const PRICES_EVERY_MS = 120_000;
const VOLUMES_ROTATION_MS = 5 * 60_000;
const INTERVAL_HOURS = 1;

const DOLLARS: ReadonlySet<string> = new Set(["USD", "USDC", "USDT"]);
/** What every perpetual is settled in. */
const SETTLE = "USDC";

const raw = z.unknown().optional();

const marketRow = z.object({
  instrument_name: z.string().min(1),
  instrument_type: raw,
  underlying_asset: text.catch(null),
  quote_asset: text.catch(null),
  is_active: raw,
  mark_price: numeric,
  index_price: numeric,
});
type MarketRow = z.infer<typeof marketRow>;

const funding = z.object({ funding_rate: numeric, next_epoch: numeric });
type Funding = z.infer<typeof funding>;

const statistics = z.object({ daily_volume: numeric });
type Statistics = z.infer<typeof statistics>;

interface Raw {
  readonly instruments: Reply<Rows<MarketRow>>;
  readonly prices: Reply<Rows<MarketRow>> | null;
  readonly funding: ReadonlyMap<string, Reply<Funding>>;
  /** By asset. */
  readonly statistics: ReadonlyMap<string, Reply<Statistics>>;
}

/** A live perpetual of the market list. */
type Listing = Pick<Quote, "exchangeSymbol" | "base" | "multiplier" | "quote" | "settle"> & {
  readonly asset: string;
};

const refusal = z.object({ error: z.unknown() });

/** Success has no envelope; an error is an object that names it. */
function checked(body: unknown): unknown {
  const refused = refusal.safeParse(body);
  if (refused.success && refused.data.error !== undefined) {
    throw badEnvelope("the answer is an error");
  }
  return body;
}

/** Without the type the list has thousands of options. */
const loadMarkets: Load<Rows<MarketRow>> = (http) =>
  http.get("/markets?instrument_type=PERPETUAL", (body) =>
    decodeRows(marketRow, checked(body), "instrument_name"),
  );

const loadFunding = (http: ExchangeHttp, instrument: string): Promise<Funding> =>
  http.get(`/funding?instrument_name=${encodeURIComponent(instrument)}`, (body) =>
    decodeEnvelope(funding, checked(body)),
  );

const loadStatistics = (http: ExchangeHttp, asset: string): Promise<Statistics> =>
  http.get(`/statistics?asset=${encodeURIComponent(asset)}&instrument_type=PERPETUAL`, (body) =>
    decodeEnvelope(statistics, checked(body)),
  );

async function fetchRaw(source: Source): Promise<Raw> {
  const prices = source.secondary("prices", loadMarkets, PRICES_EVERY_MS);
  const keyed = source
    .instruments("instruments", INSTRUMENTS_EVERY_MS, loadMarkets)
    .then(async (instruments) => {
      const listings = listingsOf(instruments.value).quotes;
      if (listings.length === 0) throw badEnvelope("the list holds no live perpetual");
      const symbols = listings.map((listing) => listing.exchangeSymbol);
      const assets = listings.map((listing) => listing.asset);
      const [rates, volumes] = await Promise.all([
        source.sweep("funding", symbols, loadFunding),
        source.rotation("statistics", assets, VOLUMES_ROTATION_MS, loadStatistics),
      ]);
      return { instruments, funding: rates, statistics: volumes };
    });
  const [known, markets] = await Promise.all([keyed, prices]);
  return { ...known, prices: markets };
}

function parse(replies: Raw): Batch {
  const { instruments, prices } = replies;
  const listings = listingsOf(instruments.value);
  const priceOf = new Map(prices?.value.rows.map((row) => [row.instrument_name, row]));
  const { quotes, rejects } = collectRows(
    listings.quotes,
    (listing) => listing.exchangeSymbol,
    (listing) => quoteOf(listing, priceOf.get(listing.exchangeSymbol), replies),
  );
  return {
    quotes,
    rejects: [...instruments.value.rejects, ...listings.rejects, ...rejects],
    expected: listings.quotes.length,
    // Rates are asked for by the list, so none is unknown to it.
    unlisted: 0,
  };
}

function listingsOf(list: Rows<MarketRow>): ReturnType<typeof collectRows<MarketRow, Listing>> {
  return collectRows(list.rows, (row) => row.instrument_name, listingOf);
}

/** Null where an instrument is not ours to show; throws RowReject where it cannot be told. */
function listingOf(row: MarketRow): Listing | null {
  const { instrument_type: type, is_active: isActive } = row;
  if (typeof type !== "string") throw new RowReject("bad_row", "instrument_type is not a text");
  if (type !== "PERPETUAL" || isActive === false) return null;
  if (isActive !== true) throw new RowReject("bad_row", "is_active is neither true nor false");
  const { underlying_asset: asset, quote_asset: quote } = row;
  if (!asset || !quote) throw new RowReject("bad_row", "an asset is missing");
  if (!DOLLARS.has(quote)) return null;
  return {
    exchangeSymbol: row.instrument_name,
    asset,
    ...canonicalAsset(asset, ["numeric_prefix"]),
    quote,
    settle: SETTLE,
  };
}

function quoteOf(
  { asset, ...listing }: Listing,
  market: MarketRow | undefined,
  replies: Raw,
): Quote | null {
  const reply = replies.funding.get(listing.exchangeSymbol);
  if (reply === undefined) return null;
  const { value: row, receivedAtMs } = reply;
  const fundingRate = rateOf(row.funding_rate, "funding_rate");
  const nextMs = positiveOf(msOfNanoseconds(row.next_epoch));
  const isHourly =
    nextMs !== null && nextMs % HOUR_MS === 0 && Math.abs(nextMs - receivedAtMs) <= HOUR_MS;
  const times = fundingTimesOf(
    nextMs,
    receivedAtMs,
    { hours: isHourly ? INTERVAL_HOURS : null, source: "derived" },
    "next_epoch",
  );
  if (times === null) return null;
  return {
    ...listing,
    assetClass: null,
    accrual: facts.accrual,
    listedAtMs: null,
    fundingRate,
    ...times,
    predictedRate: null,
    instantRate: null,
    settledRate: null,
    settledAtMs: null,
    rateCap: null,
    rateFloor: null,
    baselineRate: null,
    settling: false,
    markPrice: positiveOf(market?.mark_price),
    indexPrice: positiveOf(market?.index_price),
    openInterestUsd: null,
    volume24hUsd: quantityOf(replies.statistics.get(asset)?.value.daily_volume),
    exchangeTimeMs: null,
    receivedAtMs,
  };
}

function explain(replies: Raw, exchangeSymbol: string): RateOrigin | null {
  const rate = replies.funding.get(exchangeSymbol);
  const isOf = (row: MarketRow): boolean => row.instrument_name === exchangeSymbol;
  const instrument = replies.instruments.value.rows.find(isOf);
  if (rate === undefined || instrument === undefined) return null;
  return {
    rows: { funding: rate.value, instruments: instrument },
    formula: "{funding.funding_rate}",
  };
}

export const aevo = defineExchange<Raw>({ facts, fetchRaw, parse, explain });

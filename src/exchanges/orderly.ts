import { z } from "zod";
import { MAX_ABS_RATE, observedAtMs } from "../domain/funding.ts";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { RequestFailure } from "../lib/request-failure.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { collectRows, decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  badEnvelope,
  decodeEnvelope,
  epochMsOf,
  numberOf,
  numeric,
  positiveOf,
  product,
  quantityOf,
  rateBoundOf,
  rateCapOf,
  rateFloorOf,
  rateOf,
  RowReject,
  text,
} from "./wire.ts";

/**
 * Orderly Network: one order book behind many front ends, read once. There is no status: what the instrument list
 * holds is live, but for rows without prices and trades. `knownUnknowns` says what else the sources leave open.
 */
const facts = {
  id: "orderly",
  name: "Orderly Network",
  kind: "decentralised",
  hosts: { main: "https://api.orderly.org" },
  // Documented: 10 requests a second per address.
  pacing: { requests: 4, perMs: 1000 },
  accrual: "periodic",
  documentation:
    "https://orderly.network/docs/build-on-omnichain/restful-api/public/get-market-info-for-all-symbols",
  requestsPerRefresh: 1,
  rateRule:
    "est_funding_rate of public/futures, the running estimate of the current period as a fraction for it, charged at next_funding_time.",
  intervalRule: "funding_period of public/info, in hours.",
  gives: [
    "nextFundingAtMs",
    "settledRate",
    "rateCap",
    "rateFloor",
    "baselineRate",
    "markPrice",
    "indexPrice",
    "openInterestUsd",
    "volume24hUsd",
    "exchangeTimeMs",
  ],
  knownUnknowns: [
    "No status is published: a market without prices and trades is taken for dead.",
    "When the last rate was settled is not in the reply, so it is shown without a time.",
    "The interest component is taken as that of 8 hours; for other periods the resting rate is not given.",
    "The asset class is not published.",
  ],
} satisfies ExchangeFacts;

/** The list holds the funding period, which the exchange changes in volatile times. */
const INSTRUMENTS_EVERY_MS = 5 * 60_000;
const INTERVAL_LIFETIME_MS = 30 * 60_000;

/** The period that the interest component is known to belong to. */
const INTEREST_HOURS = 8;
const RATE_LIMIT_CODE = -1003;
const PERPETUAL = "PERP";
const DOLLARS: ReadonlySet<string> = new Set(["USDC", "USDT"]);

const symbol = z.string().min(1);
const rateRow = z.object({
  symbol,
  index_price: numeric,
  mark_price: numeric,
  est_funding_rate: numeric,
  last_funding_rate: numeric,
  next_funding_time: numeric,
  open_interest: numeric,
  "24h_amount": numeric,
});
type RateRow = z.infer<typeof rateRow>;

const instrumentRow = z.object({
  symbol,
  funding_period: numeric,
  cap_funding: numeric,
  floor_funding: numeric,
  interest_rate: numeric,
});
type InstrumentRow = z.infer<typeof instrumentRow>;

interface Timed<T> extends Rows<T> {
  readonly timeMs: number | null;
}

interface Raw {
  readonly rates: Reply<Timed<RateRow>>;
  readonly instruments: Reply<Timed<InstrumentRow>>;
}

interface Listing extends Pick<
  Quote,
  "exchangeSymbol" | "base" | "multiplier" | "quote" | "settle"
> {
  readonly terms: InstrumentRow;
}

const envelope = z.object({
  success: z.boolean(),
  timestamp: numeric,
  code: numeric,
  message: text.catch(null),
  data: z.object({ rows: z.unknown() }).nullish().catch(null),
});

const load =
  <S extends z.ZodType>(path: string, row: S): Load<Timed<z.infer<S>>> =>
  (http) =>
    http.get(path, (body) => {
      const { success, timestamp, code, data } = decodeEnvelope(envelope, body);
      if (!success) {
        const message = `code ${code ?? "unknown"}`;
        if (numberOf(code) === RATE_LIMIT_CODE) throw new RequestFailure("rate_limited", message);
        throw badEnvelope(message);
      }
      return { ...decodeRows(row, data?.rows, "symbol"), timeMs: epochMsOf(timestamp) };
    });

async function fetchRaw(source: Source): Promise<Raw> {
  const [rates, instruments] = await Promise.all([
    source.essential("rates", load("/v1/public/futures", rateRow)),
    source.instruments("instruments", INSTRUMENTS_EVERY_MS, load("/v1/public/info", instrumentRow)),
  ]);
  return { rates, instruments };
}

function parse({ rates, instruments }: Raw): Batch {
  const listings = collectRows(instruments.value.rows, (row) => row.symbol, listingOf);
  const live = new Map(listings.quotes.map((listing) => [listing.exchangeSymbol, listing]));
  const listed = new Set(instruments.value.rows.map((row) => row.symbol));
  const isYoung = rates.receivedAtMs - instruments.receivedAtMs <= INTERVAL_LIFETIME_MS;
  let unlisted = 0;
  const { quotes, rejects } = collectRows(
    rates.value.rows,
    (row) => row.symbol,
    (row) => {
      const listing = live.get(row.symbol);
      if (listing === undefined) {
        if (!listed.has(row.symbol)) unlisted += 1;
        return null;
      }
      if (isDead(row)) {
        live.delete(row.symbol);
        return null;
      }
      return quoteOf(row, listing, isYoung, rates);
    },
  );
  return {
    quotes,
    rejects: [rates.value, instruments.value, listings, { rejects }].flatMap(
      (part) => part.rejects,
    ),
    expected: live.size,
    unlisted,
  };
}

/** Null where a row is not ours to show; throws RowReject where its name cannot be read. */
function listingOf(row: InstrumentRow): Listing | null {
  const [kind, base, quote, ...rest] = row.symbol.split("_");
  if (kind !== PERPETUAL) return null;
  if (!base || !quote || rest.length > 0) {
    throw new RowReject("bad_row", `symbol is not ${PERPETUAL}_BASE_QUOTE`);
  }
  if (!DOLLARS.has(quote)) return null;
  const asset = canonicalAsset(base, ["numeric_prefix"]);
  return { exchangeSymbol: row.symbol, ...asset, quote, settle: quote, terms: row };
}

function isDead(row: RateRow): boolean {
  if (positiveOf(row.mark_price) !== null || positiveOf(row.index_price) !== null) return false;
  return positiveOf(row["24h_amount"]) === null;
}

function quoteOf(
  row: RateRow,
  { terms, ...listing }: Listing,
  isYoung: boolean,
  reply: Reply<Timed<RateRow>>,
): Quote | null {
  const exchangeTimeMs = reply.value.timeMs;
  const hours = isYoung ? intervalHoursOf(terms.funding_period) : null;
  const times = fundingTimesOf(
    positiveOf(row.next_funding_time),
    observedAtMs(exchangeTimeMs, reply.receivedAtMs),
    { hours, source: "published", cached: true },
    "next_funding_time",
  );
  if (times === null) return null;
  // Cap, floor and interest belong to the period that they came with.
  const limits = times.fundingIntervalHours === null ? undefined : terms;
  const markPrice = positiveOf(row.mark_price);
  return {
    ...listing,
    assetClass: null,
    accrual: facts.accrual,
    listedAtMs: null,
    fundingRate: rateOf(row.est_funding_rate, "est_funding_rate"),
    ...times,
    predictedRate: null,
    instantRate: null,
    settledRate: settledOf(row),
    settledAtMs: null,
    rateCap: rateCapOf(limits?.cap_funding),
    rateFloor: rateFloorOf(limits?.floor_funding),
    baselineRate: hours === INTEREST_HOURS ? rateBoundOf(limits?.interest_rate) : null,
    settling: false,
    markPrice,
    indexPrice: positiveOf(row.index_price),
    openInterestUsd: product(quantityOf(row.open_interest), markPrice),
    volume24hUsd: quantityOf(row["24h_amount"]),
    exchangeTimeMs,
    receivedAtMs: reply.receivedAtMs,
  };
}

function settledOf(row: RateRow): number | null {
  const settled = numberOf(row.last_funding_rate);
  return settled !== null && Math.abs(settled) <= MAX_ABS_RATE ? settled : null;
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  const isAsked = (row: { readonly symbol: string }): boolean => row.symbol === exchangeSymbol;
  const rates = raw.rates.value.rows.find(isAsked);
  const instruments = raw.instruments.value.rows.find(isAsked);
  if (rates === undefined || instruments === undefined) return null;
  return { rows: { rates, instruments }, formula: "{rates.est_funding_rate}" };
}

export const orderly = defineExchange<Raw>({ facts, fetchRaw, parse, explain });

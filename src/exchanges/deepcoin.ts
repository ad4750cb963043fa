import { z } from "zod";
import type { Batch, Quote, RateOrigin } from "../domain/quote.ts";
import { canonicalAsset } from "../domain/symbol.ts";
import { history } from "./deepcoin-history-wire.ts";
import { volumesOf } from "./deepcoin-volumes-wire.ts";
import { fundingKeyOf, successOf } from "./deepcoin-wire.ts";
import { defineExchange } from "./exchange.ts";
import type { ExchangeFacts, Load, Reply, Source } from "./exchange.ts";
import { NOT_PUBLISHED, originOf } from "./wire-join.ts";
import { collectRows, decodeRows, type Rows } from "./wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "./wire-times.ts";
import {
  decodeEnvelope,
  nonEmpty,
  numeric,
  positiveOf,
  product,
  rateOf,
  RowReject,
  word,
} from "./wire.ts";

/**
 * Deepcoin perpetuals settled in USDT. Only the instrument list says what exists: rates, marks and tickers contain
 * hidden and dead names too. Funding replies name a contract without dashes, under two capitalisations of one key.
 * Interval and next settlement are a separate reply. See `caveats` for open questions.
 *
 * Sample row, with made-up numbers:
 * rates { instrumentId: "BTCUSDT", fundingRate: 0.00005 }
 * instruments { instId: "BTC-USDT-SWAP", instType: "SWAP", state: "live", quoteCcy: "USDT", ctVal: "0.001" }
 */
const facts = {
  id: "deepcoin",
  name: "Deepcoin",
  kind: "centralised",
  hosts: { main: "https://api.deepcoin.com" },
  // Documented: 10 requests a second and 600 a minute per address.
  pacing: { requests: 5, perMs: 1000 },
  accrual: "periodic",
  documentation: "https://www.deepcoin.com/docs",
  // Plus the cycles, requested as often as the rates.
  requestsPerRefresh: 4,
  rateRule:
    "fundingRate of current-funding-rate: the rate of the next settlement; a fraction per contract interval, used as is.",
  intervalRule:
    "settleInterval of the settlement cycles (a separate response, requested every minute), seconds divided by 3600.",
  providedFields: ["nextFundingAtMs", "baselineRate", "markPrice", "volume24hUsd"],
  interestOf: "coins",
  caveats: [
    "No response contains a live index price, and none of those consulted contains open interest.",
    "The unit of volCcy24h is not documented for these contracts: it counts as dollars if vol24h and the last price agree with that; otherwise volume is unknown.",
    "Sources disagree on whether settlement cycles name a contract BTCUSDT or BTC-USDT-SWAP; both are accepted.",
    "The responses do not contain the asset class; stocks have none.",
    "The response to an exceeded rate limit was not observed.",
    "No mark price response was recorded; its field names are from a description.",
  ],
} satisfies ExchangeFacts;

const INSTRUMENTS_EVERY_MS = 30 * 60_000;
/** This reply has the next settlement, which is outdated right after each settlement. */
const CYCLES_EVERY_MS = 60_000;
const SECONDS_PER_HOUR = 3600;
const MS_PER_SECOND = 1000;
/** The rate at zero premium by interval in hours, where known. */
const NEUTRAL_RATE: ReadonlyMap<number | null, number> = new Map([
  [8, 0.0001],
  [4, 0.00005],
]);
const COIN = "USDT";

const name = nonEmpty;
const rateRow = z.object({ instrumentId: name, fundingRate: numeric });
type RateRow = z.infer<typeof rateRow>;

const cycleRow = z.object({ instrumentID: name, settleInterval: numeric, nextSettleTime: numeric });
type CycleRow = z.infer<typeof cycleRow>;

const markRow = z.object({ instId: name, markPx: numeric });
type MarkRow = z.infer<typeof markRow>;

const tickerRow = z.object({ instId: name, last: numeric, volCcy24h: numeric, vol24h: numeric });
type TickerRow = z.infer<typeof tickerRow>;

const instrumentRow = z.object({
  instId: name,
  instType: word,
  state: word,
  quoteCcy: word,
  ctVal: numeric,
});
type InstrumentRow = z.infer<typeof instrumentRow>;

interface Raw {
  readonly rates: Reply<Rows<RateRow>>;
  readonly cycles: Reply<Rows<CycleRow>> | null;
  readonly marks: Reply<Rows<MarkRow>> | null;
  readonly tickers: Reply<Rows<TickerRow>> | null;
  readonly instruments: Reply<Rows<InstrumentRow>>;
}

interface Listing {
  readonly exchangeSymbol: string;
  readonly identity: Pick<Quote, "base" | "multiplier" | "quote" | "settle">;
  readonly contractSize: number | null;
}

const rateList = z.object({ current_fund_rates: z.unknown() });

const loadRates: Load<Rows<RateRow>> = (http) =>
  http.get("/deepcoin/trade/fund-rate/current-funding-rate?instType=SwapU", (body) => {
    const { current_fund_rates: list } = decodeEnvelope(rateList, successOf(body));
    return decodeRows(rateRow, list, "instrumentId");
  });

const load =
  <S extends z.ZodType>(path: string, row: S, key: string): Load<Rows<z.output<S>>> =>
  (http) =>
    http.get(`/deepcoin/${path}`, (body) => decodeRows(row, successOf(body), key));

async function fetchRaw(source: Source): Promise<Raw> {
  const [rates, cycles, marks, tickers, instruments] = await Promise.all([
    source.essential("rates", loadRates),
    source.intervals(
      "cycles",
      CYCLES_EVERY_MS,
      load("trade/funding-rate?instType=SwapU", cycleRow, "instrumentID"),
    ),
    source.secondary("marks", load("market/mark-price?instType=SWAP", markRow, "instId")),
    source.secondary("tickers", load("market/tickers?instType=SWAP", tickerRow, "instId")),
    source.instruments(
      "instruments",
      INSTRUMENTS_EVERY_MS,
      load("market/instruments?instType=SWAP", instrumentRow, "instId"),
    ),
  ]);
  return { rates, cycles, marks, tickers, instruments };
}

/** Custom join: rates use a name that is not the symbol, and those of dead names may remain forever. */
function parse({ rates, cycles, marks, tickers, instruments }: Raw): Batch {
  const listings = collectRows(instruments.value.rows, (row) => row.instId, listingOf);
  const live = new Map(
    listings.quotes.map((listing) => [fundingKeyOf(listing.exchangeSymbol), listing]),
  );
  const known = new Set(instruments.value.rows.map((row) => fundingKeyOf(row.instId)));
  // Two spellings are one contract: where they differ the value is unknown.
  const named = collectRows(
    cycles?.value.rows ?? [],
    (row) => fundingKeyOf(row.instrumentID),
    ({ instrumentID, settleInterval, nextSettleTime }) => ({
      exchangeSymbol: fundingKeyOf(instrumentID),
      settleInterval,
      nextSettleTime,
    }),
  );
  const cycleOf = new Map(named.quotes.map((cycle) => [cycle.exchangeSymbol, cycle]));
  const markOf = new Map(marks?.value.rows.map((row) => [row.instId, row]));
  const volumeOf = volumesOf(tickers?.value.rows ?? [], listings.quotes);
  let unlisted = 0;
  const { quotes, rejects } = collectRows(
    rates.value.rows,
    (row) => live.get(row.instrumentId)?.exchangeSymbol ?? row.instrumentId,
    (row) => {
      const cycle = cycleOf.get(row.instrumentId);
      // Rates of dead names remain forever: only one that is still settled should be in the list.
      if (cycle !== undefined && !known.has(row.instrumentId)) unlisted += 1;
      const listing = live.get(row.instrumentId);
      if (listing === undefined) return null;
      const mark = markOf.get(listing.exchangeSymbol);
      const volume24hUsd = volumeOf.get(listing.exchangeSymbol) ?? null;
      return quoteOf(row, listing, { cycle, mark, volume24hUsd }, rates.receivedAtMs);
    },
  );
  return {
    quotes,
    rejects: [
      ...rates.value.rejects,
      ...instruments.value.rejects,
      ...listings.rejects,
      ...rejects,
    ],
    expected: live.size,
    unlisted,
  };
}

/** Null for a row that must not be shown; throws RowReject if that cannot be determined. */
function listingOf(row: InstrumentRow): Listing | null {
  if (!row.instType || !row.state || !row.quoteCcy) {
    throw new RowReject("bad_row", "a field that tells the kind of contract is missing");
  }
  if (row.instType !== "SWAP" || row.state !== "live" || row.quoteCcy !== COIN) return null;
  // baseCcy is truncated for long names.
  const [base, quote, kind, ...rest] = row.instId.split("-");
  if (!base || quote !== COIN || kind !== "SWAP" || rest.length > 0) return null;
  return {
    exchangeSymbol: row.instId,
    identity: { ...canonicalAsset(base, ["numeric_prefix"]), quote: COIN, settle: COIN },
    contractSize: positiveOf(row.ctVal),
  };
}

interface JoinedFields {
  readonly cycle: Omit<CycleRow, "instrumentID"> | undefined;
  readonly mark: MarkRow | undefined;
  readonly volume24hUsd: number | null;
}

function quoteOf(
  row: RateRow,
  listing: Listing,
  { cycle, mark, volume24hUsd }: JoinedFields,
  receivedAtMs: number,
): Quote | null {
  const fundingRate = rateOf(row.fundingRate, "fundingRate");
  const times = fundingTimesOf(
    product(positiveOf(cycle?.nextSettleTime), MS_PER_SECOND),
    receivedAtMs,
    {
      hours: intervalHoursOf(cycle?.settleInterval, SECONDS_PER_HOUR),
      source: "published",
      cached: true,
    },
    "nextSettleTime",
  );
  if (times === null) return null;
  return {
    ...NOT_PUBLISHED,
    exchangeSymbol: listing.exchangeSymbol,
    ...listing.identity,
    accrual: facts.accrual,
    fundingRate,
    ...times,
    baselineRate: NEUTRAL_RATE.get(times.fundingIntervalHours) ?? null,
    markPrice: positiveOf(mark?.markPx),
    volume24hUsd,
    receivedAtMs,
  };
}

function explain(raw: Raw, exchangeSymbol: string): RateOrigin | null {
  if (!exchangeSymbol.endsWith("-SWAP")) return null;
  const key = fundingKeyOf(exchangeSymbol);
  const rates = raw.rates.value.rows.find((row) => row.instrumentId === key);
  const isAsked = (row: { readonly instId: string }): boolean => row.instId === exchangeSymbol;
  const instruments = raw.instruments.value.rows.find(isAsked);
  return originOf(
    "{rates.fundingRate}",
    { rates, instruments },
    {
      cycles: raw.cycles?.value.rows.find((row) => fundingKeyOf(row.instrumentID) === key),
      marks: raw.marks?.value.rows.find(isAsked),
      tickers: raw.tickers?.value.rows.find(isAsked),
    },
  );
}

export const deepcoin = defineExchange<Raw>({ facts, history, fetchRaw, parse, explain });

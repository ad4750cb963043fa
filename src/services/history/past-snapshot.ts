import { type Flag, flagBit, type FlagBits, staleAfterMs } from "../../domain/flags.ts";
import {
  agedRow,
  type BoardRow,
  type ExchangeState,
  type ExchangeView,
  type MarketRecord,
  type Snapshot,
} from "../../domain/market.ts";
import { NO_OPPORTUNITIES } from "../../domain/opportunity.ts";
import { IMPLAUSIBLE } from "../../domain/plausibility.ts";
import { type Accrual, ASSET_CLASSES } from "../../domain/quote.ts";
import { pastSnapshotId } from "../../domain/snapshot-id.ts";
import { type Stepwise, visitEach } from "../../lib/stepwise.ts";
import { statesListingFees } from "../board/exchange-terms.ts";
import { FROZEN_SHARE } from "../board/exchange-rows.ts";
import { exchangeViews } from "../board/exchange-views.ts";
import { isClosedAt, type PastBoard, type PastListings, textsOf } from "./past-market.ts";

/** The rows of one exchange, as `exchangeViews` needs them. */
interface HeldRows {
  readonly rows: readonly BoardRow[];
  readonly newestMs: number;
  readonly isFrozen: boolean;
}

/**
 * The snapshot of a past board, read at `nowMs`: what every list selects from, as it does from a live one. Texts that
 * `live` has as well are shared with it: those of all rows would take four megabytes.
 */
export function* pastSnapshot(
  board: PastBoard,
  nowMs: number,
  live: Pick<Snapshot, "rows"> | null = null,
): Stepwise<Snapshot> {
  const { atMs, exchanges, otherBases } = board;
  const rows: BoardRow[] = [];
  const views: ExchangeView[] = [];
  const listings: MarketRecord[][] = [];
  const liveOf = Map.groupBy(live?.rows ?? [], ({ record }) => record.exchange);
  let content = Bun.hash.xxHash64(otherBases);
  for (const of of exchanges) {
    const held = yield* heldRows(of, atMs, liveOf.get(of.exchange) ?? []);
    // Not one by one: twelve thousand take a millisecond.
    for (const row of held.rows) rows.push(row);
    if (held.rows.length > 0) listings.push(held.rows.map(({ record }) => record));
    views.push(...viewOf(of, held, atMs));
    content = hashedWith(of, content);
    yield;
  }
  const past = {
    isClosed: isClosedAt(atMs, nowMs),
    withoutFees: new Set(exchanges.filter(lacksFees).map(({ exchange }) => exchange)),
    isWithoutTerms: exchanges.some(({ multiplier }) => multiplier.some(Number.isNaN)),
    endedBases: new Set(textsOf(otherBases)),
  };
  const id = pastSnapshotId(secondsOf(atMs), content);
  const opportunities = NO_OPPORTUNITIES;
  return {
    id,
    asOfMs: atMs,
    storedAtMs: atMs,
    rows,
    listings,
    exchanges: views,
    opportunities,
    past,
  };
}

/** The hash of everything so far and of these listings: ids are equal only if snapshots are. */
function hashedWith(of: PastListings, before: bigint): bigint {
  let hash = before;
  const columns: readonly PastListings[keyof PastListings][] = Object.values(of);
  for (const column of columns)
    hash = Bun.hash.xxHash64(
      typeof column === "object" && column !== null ? column : `${column}\0`,
      hash,
    );
  return hash;
}

function* heldRows(of: PastListings, atMs: number, live: readonly BoardRow[]): Stepwise<HeldRows> {
  const rows: BoardRow[] = [];
  let newestMs = Number.NEGATIVE_INFINITY;
  let frozen = 0;
  const texts = rowTexts(of);
  const byUid = new Map(live.map(({ record }) => [record.uid, record]));
  yield* visitEach(of.flags, (stored, index) => {
    const record = recordAt(of, textsAt(texts, index, byUid), index);
    if (record.frozen) frozen += 1;
    newestMs = Math.max(newestMs, record.observedAtMs);
    rows.push(agedRow(record, stored, atMs, of.periodMs));
  });
  const isFrozen = rows.length > 0 && frozen >= rows.length * FROZEN_SHARE;
  return { rows, newestMs, isFrozen };
}

/** The text columns as texts. */
function rowTexts(of: PastListings) {
  return {
    uid: textsOf(of.uid),
    exchangeSymbol: textsOf(of.exchangeSymbol),
    base: textsOf(of.base),
    quote: textsOf(of.quote),
    settle: textsOf(of.settle),
    assetId: textsOf(of.assetId),
    assetClass: textsOf(of.assetClass),
    accrual: textsOf(of.accrual),
  };
}

type RowTexts = ReturnType<typeof rowTexts>;
type Texts = { readonly [Name in keyof RowTexts]: string };

/** The texts of one row, as far as possible those of the live record with the same uid. */
function textsAt(texts: RowTexts, index: number, live: ReadonlyMap<string, MarketRecord>): Texts {
  const uid = texts.uid[index] ?? "";
  const same = live.get(uid);
  return {
    uid: same?.uid ?? uid,
    exchangeSymbol: shared(texts.exchangeSymbol[index], same?.exchangeSymbol),
    base: shared(texts.base[index], same?.base),
    quote: shared(texts.quote[index], same?.quote),
    settle: shared(texts.settle[index], same?.settle),
    assetId: shared(texts.assetId[index], same?.assetId),
    assetClass: texts.assetClass[index] ?? "",
    accrual: texts.accrual[index] ?? "",
  };
}

/** The text; if the other one is equal that one, whose memory is in use already. */
function shared(text = "", other: string | null = null): string {
  return text === other ? other : text;
}

const CONTINUOUS: Accrual = "continuous";

/**
 * The record of a sample. What samples do not have is unknown; the inputs of its flags are those that only such flags
 * can have had.
 */
function recordAt(of: PastListings, texts: Texts, index: number): MarketRecord {
  const stored = of.flags[index] ?? 0;
  const multiplier = known(of.multiplier, index);
  const sampledAtMs = of.sampledAtMs[index] ?? 0;
  return {
    instrumentId: of.seriesId[index] ?? 0,
    uid: texts.uid,
    exchange: of.exchange,
    exchangeSymbol: texts.exchangeSymbol,
    base: texts.base,
    quote: texts.quote,
    settle: texts.settle,
    assetId: texts.assetId || null,
    identity: has(stored, "identity_conflict") ? "conflict" : "probable",
    multiplier,
    tickerMultiplier: multiplier ?? 1,
    assetClass: ASSET_CLASSES.find((one) => one === texts.assetClass) ?? null,
    accrual: texts.accrual === CONTINUOUS ? CONTINUOUS : "periodic",
    listedAtMs: null,
    firstSeenMs: sampledAtMs,
    intervalChangedAtMs: null,
    fundingRate: of.rate[index] ?? 0,
    fundingIntervalHours: known(of.intervalHours, index),
    intervalSource: null,
    nextFundingAtMs: known(of.nextFundingAtMs, index),
    predictedRate: null,
    instantRate: null,
    settledRate: null,
    settledAtMs: null,
    settled7dAprPct: null,
    rateCap: null,
    rateFloor: null,
    baselineRate: null,
    settling: has(stored, "settling"),
    // A row is never stale when it is stored, unless the exchange's own clock has stopped.
    frozen: has(stored, "stale"),
    markPrice: known(of.markPrice, index),
    indexPrice: known(of.indexPrice, index),
    lastPrice: null,
    openInterestUsd: known(of.openInterestUsd, index),
    volume24hUsd: known(of.volume24hUsd, index),
    takerFeeBps: of.takerFeeBps === null ? null : known(of.takerFeeBps, index),
    implausible: has(stored, "suspect") ? IMPLAUSIBLE.rate : 0,
    observedAtMs: sampledAtMs,
  };
}

/** What is missing is not known, so its rates count as missing. */
const DAMAGED = {
  status: "down",
  missingBecause: "Some of its samples cannot be read.",
} as const satisfies Partial<ExchangeView>;

/** The view of an exchange. Why it failed was not kept: it is stale when its rows are. */
function viewOf(of: PastListings, held: HeldRows, atMs: number): readonly ExchangeView[] {
  const state: ExchangeState = {
    exchange: of.exchange,
    enabled: true,
    commitSeq: 0,
    periodMs: of.periodMs,
    lastOkAtMs: of.refreshedAtMs,
    lastAttemptAtMs: null,
    failureKind: null,
    failure: null,
    failuresInRow: 0,
    degradedBy: null,
    retryAtMs: null,
    symbols: held.rows.length,
    expected: null,
    rejects: {},
    refusedAtMs: null,
    refusal: null,
    rateScale: null,
    evenShare: null,
    lastCycleMs: null,
  };
  const rowsOf = new Map([[of.exchange, held]]);
  const views = exchangeViews([state], rowsOf, atMs, staleAfterMs(of.periodMs));
  return of.isDamaged ? views.map((view) => ({ ...view, ...DAMAGED })) : views;
}

function lacksFees({ exchange, takerFeeBps }: PastListings): boolean {
  return takerFeeBps === null && statesListingFees(exchange);
}

function known(column: Float64Array, index: number): number | null {
  const value = column[index] ?? Number.NaN;
  return Number.isNaN(value) ? null : value;
}

function has(bits: FlagBits, flag: Flag): boolean {
  return (bits & flagBit(flag)) !== 0;
}

function secondsOf(ms: number): number {
  return Math.floor(ms / 1000);
}

import type { BoardAt, BoardReader } from "../../db/history/board-reader.ts";
import type { ListedSeries } from "../../db/history/board-series.ts";
import type { BoardStore } from "../../db/history/board-store.ts";
import type { ExchangeId } from "../../domain/exchange.ts";
import { DELISTED_AFTER_BATCHES } from "../../domain/instrument-lifecycle.ts";
import type { Stepwise } from "../../lib/stepwise.ts";
import {
  type BoardQuery,
  LOOK_BACK_MS,
  type NoPastBoard,
  type PastBoard,
  type PastListings,
  textColumn,
} from "./past-market.ts";

type Sample = BoardAt["samples"] extends ReadonlyMap<number, infer One> ? One : never;

interface FoundSamples {
  readonly byId: ReadonlyMap<number, Sample>;
  /** The last refresh, also if what was sampled in it has ended since. */
  readonly refreshedAtMs: number;
  readonly isDamaged: boolean;
}

/** A row of the board. */
interface Row {
  readonly series: ListedSeries;
  readonly sample: Sample;
}

const DAY_S = 86_400;
const LOOK_BACK_S = LOOK_BACK_MS / 1000;

/** Nearly every row was sampled within this time: what is older is read only where a row is missing. */
const NEAR_S = 600;

/** For an exchange whose period is not known any more. */
const USUAL_PERIOD_MS = 60_000;

/** The board at a moment, exchange by exchange. */
export function* pastBoard(
  { samples, refreshes, series }: BoardStore,
  { atMs, periodsMs }: BoardQuery,
): Stepwise<PastBoard | NoPastBoard> {
  const at = Math.floor(atMs / 1000);
  const exchanges: PastListings[] = [];
  const shown = new Set<string>();
  const begun = new Set<string>();
  for (const exchange of series.exchanges()) {
    const listed = series.listed(exchange, at, at - LOOK_BACK_S);
    yield;
    const { byId, ...found } = yield* samplesOf(samples, exchange, listed, at);
    const sampled = listed.flatMap((one): Row[] => {
      const sample = byId.get(one.id);
      return sample === undefined ? [] : [{ series: one, sample }];
    });
    const rows = newestOfEach(
      stillListed(sampled, (from) => refreshes.between(exchange, from, at + 1)),
    );
    for (const { series: one } of rows) shown.add(one.base);
    for (const base of series.basesUntil(exchange, at)) begun.add(base);
    const periodMs = periodsMs[exchange] ?? USUAL_PERIOD_MS;
    if (rows.length > 0) exchanges.push({ exchange, ...found, periodMs, ...columnsOf(rows) });
    yield;
  }
  if (exchanges.length === 0) {
    const first = samples.firstTime();
    return { firstMs: first === null ? null : first * 1000 };
  }
  const others = begun.difference(shown);
  return { atMs: at * 1000, exchanges, otherBases: textColumn([...others]) };
}

/** Without rows that had been delisted by then: missing from too many refreshes, whose times `timesFrom` reads. */
function stillListed(
  rows: readonly Row[],
  timesFrom: (from: number) => readonly number[],
): readonly Row[] {
  const sampledAt = rows.map(({ sample }) => sample.at);
  const oldest = Math.min(...sampledAt);
  if (oldest === Math.max(...sampledAt)) return rows;
  const delistedAt = timesFrom(oldest).at(-DELISTED_AFTER_BATCHES) ?? oldest;
  return rows.filter(({ sample }) => sample.at >= delistedAt);
}

/** A symbol that was given to another listing has that one alone, from its first sample on. */
function newestOfEach(rows: readonly Row[]): readonly Row[] {
  const newest = new Map<string, Row>();
  for (const row of rows) {
    const { exchangeSymbol } = row.series;
    const other = newest.get(exchangeSymbol);
    if (other === undefined || row.sample.at > other.sample.at) newest.set(exchangeSymbol, row);
  }
  return newest.size === rows.length ? rows : [...newest.values()];
}

/**
 * The last sample of each series in the look-back. A closed day is read as a whole, so the one before is only read if a
 * series has none on the day itself.
 */
function* samplesOf(
  samples: BoardReader,
  exchange: ExchangeId,
  listed: readonly ListedSeries[],
  at: number,
): Stepwise<FoundSamples> {
  const byId = new Map<number, Sample>();
  let isDamaged = false;
  let last = Number.NEGATIVE_INFINITY;
  for (const { from, to } of spansBefore(at)) {
    const read = samples.at(to, new Map([[exchange, to - from]]));
    if (read.damages.length > 0) isDamaged = true;
    for (const [id, sample] of read.samples) {
      last = Math.max(last, sample.at);
      if (!byId.has(id)) byId.set(id, sample);
    }
    if (listed.every(({ id }) => byId.has(id))) break;
    yield;
  }
  return { byId, isDamaged, refreshedAtMs: last * 1000 };
}

/**
 * The parts of the look-back, the last one first. None goes over midnight, which itself belongs to the day that it ends:
 * most of what was known at midnight was sampled before. Both ends are included.
 */
function spansBefore(at: number): readonly { readonly from: number; readonly to: number }[] {
  const first = at - LOOK_BACK_S + 1;
  const midnight = (Math.ceil(at / DAY_S) - 1) * DAY_S;
  const near = Math.max(at - NEAR_S, midnight);
  const spans = [
    { from: near, to: at },
    { from: Math.max(first, midnight), to: near - 1 },
    { from: first, to: midnight - 1 },
  ];
  return spans.filter(({ from, to }) => from <= to);
}

function columnsOf(
  rows: readonly Row[],
): Omit<PastListings, "exchange" | "isDamaged" | "periodMs" | "refreshedAtMs"> {
  const texts = (read: (series: ListedSeries) => string | null) =>
    textColumn(rows.map(({ series }) => read(series)));
  const numbers = (read: (sample: Sample) => number) =>
    Float64Array.from(rows, ({ sample }) => read(sample));
  return {
    seriesId: Uint32Array.from(rows, ({ series }) => series.id),
    uid: texts(({ uid }) => uid),
    exchangeSymbol: texts(({ exchangeSymbol }) => exchangeSymbol),
    base: texts(({ base }) => base),
    quote: texts(({ quote }) => quote),
    settle: texts(({ settle }) => settle),
    assetId: texts(({ assetId }) => assetId),
    assetClass: texts(({ assetClass }) => assetClass),
    accrual: texts(({ accrual }) => accrual),
    multiplier: Float64Array.from(rows, ({ series }) => series.multiplier ?? Number.NaN),
    sampledAtMs: numbers(({ at }) => at * 1000),
    rate: numbers(({ rate }) => rate),
    intervalHours: numbers(({ intervalHours }) => intervalHours),
    nextFundingAtMs: numbers(({ nextTime }) => nextTime * 1000),
    markPrice: numbers(({ markPrice }) => markPrice),
    indexPrice: numbers(({ indexPrice }) => indexPrice),
    openInterestUsd: numbers(({ openInterestUsd }) => openInterestUsd),
    volume24hUsd: numbers(({ volume24hUsd }) => volume24hUsd),
    flags: Uint32Array.from(rows, ({ series }) => series.flags),
    takerFeeBps: null,
  };
}

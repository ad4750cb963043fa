import type { PastReader, SeriesRow } from "../db/history/past-reader.ts";
import type { SampleReader } from "../db/history/sample-reader.ts";
import type { SampleColumns } from "../db/history/codec/columns.ts";
import { commonName } from "../domain/asset-names.ts";
import { MAX_PRICE_AGE_MS } from "../domain/sample.ts";
import { flatTable } from "../lib/flat-table.ts";
import type { Stepwise } from "../lib/stepwise.ts";
import { backtest } from "../services/history/backtest.ts";
import type { BacktestLeg, LegSample, Trade } from "../services/history/backtest-query.ts";
import {
  type BacktestAnswer,
  type LegQuery,
  type PairQuery,
  POINT_COLUMNS,
} from "../services/history/backtest-table.ts";
import { judgedPast, type KnownPast } from "./known-past.ts";

/** A day of samples is read in one step: some milliseconds. */
const SLICE_S = 86_400;

/** Samples before a moment that may state its price. */
const PRICE_BEFORE_S = MAX_PRICE_AGE_MS / 1000;

/**
 * A backtest. With fixed times the live rates and prices are needed only where the position is opened and closed: at the
 * ends of the range, unless the result shows that a leg was listed later or delisted before.
 */
export function* pairAnswer(known: KnownPast, query: PairQuery): Stepwise<BacktestAnswer> {
  const long = seriesOf(known.past, query.long);
  if (long === null) return { kind: "unknown", side: "long" };
  const short = seriesOf(known.past, query.short);
  if (short === null) return { kind: "unknown", side: "short" };
  const assets = twoAssets(known.past, long, short, query.asOfMs);
  if (assets !== null) return { kind: "two_assets", ...assets };
  const bare = {
    long: yield* legOf(known, long, query, query.long),
    short: yield* legOf(known, short, query, query.short),
  };
  const damaged = new Set<string>();
  let spans = spansOf(query);
  let result: ReturnType<typeof backtest>;
  for (let tries = 0; ; tries += 1) {
    const samples = {
      long: yield* samplesOf(known.samples, long, spans, damaged),
      short: yield* samplesOf(known.samples, short, spans, damaged),
    };
    result = backtest(
      { ...bare.long, samples: samples.long },
      { ...bare.short, samples: samples.short },
      query,
      query.asOfMs,
    );
    yield;
    const others = result.kind === "refused" ? [] : spansOfTrades(result.trades, spans);
    if (others.length === 0 || tries > 0) break;
    spans = others;
  }
  const legs = { long, short, unreadable: damaged.size };
  return result.kind === "refused"
    ? { ...legs, ...result }
    : { ...legs, ...result, curve: yield* flatTable(POINT_COLUMNS, result.curve) };
}

function seriesOf(past: PastReader, { uid }: LegQuery): SeriesRow | null {
  return past.seriesNamed([], [uid])[0] ?? null;
}

/** The names of the assets of two legs if these are not one: by what prices showed last, else by ticker. */
function twoAssets(past: PastReader, long: SeriesRow, short: SeriesRow, asOfMs: number) {
  const states = past.states.at([long.id, short.id], Math.floor(asOfMs / 1000));
  const assetOf = ({ id }: SeriesRow) => states.find((state) => state.id === id)?.assetId ?? null;
  const [longId, shortId] = [assetOf(long), assetOf(short)];
  if (longId === null || shortId === null)
    return commonName(long.base) === commonName(short.base)
      ? null
      : { long: long.base, short: short.base };
  return longId === shortId ? null : { long: longId, short: shortId };
}

function* legOf(
  known: KnownPast,
  series: SeriesRow,
  { fromMs, asOfMs }: PairQuery,
  { feeBps }: LegQuery,
): Stepwise<BacktestLeg> {
  const past = yield* judgedPast(known, series, { fromMs, toMs: asOfMs + 1 }, asOfMs);
  return { uid: series.uid, past, samples: [], feeBps };
}

/** Ranges of samples, in unix seconds, half-open. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** The whole range for a rule; otherwise what is just before its ends. */
function spansOf({ rule, fromMs, toMs, asOfMs }: PairQuery): readonly Span[] {
  const [from, to] = [spanBefore(fromMs), spanBefore(Math.min(toMs, asOfMs))];
  return rule.kind === "threshold" ? [{ from: from.from, to: to.to }] : [from, to];
}

/** What is just before each entry and exit; none if all of that is in `spans`. */
function spansOfTrades(trades: readonly Trade[], spans: readonly Span[]): readonly Span[] {
  const needed = trades.flatMap(({ entryMs, exitMs }) => [spanBefore(entryMs), spanBefore(exitMs)]);
  const isThere = (one: Span): boolean =>
    spans.some(({ from, to }) => one.from >= from && one.to <= to);
  return needed.every(isThere) ? [] : needed;
}

function spanBefore(atMs: number): Span {
  const at = Math.floor(atMs / 1000);
  return { from: at - PRICE_BEFORE_S, to: at + 1 };
}

function* samplesOf(
  samples: SampleReader,
  series: SeriesRow,
  spans: readonly Span[],
  damaged: Set<string>,
): Stepwise<readonly LegSample[]> {
  const found: LegSample[] = [];
  for (const { from, to } of spans) {
    const start = Math.max(from, Math.floor((found.at(-1)?.atMs ?? -1000) / 1000) + 1);
    for (let at = start; at < to; at += SLICE_S) {
      const { columns, damages } = samples.read(series, at, Math.min(to, at + SLICE_S));
      for (const damage of damages) damaged.add(`${series.exchange} ${damage.start}`);
      for (const sample of legSamples(columns)) found.push(sample);
      yield;
    }
  }
  return found;
}

/** Samples with the interval that held; a price only where it was sampled. */
function* legSamples({ times, rates, intervals, market }: SampleColumns): Generator<LegSample> {
  let change = 0;
  let intervalHours: number | null = null;
  let priced = 0;
  for (const [index, time] of times.entries()) {
    if (intervals.at[change] === index) {
      intervalHours = numberOrNull(intervals.values[change]);
      change += 1;
    }
    const isPriced = market.at[priced] === index;
    const markPrice = isPriced ? numberOrNull(market.markPrices[priced]) : null;
    if (isPriced) priced += 1;
    yield { atMs: time * 1000, rate: numberOrNull(rates[index]), intervalHours, markPrice };
  }
}

function numberOrNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
